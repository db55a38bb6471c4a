"""What running a program showed, step by step."""

import traceback
from dataclasses import dataclass, field

from evsys_sdk.run_log import RunLog


@dataclass
class StepObservation:
    """What one step of a program showed."""

    error: BaseException | None = None
    """What it raised, without its traceback, which would keep the store alive."""
    error_text: str = ""
    """Type, text and origin of the error."""
    changed: str = ""
    """How the caller's arguments were changed; empty if they were not."""
    run_log: RunLog | None = None
    """What a reader reported."""
    returned: list[list[int]] = field(default_factory=list[list[int]])
    """Of each thread or process, the places of the calls that returned."""
    actions: int = 0
    """How many actions outside the process the last call took, where that was counted."""
    problem: str = ""
    """What went wrong with a process or a thread, apart from an error of a call."""
    awaitable: bool = False
    """Whether the method returned a coroutine or a generator, and so has done nothing."""
    hung: bool = False
    """Whether it did not return."""
    by_harness: bool = False
    """Whether the harness raised the error, not the store."""


def step_that_raised(error: BaseException, *, by_harness: bool = False) -> StepObservation:
    """A step that raised."""
    text = described(error)
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return StepObservation(error=error, error_text=text, by_harness=by_harness)


@dataclass
class Observation:
    """What a run of a program showed."""

    seen: list[StepObservation] = field(default_factory=list[StepObservation])
    """One per step that ran: the run ends where nothing more can be done."""
    unobserved: bool = False
    """Whether the harness could not read."""
    directories: dict[int, str] = field(default_factory=dict[int, str])
    """The directory of each destination."""

    @property
    def hung(self) -> bool:
        """Whether a step did not return."""
        return bool(self.seen) and self.seen[-1].hung


class Hanging(BaseException):
    """Raised into a call that does not return; no ``except Exception`` of a store stops it."""


def described(error: BaseException) -> str:
    """Type and text of an error, and the place where it was raised."""
    text = str(error).strip()
    summary = f"{type(error).__name__}: {text}" if text else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{summary}\n    (in {frames[-1].filename}, line {frames[-1].lineno})"
        if frames
        else summary
    )

"""Runs programs for the diagnosis: each once, within a budget of time."""

import time
import warnings
from dataclasses import dataclass, field

from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.judge import judged
from evsys_conformance.processes.parent import ProcessFailed
from evsys_conformance.programs.observation import Hanging
from evsys_conformance.programs.program import Killed, Processes, Program, Threads
from evsys_conformance.programs.subject import Subject
from evsys_conformance.reduction.new_process import found_in_new_process
from evsys_conformance.reduction.validity import is_valid
from evsys_conformance.running.interpreter import run
from evsys_conformance.running.watch import ending_at

_TRIES = 3
"""How often a program is run whose outcome may depend on timing, before it counts as passing."""


class OutOfTime(Exception):  # noqa: N818 - no error: what is known by then holds
    """The budget is spent."""


@dataclass
class Experiments:
    """What programs showed of one store; the same program is not run twice."""

    subject: Subject
    deadline: float
    """When the whole diagnosis ends, by ``time.perf_counter()``."""
    limit: float = field(init=False)
    """When the experiments for one program end; never after the deadline."""
    runs: int = 0
    tries: int = 1
    """How often each program is tried: more for a store that fails only sometimes."""
    in_new_processes: bool = False
    """Whether each program runs in a new process: slower, but earlier programs can't affect it."""
    _known: dict[tuple[int, int, bool], list[Difference]] = field(
        default_factory=dict[tuple[int, int, bool], list[Difference]]
    )
    """What each program showed, by its hash, with so many tries, here or in a new process."""

    def __post_init__(self) -> None:
        """Start with the deadline as the only limit."""
        self.limit = self.deadline

    def allow(self, seconds: float) -> None:
        """Give the next experiments at most this many seconds."""
        self.limit = min(self.deadline, time.perf_counter() + seconds)

    def seconds_left(self) -> float:
        """How long the whole diagnosis may still take; negative if it has no time left."""
        return self.deadline - time.perf_counter()

    def is_over(self) -> bool:
        """Whether the whole diagnosis has no time left."""
        return self.seconds_left() < 0

    def found(self, program: Program) -> list[Difference]:
        """What is wrong with a program; empty where it passes or would make no sense.

        Raises:
            OutOfTime: The budget is spent, and the program was not run before.
        """
        key = hash(program.identity), self.tries, self.in_new_processes
        if key not in self._known:
            if not is_valid(program, self.subject.claims):
                self._known[key] = []
            else:
                self._known[key] = self._tried(program)
        return self._known[key]

    def _tried(self, program: Program) -> list[Difference]:
        timing = any(isinstance(step, Threads | Processes | Killed) for step in program.steps)
        for _ in range(max(self.tries, _TRIES if timing else 1)):
            if time.perf_counter() > self.limit:
                raise OutOfTime
            found = self.once(program)
            if found:
                return found
        return []

    def once(self, program: Program) -> list[Difference]:
        """Run a program, even if its result is known.

        Raises:
            OutOfTime: It did not end in time, or its process did not.
        """
        self.runs += 1
        try:
            with ending_at(self.limit), warnings.catch_warnings(action="ignore"):
                if self.in_new_processes:
                    return found_in_new_process(program, self.subject)
                observation = run(program, self.subject)
        except (Hanging, ProcessFailed):
            raise OutOfTime from None
        if observation.hung and time.perf_counter() > self.limit:
            raise OutOfTime
        return judged(program, observation, self.subject)

"""What a case of the torture is: a fault, the store that meets it, and what came of it."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["CASES", "Case", "NotRun", "Outcome", "Trial", "case"]


class NotRun(Exception):
    """The case can't run here; the message says why."""


@dataclass
class Trial:
    """One execution of a case: where it works, how long it takes, and its random numbers."""

    directory: Path
    store: str
    full: bool
    chance: random.Random
    done: list[str] = field(default_factory=list[str])
    returned: Counter[str] = field(default_factory=Counter[str])
    """What returned calls wrote, by what it is called: rows, hyperparameters and so on."""
    found: Counter[str] = field(default_factory=Counter[str])
    """What was found of it."""
    readers: set[str] = field(default_factory=set[str])
    """The tools that read the log afterwards."""
    problems: list[str] = field(default_factory=list[str])

    def times(self, full: int, short: int) -> int:
        """How often to do something."""
        return full if self.full else short

    def did(self, what: str) -> None:
        """Add to the description of what was done."""
        self.done.append(what)

    def expect(self, holds: bool, problem: str) -> None:
        """Note the problem unless the condition holds."""
        if not holds:
            self.problems.append(problem)

    def refused(self, call: Callable[[], object], error: type[BaseException], text: str) -> None:
        """Make a call that must raise this error, with this text in it."""
        try:
            call()
        except error as refusal:
            self.expect(text in str(refusal), f"an error says {str(refusal)!r}, not {text!r}")
        else:
            self.problems.append(f"a call returned that should have raised {text!r}")
        self.found["clear errors"] += 1

    def count(self, what: str, returned: int, found: int) -> None:
        """Count what returned calls wrote, all of which must be found."""
        self.returned[what] += returned
        self.found[what] += found
        self.expect(found == returned, f"of {returned} {what}, {found} are found")


@dataclass(frozen=True)
class Outcome:
    """What came of a case, as the process that ran it reports it."""

    done: str
    returned: dict[str, int]
    found: dict[str, int]
    readers: list[str]
    problems: list[str]
    not_run: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Case:
    """A fault, and a store that meets it."""

    fault: str
    store: str
    check: Callable[[Trial], None]

    @property
    def id(self) -> str:
        """What it is called on the command line."""
        return f"{self.check.__name__}-{self.store}".replace("_", "-").replace(" ", "-")


CASES: list[Case] = []


def case(fault: str, *stores: str) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    """Add a function to the cases, once for each store."""

    def add(check: Callable[[Trial], None]) -> Callable[[Trial], None]:
        CASES.extend(Case(fault, store, check) for store in stores)
        return check

    return add

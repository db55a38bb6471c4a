"""A failed check, and what explains it."""

from dataclasses import dataclass, field

from evsys_conformance.clauses import Clause
from evsys_conformance.judging.differences import Difference
from evsys_conformance.programs.program import Program
from evsys_conformance.running.runner import Outcome


@dataclass(frozen=True)
class Failure:
    """A failed check."""

    check: str
    """Clause and name of the check, as in a node id."""
    clause: Clause
    what: str
    """What was wrong, for a direct check."""
    script: str
    """What a direct check wrote down."""
    program: Program | None = None
    """What failed; None of a direct check."""
    found: tuple[Difference, ...] = ()

    @classmethod
    def of(cls, outcome: Outcome) -> "Failure":
        """The failure that an outcome reports."""
        check, found = outcome.check, tuple(outcome.found)
        return cls(check.id, check.clause, outcome.what, outcome.script, outcome.program, found)


@dataclass
class Cause:
    """What explains some of the failed checks."""

    clause: Clause
    what: str
    """What was expected and what was recorded."""
    script: str
    """A complete program that shows it."""
    essence: list[str]
    """The lines of it that matter."""
    runs: str = ""
    """How often it fails, as in ``3 of 10``; empty: always."""
    complete: bool = True
    """Whether the reduction was finished in time."""
    checks: list[str] = field(default_factory=list[str])
    """The failed checks that it explains."""

    @property
    def size(self) -> tuple[int, int]:
        """Lines and characters of what matters."""
        return len(self.essence), sum(map(len, self.essence))


def written_down(text: str) -> list[str]:
    """What a direct check wrote down, without what every script begins and ends with."""
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    usual = ("params =", "print(harness.read", "import ")
    return [line for line in lines if not line.lstrip().startswith(usual)]

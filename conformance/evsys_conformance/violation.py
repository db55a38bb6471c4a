"""What a check says when a store breaks a clause."""

from evsys_conformance.clauses import Clause
from evsys_sdk.errors import PicklableError


class ClauseViolation(PicklableError):  # noqa: N818 - the contract's own word
    """A store broke a clause; ``str()`` of it is a short bug report."""

    program: object = None
    """The program that shows it, where one does."""

    def __init__(self, clause: Clause, what: str, *, script: str = "") -> None:
        """Say ``what`` happened, and give the ``script`` that shows it again."""
        super().__init__(clause, what, script)
        self.clause = clause
        self.what = what
        self.script = script

    def __str__(self) -> str:
        return "\n\n".join(
            [
                f"{self.clause.id}  {self.clause.title}",
                f"{self.clause.level}: {self.clause.text}",
                self.what,
                f"If this fails, look at {self.clause.look_at}.",
            ]
        )

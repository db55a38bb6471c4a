"""What a check says when a store breaks a clause."""

from evsys_conformance.clauses import Clause
from evsys_conformance.programs.calls import shortened
from evsys_sdk.errors import PicklableError


class ClauseViolation(PicklableError):  # noqa: N818 - the contract's own word
    """A store broke a clause; ``str()`` of it is a short bug report."""

    def __init__(self, clause: Clause, what: str, *, script: str = "") -> None:
        """Say ``what`` happened, and give the ``script`` that shows it again."""
        super().__init__(clause, what, script)
        self.clause = clause
        self.what = what
        self.script = script

    def __str__(self) -> str:
        parts = [
            f"{self.clause.id}  {self.clause.title}",
            f"{self.clause.level}: {self.clause.text}",
            self.what,
        ]
        if self.script:
            # Whole in the replay file; a message is to be read.
            lines = shortened(self.script.splitlines())
            parts.append("To see it again, run:\n\n" + indented("\n".join(lines)))
        parts.append(f"If this fails, look at {self.clause.look_at}.")
        return "\n\n".join(parts)


def indented(text: str, by: str = "    ") -> str:
    """Every line of ``text`` that is not empty, moved to the right."""
    return "\n".join(by + line if line else line for line in text.splitlines())

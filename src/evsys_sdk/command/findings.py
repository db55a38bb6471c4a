"""What the readers of a log find beside what they read, as messages without repetitions."""

from dataclasses import dataclass, field

from evsys_sdk.log_stores.jsonl_files import RowError, line_beginning
from evsys_sdk.text import counted

__all__ = ["Fault", "Findings"]

_MOST_NAMES = 10


@dataclass(slots=True)
class Fault:
    """Lines that are not rows, all for the same kind of reason."""

    line: int
    """The number of the first of them."""
    text: str
    """What is wrong in that line."""
    count: int = 0
    """How many there are."""


@dataclass(slots=True)
class Findings:
    """What a file, or a part of it, holds beside what is read."""

    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    """The damaged lines, by kind of fault."""
    torn: int = 0
    """The bytes of a row in progress at the end."""
    other_fields: set[str] = field(default_factory=set[str])
    """Fields of rows or artifacts that are ignored; only some of very many."""
    byte_order_mark: bool = False
    """Whether the file begins with a byte order mark."""

    def damage(self, number: int, line: bytes, reason: RowError) -> None:
        """Note that the line with this number is not a row."""
        fault = self.faults.get(reason.kind)
        if fault is None:
            fault = Fault(number, f"{reason}. It begins {line_beginning(line)}")
            self.faults[reason.kind] = fault
        fault.count += 1

    def tear(self, _number: int, line: bytes) -> None:
        """Note that the last line is a row in progress."""
        self.torn = len(line)

    def join(self, later: "Findings", lines: int) -> None:
        """Add what is in a later part of the file; there are so many lines before that part."""
        for kind, fault in later.faults.items():
            own = self.faults.setdefault(kind, Fault(lines + fault.line, fault.text))
            own.count += fault.count
        self.torn = later.torn
        self.other_fields |= later.other_fields
        self.byte_order_mark |= later.byte_order_mark

    @property
    def damaged(self) -> int:
        """How many lines are damaged."""
        return sum(fault.count for fault in self.faults.values())

    def problems(self, path: str) -> list[str]:
        """A message for each kind of fault, with its first line and the number of lines."""
        return [
            f"{path}:{fault.line}: not a row: {fault.text}"
            + (f" ({counted(fault.count, 'line')} like this)" if fault.count > 1 else "")
            for fault in self.faults.values()
        ]

    def notes(self, path: str) -> list[str]:
        """What is not a problem, and yet may explain what is shown."""
        notes: list[str] = []
        if self.byte_order_mark:
            notes.append(f"{path}: the byte order mark at the beginning is ignored")
        if self.other_fields:
            names = [*map(repr, sorted(self.other_fields))]
            more = [f"{len(names) - _MOST_NAMES:,} more"] if len(names) > _MOST_NAMES else []
            notes.append(
                f"{path}: unknown fields are ignored: {', '.join(names[:_MOST_NAMES] + more)}"
            )
        if self.torn:
            notes.append(
                f"{path}: the last line is not complete ({self.torn:,} bytes): a row that is being "
                f"written, or one whose writer was killed. It is left out"
            )
        return notes

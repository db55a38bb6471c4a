"""What a reader of a file finds beside its rows, as messages without repetitions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from evsys_sdk.errors import DamagedLogError
from evsys_sdk.log_stores.jsonl_files import RowError, line_beginning
from evsys_sdk.text import counted

__all__ = ["Fault", "Findings", "notes_of", "problems_of"]

_MOST_NAMES = 10


@dataclass(slots=True)
class Fault:
    """Lines or records with the same kind of fault, or that are left out for the same reason."""

    line: int | None
    """The number of the first line; None if the file has no lines, or it is about all of it."""
    text: str
    """What is wrong there."""
    byte: int | None = None
    """Where the first record begins; None if the file has no records."""
    count: int = 0
    """How many there are."""

    def message(self, path: str, count: int, noun: str) -> str:
        """The message about the first of ``count`` lines, or other things that ``noun`` names."""
        place = path if self.line is None else f"{path}:{self.line}"
        if self.byte is not None:
            place = f"{path} is damaged at byte {self.byte}"
        more = f" ({counted(count, noun)} like this)" if count > 1 else ""
        return f"{place}: {self.text}{more}"


@dataclass(slots=True)
class Findings:
    """The findings in a file, or in a part of it, beside its rows."""

    path: str
    """The file."""
    noun: str = "line"
    """What it consists of."""
    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    """What is damaged, by kind of fault."""
    left_out: dict[str, Fault] = field(default_factory=dict[str, Fault])
    """Sound data that has no place in a log, by kind."""
    lines: int = 0
    """How many lines or records were read."""
    end: int = 0
    """Where reading stopped: the next row begins there."""
    torn: int = 0
    """The bytes of a row in progress at the end."""
    other_fields: set[str] = field(default_factory=set[str])
    """Fields of rows or artifacts that are ignored; only some of very many."""
    byte_order_mark: bool = False
    """Whether the file begins with a byte order mark."""
    step: str = "step"
    """The field, or the column, that is read as the step."""

    def damage(self, number: int, line: bytes, reason: RowError) -> None:
        """Note that the line with this number is not a row."""
        fault = self.faults.get(reason.kind)
        if fault is None:
            fault = Fault(number, f"not a row: {reason}. It begins {line_beginning(line)}")
            self.faults[reason.kind] = fault
        fault.count += 1

    def damaged_record(self, error: DamagedLogError) -> None:
        """Note that a record of an event file, or the file as a whole, is damaged."""
        text = f"{error.reason}. {error.remedy}" if error.remedy else error.reason
        new = Fault(error.line, text, error.byte)
        self.faults.setdefault(error.kind, new).count += 1

    def leave_out(self, kind: str, line: int | None = None, text: str = "", count: int = 1) -> None:
        """Note that something is left out; ``text`` says it, else the kind."""
        self.left_out.setdefault(kind, Fault(line, text or kind)).count += count

    def tear(self, _number: int, line: bytes) -> None:
        """Note that the last line is a row in progress."""
        self.torn = len(line)

    def join(self, later: "Findings") -> None:
        """Add what is in the next part of the file."""
        for own, others in ((self.faults, later.faults), (self.left_out, later.left_out)):
            for kind, fault in others.items():
                line = None if fault.line is None else self.lines + fault.line
                first = own.setdefault(kind, Fault(line, fault.text, fault.byte))
                first.count += fault.count
        self.lines += later.lines
        self.end = later.end
        self.torn = later.torn
        self.other_fields |= later.other_fields
        self.byte_order_mark |= later.byte_order_mark
        self.step = later.step

    @property
    def damaged(self) -> int:
        """How many lines or records are damaged."""
        return sum(fault.count for fault in self.faults.values())


def problems_of(files: Iterable[Findings]) -> list[str]:
    """A message for each kind of fault, with its first place and how often it occurs."""
    return _messages(files, lambda each: each.faults)


def notes_of(files: Iterable[Findings]) -> list[str]:
    """Findings that are not problems but may explain what is shown."""
    files = [*files]
    notes = [
        f"{each.path}: the byte order mark at the beginning is ignored"
        for each in files
        if each.byte_order_mark
    ]
    for each in files:
        if each.other_fields:
            names = [*map(repr, sorted(each.other_fields))]
            more = [f"{len(names) - _MOST_NAMES:,} more"] if len(names) > _MOST_NAMES else []
            fields = ", ".join(names[:_MOST_NAMES] + more)
            notes.append(f"{each.path}: unknown fields are ignored: {fields}")
    notes += [f"{each.path}: the step is {each.step!r}" for each in files if each.step != "step"]
    notes += _messages(files, lambda each: each.left_out)
    torn = [each for each in files if each.torn]
    if torn:
        others = f" ({len(torn):,} files like this)" if len(torn) > 1 else ""
        notes.append(
            f"{torn[0].path}: the last {torn[0].noun} is not complete ({torn[0].torn:,} bytes): a "
            f"row that is being written, or one whose writer was killed. It is left out{others}"
        )
    return notes


def _messages(
    files: Iterable[Findings], faults_of: Callable[[Findings], dict[str, Fault]]
) -> list[str]:
    first: dict[str, tuple[Findings, Fault]] = {}
    counts: dict[str, int] = {}
    for each in files:
        for kind, fault in faults_of(each).items():
            first.setdefault(kind, (each, fault))
            counts[kind] = counts.get(kind, 0) + fault.count
    return [
        fault.message(each.path, counts[kind], each.noun) for kind, (each, fault) in first.items()
    ]

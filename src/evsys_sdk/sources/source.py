"""What all sources have in common: a run that can be read as a stream of rows."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from math import inf, nan
from typing import Any, ClassVar, NamedTuple

from evsys_sdk.config import LogStoreSpec
from evsys_sdk.log_stores.jsonl_files import RowError
from evsys_sdk.run_log import ArtifactPointer, MetricRow
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.packed import PackedRow, Packer

__all__ = ["STEP_NAMES", "PlacedRow", "Source", "number_of", "step_name"]

STEP_NAMES = ("step", "_step", "global_step", "current_steps", "iteration", "iter", "epoch")
"""The names of a step, in any case. If there are several, the first of these is the step."""
_OF_TEXT = {"NaN": nan, "Infinity": inf, "-Infinity": -inf}


class PlacedRow(NamedTuple):
    """A row, and where it is."""

    number: int
    """The number of its line or record, counted from the place where reading began."""
    end: int
    """Where the next row begins: the ``start`` with which reading goes on."""
    row: MetricRow


class Source(ABC):
    """One run of any format. It can be pickled, for processes that read parts of it."""

    noun: ClassVar[str] = "line"
    """What the files consist of, for messages."""
    grows: ClassVar[bool] = False
    """Whether rows are only ever added to the end of a file. ``start`` is then a byte of it, and
    several processes can read parts of it; otherwise it is the number of rows before."""

    def __init__(self, name: str, path: str) -> None:
        """Name the run.

        Args:
            name: As the user has named it.
            path: Where it is.
        """
        self.name = name
        self.path = path
        self.spec: LogStoreSpec | None = None
        """The store that is read, if only its class knows how."""
        self.remarks: list[str] = []
        """What the user should know of how it was found."""

    @abstractmethod
    def files(self) -> list[str]:
        """The files with rows that exist now, in the order in which they are read."""

    def document_files(self) -> list[str]:
        """The files with hyperparameters and artifacts, if they are not among :meth:`files`."""
        return []

    def new_runs(self, known: set[str]) -> list["Source"]:
        """The runs of the same log whose paths are not known yet."""
        del known
        return []

    @abstractmethod
    def rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PlacedRow]:
        """The rows of one of the files; what else is in it is added to ``findings``.

        Args:
            path: The file.
            findings: Takes the damage, and where reading stopped.
            start: The beginning, or the ``end`` of a row.
            stop: Rows that begin there or later are not read.

        Raises:
            OSError: The file can't be read.
        """

    def packed_rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PackedRow]:
        """The same rows, packed. If the source grows, ``start`` may be any byte of the file."""
        pack = Packer().pack
        for _, _, row in self.rows(path, findings, start, stop):
            try:
                packed = pack(row)
            except RowError as reason:
                findings.leave_out("step", text=f"a row is left out: {reason}")
            else:
                yield packed

    def stamp(self, path: str) -> tuple[float, ...]:
        """Changes when the file does, and when another one takes its place.

        Raises:
            FileNotFoundError: It is no longer there, or not yet.
        """
        status = os.stat(path)
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def complete(self, path: str, start: int, size: int) -> int:
        """Up to where a file of this many bytes can be read while somebody writes to it.

        Rows are never split there. A source that recognises an incomplete row itself takes all.
        """
        del path, start
        return size

    def hyperparams(self, notes: list[str]) -> dict[str, Any]:
        """The hyperparameters of the run; what is ignored is added to ``notes``.

        Raises:
            DamagedLogError: They can't be parsed.
            OSError: Their file can't be read.
        """
        del notes
        return {}

    def artifacts(self, notes: list[str]) -> list[ArtifactPointer]:
        """The artifacts of the run, as :meth:`hyperparams`."""
        del notes
        return []

    def destinations(self) -> list[str]:
        """The files or directories that would be changed by a store that writes to the run."""
        return [self.path]


def step_name(names: Iterable[str]) -> str | None:
    """The one of these names that is the step's; None if none is."""
    given = {name.casefold(): name for name in names}
    return next((given[each] for each in STEP_NAMES if each in given), None)


def number_of(value: object) -> float | None:
    """The number that a value of JSON is, also as the text of a non-finite one; else None."""
    if isinstance(value, str):
        return _OF_TEXT.get(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None

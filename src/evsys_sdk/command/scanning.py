"""A metrics file as curves, read in one pass and bounded memory, by several processes if large."""

import gc
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import BinaryIO

from evsys_sdk.command.collecting import Collector
from evsys_sdk.command.points import Curve
from evsys_sdk.command.shapes import Shapes
from evsys_sdk.log_stores._json_files.reading import beginning, rows_of

__all__ = ["Problem", "Scan", "scan_file"]

_MOST_PROBLEMS = 100
_WORTH_A_PROCESS = 32 << 20
"""Bytes of the file from which on another process costs less than it brings."""
_MOST_PROCESSES = 4
"""Each takes about 100 MB."""


@dataclass(slots=True)
class Problem:
    """A line that is no row."""

    line: int
    text: str


@dataclass
class Scan:
    """What a metrics file holds."""

    curves: dict[tuple[str, str], Curve] = field(default_factory=dict[tuple[str, str], Curve])
    """Each curve by key and split, in the order in which they first come."""
    rows: int = 0
    lines: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])
    """The first lines that are no rows."""
    damaged: int = 0
    """How many lines are no rows, also those that ``problems`` has no place for."""
    torn: int = 0
    """The bytes of a row under way at the end."""

    def damage(self, line: int, text: str) -> None:
        """Note a line that is no row."""
        self.damaged += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(line, text))

    def join(self, behind: "Scan") -> None:
        """Add what the lines behind those of this one hold."""
        for name, curve in behind.curves.items():
            self.curves.setdefault(name, Curve()).join(curve)
        for problem in behind.problems[: _MOST_PROBLEMS - len(self.problems)]:
            self.problems.append(Problem(self.lines + problem.line, problem.text))
        self.rows += behind.rows
        self.lines += behind.lines
        self.damaged += behind.damaged
        self.torn = behind.torn


def scan_file(path: str, size: int | None = None) -> Scan:
    """Read the file as it is now, or its first ``size`` bytes; one that does not exist is empty.

    Raises:
        OSError: The file can't be read.
    """
    try:
        size = os.path.getsize(path) if size is None else size
    except FileNotFoundError:
        return Scan()
    processes = min(_MOST_PROCESSES, os.cpu_count() or 1, 1 + size // _WORTH_A_PROCESS)
    if processes == 1:
        return scan_part(path, 0, size)
    edges = [size * part // processes for part in range(processes + 1)]
    result = Scan()
    # Not by fork, which carries the locks of other threads into the child. Rows make no cycles:
    # looking for some takes an eighth of the time.
    spawned = get_context("spawn")
    with ProcessPoolExecutor(processes, spawned, initializer=gc.disable) as pool:
        for part in pool.map(scan_part, [path] * processes, edges[:-1], edges[1:]):
            result.join(part)
    return result


def scan_part(path: str, start: int, stop: int) -> Scan:
    """Read the lines that begin in these bytes of the file."""
    with open(path, "rb", buffering=1 << 20) as file:
        if start:
            # A line that begins before is of the part before.
            file.seek(start - 1)
            start += len(file.readline()) - 1
        return scan_lines(_lines(file, stop - start))


def _lines(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0:
        line = file.readline()
        if not line:
            return
        length -= len(line)
        yield line


def scan_lines(lines: Iterator[bytes]) -> Scan:
    """Read the lines of a metrics file."""
    scan = Scan()
    collector = Collector(scan.curves)

    def counted() -> Iterator[bytes]:
        for scan.lines, line in enumerate(lines, 1):
            yield line

    def torn(_: int, line: bytes) -> None:
        scan.torn = len(line)

    def damaged(number: int, line: bytes, reason: ValueError) -> None:
        scan.damage(number, f"{reason}. It begins {beginning(line)}")

    for number, row in rows_of(counted(), Shapes().decode, damaged, torn):
        try:
            collector.add(row)
        except OverflowError:
            scan.damage(number, f"its step {row[0]:.3e} does not fit into int64")
        else:
            scan.rows += 1
    collector.flush()
    return scan

"""A metrics file as curves, read in one pass and bounded memory, by several processes if large."""

import gc
import os
from array import array
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import BinaryIO

import numpy as np

from evsys_sdk.command.points import Curve, Floats, Integers
from evsys_sdk.log_stores._json_files.reading import beginning, rows_of

__all__ = ["Problem", "Scan", "scan_file"]

_MOST_PROBLEMS = 100
_POINTS_AT_ONCE = 1 << 21
_MOST_KNOWN_KEYS = 1 << 20
_COST_OF_A_SHAPE = 16
"""What a known shape takes beside its keys, counted in keys."""
_FEW_SHAPES = 64
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
    collector = _Collector(scan)

    def counted() -> Iterator[bytes]:
        for scan.lines, line in enumerate(lines, 1):
            yield line

    def torn(_: int, line: bytes) -> None:
        scan.torn = len(line)

    def damaged(number: int, line: bytes, reason: ValueError) -> None:
        scan.damage(number, f"{reason}. It begins {beginning(line)}")

    for number, row in rows_of(counted(), damaged, torn):
        try:
            collector.steps.append(row.step)
        except OverflowError:
            scan.damage(number, f"its step {row.step:.3e} does not fit into int64")
            continue
        scan.rows += 1
        collector.add(row.split or "", row.metrics)
    collector.flush()
    return scan


class _Collector:
    """Gathers the points of many rows, and hands them to the curves in one go."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._curves: list[Curve] = []
        self._numbers: dict[tuple[str, str], int] = {}
        # Rows of the same split with the same keys are many: they share an array.
        self._shapes: dict[tuple[str, ...], Integers] = {}
        self._known_keys = 0
        self._rows: list[Integers] = []
        self.steps: array[int] = array("q")
        self._values: list[Floats] = []
        self._points = 0

    def add(self, split: str, metrics: dict[str, float]) -> None:
        """Take the points of the row whose step was appended to ``steps``."""
        shape = (split, *metrics)
        numbers = self._shapes.get(shape)
        if numbers is None:
            numbers = self._new_shape(shape)
        self._rows.append(numbers)
        # At once, while the values are in the cache of the processor.
        self._values.append(np.fromiter(metrics.values(), np.float64, len(metrics)))
        self._points += len(metrics)
        if self._points > _POINTS_AT_ONCE:
            self.flush()

    def _new_shape(self, shape: tuple[str, ...]) -> Integers:
        self._known_keys += len(shape) + _COST_OF_A_SHAPE
        if self._known_keys > _MOST_KNOWN_KEYS:
            self._shapes.clear()
            self._known_keys = 0
        split, *keys = shape
        numbers = np.array([self._number((key, split)) for key in keys], np.int64)
        self._shapes[shape] = numbers
        return numbers

    def _number(self, name: tuple[str, str]) -> int:
        number = self._numbers.setdefault(name, len(self._curves))
        if number == len(self._curves):
            self._curves.append(self._scan.curves.setdefault(name, Curve()))
        return number

    def flush(self) -> None:
        """Hand all points to their curves."""
        if self._points:
            steps = np.array(self.steps)
            shapes = {id(numbers): numbers for numbers in self._rows if len(numbers)}
            used = np.concatenate([*shapes.values()])
            if len(shapes) <= _FEW_SHAPES and len(np.unique(used)) == len(used):
                self._hand_over_columns(steps, shapes)
            else:
                self._hand_over_points(steps)
        self._rows.clear()
        self._values.clear()
        del self.steps[:]
        self._points = 0

    def _hand_over_columns(self, steps: Integers, shapes: dict[int, Integers]) -> None:
        """Each curve is in rows of one shape only: it is a column of these."""
        shape_of_row = np.array([*map(id, self._rows)])
        for shape, numbers in shapes.items():
            rows = np.flatnonzero(shape_of_row == shape)
            values = np.concatenate([self._values[row] for row in rows.tolist()])
            columns = values.reshape(len(rows), len(numbers)).T.copy()
            its_steps = steps[rows]
            for place, number in enumerate(numbers):
                self._curves[int(number)].append(its_steps, columns[place])

    def _hand_over_points(self, steps: Integers) -> None:
        """Any mixture of rows: sorted by curve, in the order in which they were logged."""
        numbers = np.concatenate(self._rows)
        steps = np.repeat(steps, [*map(len, self._rows)])
        values = np.concatenate(self._values)
        # 16 bits are sorted by their digits, several times faster than by comparing.
        narrow = numbers.astype(np.int16) if len(self._curves) < 2**15 else numbers
        by_curve = np.argsort(narrow, kind="stable")
        numbers = numbers[by_curve]
        starts = np.flatnonzero(np.diff(numbers, prepend=-1)).tolist()
        for start, stop in zip(starts, [*starts[1:], len(numbers)], strict=True):
            chosen = by_curve[start:stop]
            self._curves[int(numbers[start])].append(steps[chosen], values[chosen])

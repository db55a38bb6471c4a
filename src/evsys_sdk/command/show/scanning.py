"""A metrics file as curves, read in one pass and bounded memory, by several processes if large."""

import gc
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import BinaryIO

from evsys_sdk._files import open_regular_file
from evsys_sdk.command.findings import Findings
from evsys_sdk.command.show.collecting import Collector
from evsys_sdk.command.show.downsampling import Curve
from evsys_sdk.command.show.shapes import Shapes
from evsys_sdk.log_stores.jsonl_files import rows_of, skip_byte_order_mark

__all__ = ["Scan", "scan_file", "scan_lines"]

_WORTH_A_PROCESS = 32 << 20
"""Bytes of the file from which on another process costs less than it brings."""
_MOST_PROCESSES = 4
"""Each takes about 100 MB."""


@dataclass
class Scan:
    """What a metrics file holds."""

    curves: dict[tuple[str, str], Curve] = field(default_factory=dict[tuple[str, str], Curve])
    """Each curve by key and split, in the order in which they first come.

    The split of a row that has none is an empty string.
    """
    rows: int = 0
    lines: int = 0
    findings: Findings = field(default_factory=Findings)
    """What is not a row."""

    def join(self, later: "Scan") -> None:
        """Add what the lines after those of this scan hold."""
        for name, curve in later.curves.items():
            self.curves.setdefault(name, Curve()).join(curve)
        self.findings.join(later.findings, self.lines)
        self.rows += later.rows
        self.lines += later.lines


def scan_file(path: str, size: int | None = None) -> Scan:
    """Read the file as it is now, or its first ``size`` bytes; one that does not exist is empty.

    Raises:
        OSError: The file can't be read, or is not a regular file.
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
    with open_regular_file(path, 1 << 20) as file:
        has_mark = skip_byte_order_mark(file)
        if start:
            # A line that begins before is of the part before.
            file.seek(start - 1)
            file.readline()
        scan = scan_lines(_lines(file, stop - file.tell()))
        scan.findings.byte_order_mark = has_mark
        return scan


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
    findings = scan.findings
    collector = Collector(scan.curves)
    decode = Shapes(findings.other_fields).decode

    def numbered() -> Iterator[bytes]:
        for scan.lines, line in enumerate(lines, 1):
            yield line

    for scan.rows, (_, row) in enumerate(
        rows_of(numbered(), decode, findings.damage, findings.tear), 1
    ):
        collector.add(row)
    collector.flush()
    return scan

"""The rows of a source as curves, in one pass and bounded memory, by several processes if large."""

import gc
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import Any

from evsys_sdk.command.show.collecting import Collector
from evsys_sdk.command.show.downsampling import Curve, Points
from evsys_sdk.sources.compression import note_compression
from evsys_sdk.sources.findings import Findings, notes_of, problems_of
from evsys_sdk.sources.source import Source

__all__ = ["Scan", "scan_file", "scan_part", "scan_source"]

_WORTH_A_PROCESS = 32 << 20
"""Bytes of a file from which on another process costs less than it brings."""
_MOST_PROCESSES = 4
"""Each takes about 100 MB."""


@dataclass
class Scan:
    """The content of the files of a source, or of a part of one."""

    curves: dict[tuple[str, str], Curve] = field(default_factory=dict[tuple[str, str], Curve])
    """Each curve by key and split, in the order in which they first come.

    The split of a row that has none is an empty string.
    """
    rows: int = 0
    findings: dict[str, Findings] = field(default_factory=dict[str, Findings])
    """The findings in each file, beside its rows."""

    def __getstate__(self) -> dict[str, Any]:
        """The scan for another process: to pickle the arrays of each curve alone takes long."""
        curves = [*self.curves.values()]
        return {
            **vars(self),
            "curves": [*self.curves],
            "facts": [(each.count, each.backward, each.bucket_size) for each in curves],
            "lengths": [len(each.points) for each in curves],
            "points": Points.joined([each.points for each in curves]) if curves else None,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        names, facts, lengths, points = map(state.pop, ("curves", "facts", "lengths", "points"))
        vars(self).update(state, curves={})
        start = 0
        for name, fact, length in zip(names, facts, lengths, strict=True):
            curve = self.curves[name] = Curve()
            curve.count, curve.backward, curve.bucket_size = fact
            curve.points = points[start : start + length]
            start += length

    def join(self, later: "Scan") -> None:
        """Add a scan that comes after this one, in the same file or another one."""
        for name, curve in later.curves.items():
            own = self.curves.setdefault(name, curve)
            if own is not curve:
                own.join(curve)
        for path, findings in later.findings.items():
            self.findings.setdefault(path, Findings(path, findings.noun)).join(findings)
        self.rows += later.rows

    @property
    def damaged(self) -> int:
        """How many lines or records are damaged."""
        return sum(each.damaged for each in self.findings.values())

    def problems(self) -> list[str]:
        """The damage, each kind with its first place."""
        return problems_of(self.findings.values())

    def notes(self) -> list[str]:
        """Data that is ignored but not damaged."""
        return notes_of(self.findings.values())


def scan_source(source: Source) -> Scan:
    """Read all files of the source as they are now.

    Raises:
        OSError: A file can't be read, or is not a regular file.
    """
    result = Scan()
    for path in source.files():
        result.join(scan_file(source, path))
    return result


def scan_file(source: Source, path: str, size: int | None = None) -> Scan:
    """Read one file of the source as it is now, or its first ``size`` bytes.

    Raises:
        OSError: The file can't be read, or is not a regular file.
    """
    findings = Findings(path, source.noun)
    if note_compression(path, findings):
        return Scan(findings={path: findings})
    if not source.grows:
        return scan_part(source, path, 0, None)
    size = os.path.getsize(path) if size is None else size
    processes = min(_MOST_PROCESSES, os.cpu_count() or 1, 1 + size // _WORTH_A_PROCESS)
    if processes == 1:
        return scan_part(source, path, 0, size)
    edges = [size * part // processes for part in range(processes + 1)]
    result = Scan()
    # Not by fork, which carries the locks of other threads into the child. Rows make no cycles:
    # looking for some takes an eighth of the time.
    spawned = get_context("spawn")
    with ProcessPoolExecutor(processes, spawned, initializer=gc.disable) as pool:
        for part in pool.map(partial(scan_part, source, path), edges[:-1], edges[1:]):
            result.join(part)
    return result


def scan_part(source: Source, path: str, start: int, stop: int | None) -> Scan:
    """Read the rows that begin in a part of the file."""
    findings = Findings(path, source.noun)
    scan = Scan(findings={path: findings})
    collector = Collector(scan.curves)
    for scan.rows, row in enumerate(source.packed_rows(path, findings, start, stop), 1):
        collector.add(row)
    collector.flush()
    return scan

"""Whether a long run costs more as it goes on: time of a call, and memory of the process."""

import gc
import os
import statistics
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel

from benchmarks import own
from benchmarks.bench import Bench, Effort
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.processes import fresh_directory, run
from benchmarks.subject import Log
from benchmarks.timing import ratio, rows_of, side_by_side
from evsys_sdk import LogStore

__all__ = ["Point", "Results", "measure", "measures", "tables"]

_STORES: dict[str, Callable[[Path], LogStore]] = {
    "jsonl": own.jsonl,
    "tensorboard": own.tensorboard,
}
_POINTS = 10
_CALLS = 300
_MOST_GROWTH = 1.2
_MOST_MEMORY = 2.0
_TIMEOUT = 600
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Point(BaseModel):
    """The state of a store after this many calls."""

    calls: int
    p50: float
    """µs per call."""
    against_fresh: float
    """That, against a fresh store of the same kind beside it."""
    memory: float
    """MB of the process, more than after its first calls."""


class Results(BaseModel):
    """The points of each store."""

    points: dict[str, list[Point]]


def measure(bench: Bench) -> Results:
    """Let each store grow."""
    results = Results(points={})
    for kind in _STORES:
        bench.say(f"growth: {kind}, {bench.effort.grown_rows:,} calls")
        results.points[kind] = run(_TIMEOUT, grow, kind, bench.effort)
    return results


def grow(kind: str, effort: Effort) -> list[Point]:
    """In a separate process: log, and look ten times."""
    make, rows = _STORES[kind], rows_of(1)
    points: list[Point] = []
    with fresh_directory() as directory:
        store = make(directory / "grown")
        log: Log = store.log_metrics
        calls = _log(log, rows, 0, min(_CALLS * 10, effort.grown_rows // 10))
        memory = _memory()
        for number in range(1, _POINTS + 1):
            calls = _log(log, rows, calls, effort.grown_rows * number // _POINTS)
            grown = _memory() - memory
            fresh = make(directory / f"fresh-{number}")
            blocks = max(2, effort.blocks // 2)
            sides = side_by_side(
                {"grown": log, "fresh": fresh.log_metrics}, rows, blocks=blocks, calls=_CALLS
            )
            fresh.close()
            points.append(
                Point(
                    calls=calls,
                    p50=statistics.median(sides["grown"]),
                    against_fresh=ratio(sides, "grown", "fresh"),
                    memory=grown,
                )
            )
        store.close()
    return points


def _log(log: Log, rows: list[dict[str, float]], start: int, end: int) -> int:
    for step in range(start, end):
        log(rows[step & 63], step)
    return end


def _memory() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def measures(results: Results) -> list[Measure]:
    """A run may be long."""
    measures: list[Measure] = []
    for kind, points in results.points.items():
        last = points[-1]
        rows = f"{last.calls:,}"
        cost = f"{kind}: call no. {rows}, against one to a fresh store"
        measures.append(Measure(cost, _MOST_GROWTH, last.against_fresh))
        million = next((point for point in points if point.calls >= 1_000_000), last)
        memory = f"{kind}: MB more in the process after {million.calls:,} calls"
        measures.append(Measure(memory, _MOST_MEMORY, million.memory, "MB"))
    return measures


def tables(results: Results) -> dict[str, str]:
    """The points."""
    rows = [
        [
            kind,
            f"{each.calls:,}",
            figure(each.p50),
            figure(each.against_fresh),
            f"{each.memory:.2f}",
        ]
        for kind, points in results.points.items()
        for each in points
    ]
    heads = ["store", "calls", "µs per call, p50", "against a fresh store", "MB more than at first"]
    return {"Growth": table(heads, rows)}

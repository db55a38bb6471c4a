"""What it costs to go on with a long log: opening it, beside opening an empty one."""

import json
import statistics
import time
from pathlib import Path

from pydantic import BaseModel

from benchmarks import own
from benchmarks.bench import Bench, Effort
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.processes import fresh_directory, run
from benchmarks.timing import rows_of

__all__ = ["Results", "measure", "measures", "tables"]

_TARGET = 1.3
_ROWS_AT_ONCE = 10_000
_TIMEOUT = 300


class Results(BaseModel):
    """µs to open and close a store, in turn."""

    bytes: int
    long: list[float]
    empty: list[float]


def measure(bench: Bench) -> Results:
    """Open both in turn."""
    bench.say("opening: a long log beside an empty one")
    with fresh_directory() as directory:
        return run(_TIMEOUT, measure_both, directory, bench.effort)


def measure_both(directory: Path, effort: Effort) -> Results:
    """In a separate process."""
    long, empty = directory / "long", directory / "empty"
    for each in (long, empty):
        each.mkdir()
        (each / "metrics.jsonl").touch()
    size = _write_long_log(long / "metrics.jsonl", effort.log_bytes)
    results = Results(bytes=size, long=[], empty=[])
    for number in range(effort.blocks * 5 + 1):
        took_long, took_empty = _open(long), _open(empty)
        if number:
            results.long.append(took_long)
            results.empty.append(took_empty)
    return results


def _write_long_log(path: Path, size: int) -> int:
    row = {"ts": 1767225600.0, "step": 1, "split": "train", "metrics": rows_of(5)[0]}
    rows = (json.dumps(row, separators=(",", ":")) + "\n").encode() * _ROWS_AT_ONCE
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(rows)
        return file.tell()


def _open(directory: Path) -> float:
    start = time.perf_counter_ns()
    store = own.jsonl(directory)
    took = (time.perf_counter_ns() - start) / 1000
    store.close()
    return took


def measures(results: Results) -> list[Measure]:
    """The log may be long."""
    ratio = statistics.median(a / b for a, b in zip(results.long, results.empty, strict=True))
    return [Measure(f"opening a log of {_size(results)}, against an empty one", _TARGET, ratio)]


def _size(results: Results) -> str:
    return f"{results.bytes / 1e9:.0f} GB" if results.bytes >= 1e9 else f"{results.bytes:,} bytes"


def tables(results: Results) -> dict[str, str]:
    """Both times."""
    rows = [
        [name, figure(statistics.median(times))]
        for name, times in {_size(results): results.long, "empty": results.empty}.items()
    ]
    return {"Opening a log": table(["jsonl log", "µs"], rows)}

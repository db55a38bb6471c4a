"""What it costs to read a long metrics file: the time, and how much memory it takes at most."""

import importlib
import importlib.util
import json
import time
from collections.abc import Callable
from itertools import starmap
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from benchmarks import own
from benchmarks.bench import Bench
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.processes import ChildError, fresh_directory, run
from benchmarks.timing import rows_of
from evsys_sdk.log_stores.jsonl import JSONLLogStore

__all__ = ["READERS", "Reading", "Results", "measure", "measures", "tables", "write"]

_SIZE = 5
_KEY = "train/metric_000"
_STREAMING = "JSONLLogStore.iter_rows"
_MOST_GROWTH_MB = 2.0
_TIMEOUT = 240


class Reading(BaseModel):
    """One reader took the mean of one metric over all rows."""

    rows: int
    seconds: float
    memory: float
    """MB of the process at its peak, more than before."""


class Results(BaseModel):
    """By reader; the streaming one also of a tenth of the log."""

    readings: dict[str, Reading]
    tenth: Reading
    missing: dict[str, str]


def measure(bench: Bench) -> Results:
    """Write a log and a tenth of it, and let each reader read it."""
    missing: dict[str, str] = {}
    readings: dict[str, Reading] = {}
    with fresh_directory() as directory:
        rows = bench.effort.read_rows
        bench.say(f"reading: writing {rows:,} rows")
        write(directory / "whole", rows)
        write(directory / "tenth", rows // 10)
        tenth = run(_TIMEOUT, read, _STREAMING, directory / "tenth")
        for name, (module, _) in READERS.items():
            if module and importlib.util.find_spec(module) is None:
                missing[name] = f"{module} is not installed"
                continue
            bench.say(f"reading: {name}")
            try:
                readings[name] = run(_TIMEOUT, read, name, directory / "whole")
            except ChildError as error:
                missing[name] = str(error)
    return Results(readings=readings, tenth=tenth, missing=missing)


def write(directory: Path, count: int) -> None:
    """Write a log of this many rows into the directory."""
    store, rows = own.jsonl(directory), rows_of(_SIZE)
    for step in range(count):
        store.log_metrics(rows[step & 63], step)
    store.close()


def read(name: str, directory: Path) -> Reading:
    """In a separate process: how long a reader takes for the mean of one metric."""
    module, mean = READERS[name]
    if module:
        importlib.import_module(module)
    before = _status("VmRSS")
    start = time.perf_counter()
    rows, value = mean(directory)
    seconds = time.perf_counter() - start
    assert 0 < value < 3, f"{name} read {value}"
    return Reading(rows=rows, seconds=seconds, memory=_status("VmHWM") - before)


def _status(name: str) -> float:
    """A figure of this process's memory, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1000


def _mean_of(values: Any) -> tuple[int, float]:
    count = 0
    total = 0.0
    for value in values:
        count += 1
        total += value
    return count, total / count


def _by_iter_rows(directory: Path) -> tuple[int, float]:
    return _mean_of(row.metrics[_KEY] for row in JSONLLogStore.iter_rows(log_dir=directory))


def _by_read_run(directory: Path) -> tuple[int, float]:
    return _mean_of(row.metrics[_KEY] for row in JSONLLogStore.read_run(log_dir=directory).metrics)


def _by_json(directory: Path) -> tuple[int, float]:
    with (directory / "metrics.jsonl").open("rb") as file:
        return _mean_of(json.loads(line)["metrics"][_KEY] for line in file)


def _by_orjson(directory: Path) -> tuple[int, float]:
    loads = importlib.import_module("orjson").loads
    with (directory / "metrics.jsonl").open("rb") as file:
        return _mean_of(loads(line)["metrics"][_KEY] for line in file)


def _by_pandas(directory: Path) -> tuple[int, float]:
    pandas = importlib.import_module("pandas")
    frame = pandas.read_json(directory / "metrics.jsonl", lines=True)
    column = pandas.json_normalize(frame["metrics"])[_KEY]
    return len(column), float(column.mean())


def _by_polars(directory: Path) -> tuple[int, float]:
    polars = importlib.import_module("polars")
    column = polars.read_ndjson(directory / "metrics.jsonl").unnest("metrics")[_KEY]
    return len(column), float(column.mean())


def _by_polars_streaming(directory: Path) -> tuple[int, float]:
    polars = importlib.import_module("polars")
    column = polars.col("metrics").struct.field(_KEY)
    query = polars.scan_ndjson(directory / "metrics.jsonl").select(
        count=column.len(), mean=column.mean()
    )
    [(count, mean)] = query.collect(engine="streaming").rows()
    return int(count), float(mean)


def _by_duckdb(directory: Path) -> tuple[int, float]:
    duckdb = importlib.import_module("duckdb")
    path = directory / "metrics.jsonl"
    query = f"""SELECT count(*), avg(metrics."{_KEY}") FROM read_json('{path}')"""
    [(count, mean)] = duckdb.sql(query).fetchall()
    return int(count), float(mean)


READERS: dict[str, tuple[str, Callable[[Path], tuple[int, float]]]] = {
    _STREAMING: ("", _by_iter_rows),
    "JSONLLogStore.read_run": ("", _by_read_run),
    "json.loads per line": ("", _by_json),
    "orjson.loads per line": ("orjson", _by_orjson),
    "pandas.read_json": ("pandas", _by_pandas),
    "polars.read_ndjson": ("polars", _by_polars),
    "polars.scan_ndjson, streaming": ("polars", _by_polars_streaming),
    "DuckDB read_json": ("duckdb", _by_duckdb),
}
"""By name: the module that it needs, and how it takes the mean of a metric."""


def measures(results: Results) -> list[Measure]:
    """Reading row by row takes no more memory for a longer log."""
    more = results.readings[_STREAMING].memory - results.tenth.memory
    rows = f"{results.readings[_STREAMING].rows:,} rows than of {results.tenth.rows:,}"
    what = f"iter_rows: MB more at the peak for a log of {rows}"
    return [Measure(what, _MOST_GROWTH_MB, more, "MB")]


def tables(results: Results) -> dict[str, str]:
    """Time and memory."""

    def line(name: str, each: Reading) -> list[str]:
        figures = (each.seconds, each.rows / each.seconds, each.memory)
        return [name, f"{each.rows:,}", *map(figure, figures)]

    lines = [line(_STREAMING, results.tenth), *starmap(line, results.readings.items())]
    heads = ["reader", "rows", "seconds", "rows per second", "peak MB"]
    return {"Reading a metrics file": table(heads, lines)}

"""The stores under test: how each is opened, read back, and read by the tools of others."""

import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evsys_sdk import LogStore, LogStoreSpec, RunLog, build_log_store, get_log_store

__all__ = ["STORES", "logs", "open_store", "rows_by_tools", "spec"]

STORES = ("jsonl", "tensorboard", "multiplex")


def spec(kind: str, directory: Path) -> dict[str, Any]:
    """The configuration of a store of that kind whose log is in the directory."""
    if kind != "multiplex":
        return {"kind": kind, "params": {"log_dir": str(directory)}}
    children = [spec(child, directory / child) for child in ("jsonl", "tensorboard")]
    return {"kind": kind, "params": {"children": children}}


def open_store(kind: str, directory: Path) -> LogStore:
    """A new store of that kind."""
    return build_log_store(LogStoreSpec(**spec(kind, directory)))


def places(kind: str, directory: Path) -> list[tuple[str, Path]]:
    """The stores that have their own log, and where: several below a multiplex."""
    if kind != "multiplex":
        return [(kind, directory)]
    return [(child, directory / child) for child in ("jsonl", "tensorboard")]


def logs(kind: str, directory: Path) -> list[tuple[str, RunLog]]:
    """What the stores' own readers find: one log, or one of each child."""
    return [
        (child, getattr(get_log_store(child), "read_run")(log_dir=place))  # noqa: B009 - typed
        for child, place in places(kind, directory)
    ]


Rows = list[tuple[int, str]]
"""Step and key of each point that a tool reads, sorted."""


def rows_by_tools(kind: str, directory: Path) -> Iterator[tuple[str, Rows, Rows]]:
    """Each tool that is installed, what it reads, and what the store's own reader does.

    To be called when nothing will be forked any more: some of the tools start threads.
    """
    for (child, log), (_, place) in zip(
        logs(kind, directory), places(kind, directory), strict=True
    ):
        expected = sorted((row.step, key) for row in log.metrics for key in row.metrics)
        for tool, read in (EVENT_TOOLS if child == "tensorboard" else JSON_TOOLS).items():
            if shutil.which(tool) or find_spec(tool.partition(".")[0]):
                yield tool, sorted(read(place)), expected


def _points(rows: Any) -> Rows:
    # Tools that keep a table have a cell for every key of any row, empty where a row lacks it.
    return [
        (int(row["step"]), key)
        for row in rows
        for key, value in row["metrics"].items()
        if value is not None or key in (row.get("nonfinite") or ())
    ]


def _json(place: Path) -> Rows:
    for name in ("hyperparams.json", "artifacts.json"):
        if (place / name).exists():
            json.loads((place / name).read_text("utf-8"))
    lines = (place / "metrics.jsonl").read_text("utf-8").split("\n")
    return _points(json.loads(line) for line in lines if line.strip(" "))


def _jq(place: Path) -> Rows:
    files = [os.fspath(path) for path in place.glob("*.json")]
    subprocess.run(["jq", "empty", *files], check=True)
    command = ["jq", "-c", "[.step, (.metrics | keys[])]", os.fspath(place / "metrics.jsonl")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    return [(step, key) for step, *keys in rows for key in keys]


def _pandas(place: Path) -> Rows:
    frame = import_module("pandas").read_json(place / "metrics.jsonl", lines=True)
    frame = frame.astype(object).where(frame.notna(), None)
    return _points(frame.to_dict("records"))


def _polars(place: Path) -> Rows:
    path = place / "metrics.jsonl"
    return _points(import_module("polars").read_ndjson(path, infer_schema_length=None).to_dicts())


def _duckdb(place: Path) -> Rows:
    path = place / "metrics.jsonl"
    options = "format = 'newline_delimited', sample_size = -1, maximum_object_size = 100000000"
    query = f"SELECT * FROM read_json('{path}', {options})"
    with import_module("duckdb").connect() as connection:
        result = connection.execute(query)
        names = [column[0] for column in result.description]
        return _points(dict(zip(names, row, strict=True)) for row in result.fetchall())


def _pyarrow(place: Path) -> Rows:
    reader = import_module("pyarrow.json")
    options = reader.ReadOptions(block_size=1 << 26)
    table = reader.read_json(os.fspath(place / "metrics.jsonl"), read_options=options)
    return _points(table.to_pylist())


def _tensorboard(place: Path) -> Rows:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = import_module("tensorboard.backend.event_processing.event_accumulator")
    accumulator = module.EventAccumulator(os.fspath(place), size_guidance={"scalars": 0}).Reload()
    tags = accumulator.Tags()["scalars"]
    return [(event.step, tag) for tag in tags for event in accumulator.Scalars(tag)]


JSON_TOOLS: dict[str, Callable[[Path], Rows]] = {
    "json": _json,
    "jq": _jq,
    "pandas": _pandas,
    "polars": _polars,
    "duckdb": _duckdb,
    "pyarrow": _pyarrow,
}
EVENT_TOOLS: dict[str, Callable[[Path], Rows]] = {"tensorboard": _tensorboard}

"""Readers of formats that several loggers write."""

import csv
import importlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["Rows", "read_csv_files", "read_event_files", "read_json_lines"]

Rows = list[dict[str, Any]]
"""What a logger recorded, a dict of metrics per step."""


def read_json_lines(directory: Path) -> Rows:
    """The metrics of each whole line of ``metrics.jsonl``."""
    rows: Rows = []
    for line in (directory / "metrics.jsonl").read_bytes().splitlines():
        with suppress(ValueError):
            rows.append(json.loads(line)["metrics"])
    return rows


def read_event_files(directory: Path) -> Rows:
    """The scalars of every event file below the directory, as TensorBoard reads them."""
    module = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    rows: dict[int, dict[str, Any]] = {}
    for path in directory.rglob("*tfevents*"):
        events = module.EventAccumulator(str(path), size_guidance={"scalars": 0})
        events.Reload()
        for tag in events.Tags()["scalars"]:
            for scalar in events.Scalars(tag):
                rows.setdefault(scalar.step, {})[tag] = scalar.value
    return [rows[step] for step in sorted(rows)]


def read_csv_files(directory: Path) -> Rows:
    """The rows of every CSV file below the directory, without their steps and times."""
    rows: Rows = []
    for path in directory.rglob("*.csv"):
        with path.open(newline="") as file:
            rows += csv.DictReader(file)
    for row in rows:
        for name in ("step", "time"):
            row.pop(name, None)
    return rows

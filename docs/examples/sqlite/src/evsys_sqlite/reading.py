"""From the tables back to a :class:`~evsys_sdk.RunLog`."""

import json
from collections.abc import Iterable
from math import nan
from pathlib import Path
from typing import Any

from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from evsys_sqlite.database import opened_to_read

_POINTS = "SELECT ts, step, split, key, value FROM metrics ORDER BY id"
_HYPERPARAMS = "SELECT key, value FROM hyperparams ORDER BY rowid"
_ARTIFACTS = "SELECT name, path, kind, ts FROM artifacts ORDER BY id"


def read_run(path: Path) -> RunLog:
    """Read all three tables as they are at one moment."""
    with opened_to_read(path) as connection:
        connection.execute("BEGIN")
        return RunLog(
            metrics=_rows(connection.execute(_POINTS)),
            hyperparams={key: json.loads(text) for key, text in connection.execute(_HYPERPARAMS)},
            artifacts=[ArtifactPointer(*row) for row in connection.execute(_ARTIFACTS)],
        )


def _rows(points: Iterable[tuple[Any, ...]]) -> list[MetricRow]:
    """One row per call: its points are adjacent and share their time."""
    rows: list[MetricRow] = []
    for ts, step, split, key, value in points:
        last = rows[-1] if rows else None
        if (
            last is None
            or (last.ts, last.step, last.split) != (ts, step, split)
            or key in last.metrics
        ):
            last = MetricRow(step=step, split=split, metrics={}, ts=ts)
            rows.append(last)
        last.metrics[key] = nan if value is None else value
    return rows

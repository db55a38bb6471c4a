"""The harness that certifies the store: ``pytest --evsys-conformance`` with its name."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from evsys_sqlite.store import SqliteLogStore


class SqliteHarness(StoreHarness):
    """Reads with plain SQL, and with none of the store's own code."""

    store = SqliteLogStore

    def params(self, directory: Path) -> dict[str, Any]:
        """A file in the directory."""
        return {"path": directory / "run.db"}

    def read(self, params: dict[str, Any]) -> RunLog:
        """The three tables."""
        with closing(sqlite3.connect(params["path"])) as database:
            points = database.execute("SELECT step, split, key, value FROM metrics ORDER BY id")
            hyperparams = database.execute("SELECT key, value FROM hyperparams")
            artifacts = database.execute("SELECT name, path, kind FROM artifacts ORDER BY id")
            return RunLog(
                metrics=[
                    MetricRow(step, split, {key: float("nan") if value is None else value})
                    for step, split, key, value in points
                ],
                hyperparams={key: json.loads(text) for key, text in hyperparams},
                artifacts=[ArtifactPointer(*row) for row in artifacts],
            )

"""Reads a run back, with the SQL that anybody could type."""

import json
from itertools import groupby
from typing import Any

import psycopg

from evsys_sdk import ArtifactPointer, MetricRow, RunLog

_METRICS = """
SELECT writer_id, call, step, split, extract(epoch FROM ts)::float8, key, value
FROM evsys.metrics WHERE run = %s ORDER BY writer_id, call"""
_HYPERPARAMS = """
SELECT params::text FROM evsys.hyperparam_calls
JOIN evsys.writers USING (writer_id) JOIN evsys.runs USING (run_id) WHERE run = %s ORDER BY id"""
_ARTIFACTS = """
SELECT name, path, kind, extract(epoch FROM ts)::float8
FROM evsys.artifacts WHERE run = %s ORDER BY id"""


def read_run(conninfo: str, run: str) -> RunLog:
    """Read what all writers of a run have logged.

    Raises:
        LookupError: The run does not exist.
    """
    with psycopg.connect(conninfo) as connection:
        # One view of the database for all that follows.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if connection.execute("SELECT to_regclass('evsys.artifacts')").fetchone() == (None,):
            raise LookupError("no run was logged into this database: it has no schema evsys")
        if not connection.execute("SELECT FROM evsys.runs WHERE run = %s", (run,)).fetchall():
            raise LookupError(f"this database has no run {run!r}")
        hyperparams: dict[str, Any] = {}
        for (params,) in connection.execute(_HYPERPARAMS, (run,)):
            hyperparams.update(json.loads(params))
        metrics = [
            MetricRow(step=step, split=split, ts=ts, metrics={row[5]: row[6] for row in rows})
            for (_, _, step, split, ts), rows in groupby(
                connection.execute(_METRICS, (run,)), key=lambda row: row[:5]
            )
        ]
        artifacts = [
            ArtifactPointer(name=name, path=path, kind=kind, ts=ts)
            for name, path, kind, ts in connection.execute(_ARTIFACTS, (run,))
        ]
    return RunLog(metrics=metrics, hyperparams=hyperparams, artifacts=artifacts)

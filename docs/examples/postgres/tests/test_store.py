"""What the database has recorded, read with plain SQL."""

import math
import subprocess
import sys
import time

import psycopg
import pytest
from pydantic import ValidationError

from evsys_postgres import PostgresLogStore
from evsys_postgres.testing import PostgresServer
from evsys_sdk import open_log_store


def test_the_database_has_the_values_as_they_are(
    server: PostgresServer, run: str, store: PostgresLogStore
) -> None:
    values = [math.nan, math.inf, -math.inf, -0.0, 5e-324, 0.1 + 0.2, sys.float_info.max]
    for step, value in enumerate(values):
        store.log_scalar("loss", value, step)
    rows = server.query(
        f"SELECT value::text, value FROM evsys.metrics WHERE run = '{run}' ORDER BY step"
    )
    assert [text for text, _ in rows[:4]] == ["NaN", "Infinity", "-Infinity", "-0"]
    assert [repr(value) for _, value in rows] == [repr(value) for value in values]


def test_hyperparameters_can_be_asked_for_across_runs(
    server: PostgresServer, run: str, store: PostgresLogStore
) -> None:
    store.log_hyperparams({"lr": 0.5, "notes": "with a NUL: \0", "model": {"layers": 2}})
    store.log_hyperparams({"lr": 0.25})
    rows = server.query(
        "SELECT run, value->>'layers' FROM evsys.hyperparams WHERE key = 'model' AND run IN "
        "(SELECT run FROM evsys.hyperparams WHERE key = 'lr' AND value::text::float8 < 0.3)"
    )
    assert rows == [(run, "2")]
    read = PostgresLogStore.read_run(conninfo=server.conninfo, run=run).hyperparams
    assert read == {"lr": 0.25, "notes": "with a NUL: \0", "model": {"layers": 2}}


def test_a_text_that_postgresql_cannot_hold_is_refused_and_nothing_is_recorded(
    server: PostgresServer, run: str, store: PostgresLogStore
) -> None:
    with pytest.raises(ValueError, match=r"a metric key holds a NUL.*'a\\x00b'"):
        store.log_metrics({"loss": 1.0, "a\0b": 2.0}, 0)
    with pytest.raises(ValueError, match="split is longer than 1,000 bytes"):
        store.log_metrics({"loss": 1.0}, 0, split="é" * 501)
    with pytest.raises(ValueError, match="path holds a NUL"):
        store.log_artifact("model", "a\0b")
    store.log_metrics({"é" * 250: 1.0}, 0)
    assert server.query(f"SELECT count(*) FROM evsys.metrics WHERE run = '{run}'") == [(1,)]


def test_a_run_that_is_deleted_takes_its_points_along_and_its_writers_hear_of_it(
    server: PostgresServer, run: str, store: PostgresLogStore
) -> None:
    store.log_metrics({"loss": 0.5}, 0)
    with psycopg.connect(server.conninfo) as connection:
        connection.execute("DELETE FROM evsys.runs WHERE run = %s", (run,))
    orphans = "SELECT FROM evsys.points WHERE series_id NOT IN (SELECT series_id FROM evsys.series)"
    assert server.query(orphans) == []
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        store.log_metrics({"loss": 0.5}, 1)
    with pytest.raises(LookupError, match=f"this database has no run '{run}'"):
        PostgresLogStore.read_run(conninfo=server.conninfo, run=run)


def test_a_bad_connection_string_is_an_error_of_the_configuration() -> None:
    with pytest.raises(ValidationError, match="conninfo must be a connection string"):
        PostgresLogStore.Config(conninfo="host", run="a")


def test_a_server_that_is_not_there_is_an_error_at_once(run: str) -> None:
    start = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        PostgresLogStore(conninfo="postgresql://127.0.0.1:1/none", run=run)
    assert time.monotonic() - start < 30  # and not retry_secs


def test_it_is_named_in_yaml(server: PostgresServer, run: str) -> None:
    params = {"conninfo": server.conninfo, "run": run, "rank": 3}
    with open_log_store({"kind": "postgres", "params": params}) as store:
        store.log_metrics({"loss": 0.5}, 7)
    rows = server.query(f"SELECT rank, step, value FROM evsys.metrics WHERE run = '{run}'")
    assert rows == [(3, 7, 0.5)]


RANK = """
import sys
from evsys_postgres import PostgresLogStore
conninfo, run, rank = sys.argv[1:]
store = PostgresLogStore(conninfo=conninfo, run=run, rank=int(rank))
for step in range(40):
    store.log_metrics({"loss": step / 8, "grad": 1.0, "rank " + rank: 1.0}, step)
store.close()
"""


def test_ranks_that_start_at_once_on_an_empty_database_lose_and_double_nothing(run: str) -> None:
    with PostgresServer() as server:
        command = [sys.executable, "-c", RANK, server.conninfo, run]
        ranks = [subprocess.Popen([*command, str(rank)]) for rank in range(6)]
        assert [rank.wait() for rank in ranks] == [0] * 6
        rows = server.query(
            "SELECT rank, key, count(*), count(DISTINCT step) FROM evsys.metrics GROUP BY 1, 2"
        )
        assert server.query("SELECT count(*) FROM evsys.runs") == [(1,)]
    expected = {(r, key, 40, 40) for r in range(6) for key in ("loss", "grad", f"rank {r}")}
    assert set(rows) == expected

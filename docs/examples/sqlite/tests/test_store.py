"""What the clauses of the contract do not say, and this store promises."""

import math
import os
import resource
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

from evsys_sdk import LogStoreClosedError, open_log_store
from evsys_sqlite import SqliteLogStore


def files(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_a_run_that_is_named_in_yaml_reads_back_call_by_call(tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text(
        f"log_store: {{kind: sqlite, params: {{path: {tmp_path}/run.db, busy_secs: 5}}}}"
    )
    with open_log_store(config) as store:
        store.log_hyperparams({"lr": 0.5})
        store.log_metrics({"loss": 1.0, "accuracy": 0.5}, 3)
        store.log_metrics({"loss": 2.0}, 3)
        store.log_metrics({"loss": math.nan}, 3, split="val")
        store.log_artifact("model", "a.pt", kind="checkpoint")
    run_log = SqliteLogStore.read_run(path=tmp_path / "run.db")
    assert [(row.step, row.split, repr(row.metrics)) for row in run_log.metrics] == [
        (3, "train", "{'loss': 1.0, 'accuracy': 0.5}"),
        (3, "train", "{'loss': 2.0}"),
        (3, "val", "{'loss': nan}"),
    ]
    assert run_log.hyperparams == {"lr": 0.5}
    assert [(each.name, each.path, each.kind) for each in run_log.artifacts] == [
        ("model", "a.pt", "checkpoint")
    ]
    times = [row.ts for row in run_log.metrics]
    assert None not in times


@pytest.mark.parametrize("value", [-0.0, 0.0, 5e-324, math.inf, -math.inf, 0.1, 2.0**53 + 2])
def test_every_bit_of_a_float_comes_back(value: float, path: Path) -> None:
    with closing(SqliteLogStore(path=path)) as store:
        store.log_scalar("loss", value, 0)
    (row,) = SqliteLogStore.read_run(path=path).metrics
    assert struct.pack("d", row.metrics["loss"]) == struct.pack("d", value)


def test_the_log_is_one_file_once_it_is_closed(path: Path) -> None:
    store = SqliteLogStore(path=path)
    store.log_scalar("loss", 0.5, 0)
    assert files(path) == ["run.db", "run.db-shm", "run.db-wal"]
    store.close()
    assert files(path) == ["run.db"]
    SqliteLogStore.read_run(path=path)
    assert files(path) == ["run.db"]


def test_it_is_read_while_it_is_written(path: Path) -> None:
    with closing(SqliteLogStore(path=path)) as store:
        for step in range(3):
            store.log_scalar("loss", 0.5, step)
            assert len(SqliteLogStore.read_run(path=path).metrics) == step + 1


def test_a_relative_path_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(SqliteLogStore(path="run.db")) as store:
        monkeypatch.chdir("/")
        if os.fork() == 0:  # makes it connect again
            os._exit(0)
        os.wait()
        store.log_scalar("loss", 0.5, 0)
    assert len(SqliteLogStore.read_run(path=tmp_path / "run.db").metrics) == 1


def test_a_writer_that_is_kept_waiting_too_long_says_so_and_goes_on(path: Path) -> None:
    with (
        closing(SqliteLogStore(path=path, busy_secs=0.05)) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            store.log_metrics({"loss": 0.5, "accuracy": 1.0}, 0)
        other.execute("ROLLBACK")
        store.log_scalar("loss", 0.25, 1)
    assert [row.step for row in SqliteLogStore.read_run(path=path).metrics] == [1]


def test_what_does_not_fit_on_the_disk_raises_and_leaves_the_rest(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(SqliteLogStore(path=path)) as store:
        store.log_scalar("loss", 0.5, 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(sqlite3.OperationalError, match=r"full|disk I/O error"):
                store.log_artifact("model", "a" * 200_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        store.log_scalar("loss", 0.25, 1)
    run_log = SqliteLogStore.read_run(path=path)
    assert [row.step for row in run_log.metrics] == [0, 1]
    assert run_log.artifacts == []


def test_a_database_of_another_program_is_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE metrics (loss)")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"run\.db is a SQLite database of another program"):
        SqliteLogStore(path=path)
    with pytest.raises(ValueError, match=r"run\.db is a SQLite database of another program"):
        SqliteLogStore.read_run(path=path)
    assert path.read_bytes() == before
    assert files(path) == ["run.db"]


def test_a_file_that_is_not_a_database_stays_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("step,loss\n" * 500)
    with pytest.raises(sqlite3.DatabaseError, match="file is not a database") as raised:
        SqliteLogStore(path=path)
    assert raised.value.__notes__ == [f"The file is {path}"]
    assert path.read_text() == "step,loss\n" * 500


def test_reading_where_nothing_is(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no log at .*run\.db"):
        SqliteLogStore.read_run(path=path)
    assert not path.parent.exists()
    path.parent.mkdir()
    path.touch()
    with pytest.raises(ValueError, match=r"run\.db is an empty database"):
        SqliteLogStore.read_run(path=path)


def test_a_closed_store_says_what_was_called(path: Path) -> None:
    store = SqliteLogStore(path=path)
    store.close()
    with pytest.raises(LogStoreClosedError, match=r"sqlite: log_metrics\(\) was called after"):
        store.log_metrics({}, 0)

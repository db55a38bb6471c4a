"""A store on a SQLite database, one row per value."""

import json
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.front import Forbidding, Front
from zoo.stores import correct

TABLES = """
    create table if not exists points (step integer, split text, key text, value text);
    create table if not exists hyperparams (key text primary key, value text);
    create table if not exists artifacts (name text, path text, kind text);
"""


class Sqlite(Front):
    """Values are kept as text, because SQLite turns NaN into NULL."""

    name: ClassVar[str] = "zoo_sqlite"

    class Config(Forbidding):
        path: Path

    def __init__(self, *, path: Path) -> None:
        self.path = path
        self.database = self.connect()
        self.database.executescript(f"pragma synchronous = off; {TABLES}")
        self.lock = threading.RLock()

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection, None, None]:
        self.database.execute("begin immediate")
        try:
            yield self.database
        except BaseException:
            self.database.execute("rollback")
            raise
        self.database.execute("commit")

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        rows = [(step, split, key, repr(value)) for key, value in points.items()]
        with self.transaction() as database:
            database.executemany("insert into points values (?, ?, ?, ?)", rows)

    def merge(self, params: dict[str, Any]) -> None:
        rows = [(key, json.dumps(value)) for key, value in params.items()]
        with self.transaction() as database:
            database.executemany("insert or replace into hyperparams values (?, ?)", rows)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        with self.transaction() as database:
            database.execute("insert into artifacts values (?, ?, ?)", (name, path, kind))

    def release(self) -> None:
        self.database.close()


def read_database(path: Path, number: Callable[[Any], float] = float) -> RunLog:
    """The log in a database, with one metric row per value."""
    database = sqlite3.connect(path)
    try:
        points = database.execute("select * from points order by rowid").fetchall()
        hyperparams = database.execute("select * from hyperparams").fetchall()
        artifacts = database.execute("select * from artifacts order by rowid").fetchall()
    finally:
        database.close()
    return RunLog(
        [MetricRow(step, split, {key: number(value)}) for step, split, key, value in points],
        {key: json.loads(value) for key, value in hyperparams},
        [ArtifactPointer(*row) for row in artifacts],
    )


@correct("a SQLite database with one row per value; a transaction per call")
class SqliteHarness(StoreHarness):
    """Reads the tables."""

    store: Any = Sqlite
    capabilities = {"split", "float64", "resume", "crash", "threads", "processes"}

    def params(self, directory: Path) -> dict[str, Any]:
        return {"path": directory / "run.db"}

    def read(self, params: dict[str, Any]) -> RunLog:
        return read_database(params["path"])

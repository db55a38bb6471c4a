"""The log store: what each call writes to SQLite."""

import time
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from evsys_sdk import Capability, LogStore, RunLog, register_log_store
from evsys_sdk.arguments import (
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)
from evsys_sqlite.database import Database
from evsys_sqlite.reading import read_run

_ADD_POINTS = "INSERT INTO metrics (ts, step, split, key, value) VALUES (?, ?, ?, ?, ?)"
_SET_HYPERPARAMS = "INSERT OR REPLACE INTO hyperparams (key, value) VALUES (?, ?)"
_ADD_ARTIFACT = "INSERT INTO artifacts (ts, name, path, kind) VALUES (?, ?, ?, ?)"


@register_log_store("sqlite")
class SqliteLogStore:
    """Logs a run into the tables of one file.

    A call is one transaction: when it returns, its rows are in the file, and a killed process loses
    none of them. Any number of threads and processes of one machine may write to the same file, and
    forked children may go on with the open store. An open store holds one connection.
    """

    name: ClassVar[str] = "sqlite"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "crash", "threads", "processes", "fork"}
    )

    class Config(BaseModel):
        """The parameters, as YAML gives them."""

        model_config = ConfigDict(extra="forbid")

        path: Path = Field(
            description="File of the run, created as needed, on a local disk; ~ is the home"
        )
        busy_secs: float = Field(
            default=60.0, ge=0, description="How long a call waits for other writers"
        )

    def __init__(self, *, path: str | Path, busy_secs: float = 60.0) -> None:
        """Open the log, new or continued.

        Args:
            path: The file. Its directory is created as needed; a relative path stays where it is
                when the working directory changes.
            busy_secs: How long a call waits for other writers, in seconds.

        Raises:
            ValueError: The file is a database of another program.
            sqlite3.DatabaseError: The file is not a database.
            OSError: The directory can't be created.
        """
        self._database = Database(Path(path).expanduser().absolute(), busy_secs)

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record one value; see :meth:`log_metrics`."""
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Add a row for each value; all of them, or none.

        Raises:
            TypeError, ValueError, OverflowError: See :meth:`evsys_sdk.LogStore.log_metrics`.
            LogStoreClosedError: The store is closed.
            sqlite3.OperationalError: Other writers kept it waiting for ``busy_secs`` seconds, or
                the disk is full. Earlier rows are kept, and the store still works.
        """
        values = checked_metrics(metrics)
        number, part = checked_step(step), checked_text(split, "split")
        with self._database.transaction(self.name, "log_metrics") as transaction:
            # Under the lock of the file, so that the times of all writers are in order.
            now = time.time()
            # SQLite stores NaN as NULL, which schema.sql says and reading.py turns back.
            rows = [(now, number, part, key, value) for key, value in values.items()]
            transaction.executemany(_ADD_POINTS, rows)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Add or replace a row for each top-level key; NaN and infinities become their names."""
        rows = [
            (checked_text(key, "a key of params"), to_json(value, inf_nan_mode="strings").decode())
            for key, value in checked_hyperparams(params).items()
        ]
        with self._database.transaction(self.name, "log_hyperparams") as transaction:
            transaction.executemany(_SET_HYPERPARAMS, rows)

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Add a row with the pointer."""
        row = (checked_text(name, "name"), checked_path(path), checked_text(kind, "kind"))
        with self._database.transaction(self.name, "log_artifact") as transaction:
            transaction.execute(_ADD_ARTIFACT, (time.time(), *row))

    def close(self) -> None:
        """Close the connection; once the last one is closed, the log is one file again."""
        self._database.close()

    @classmethod
    def read_run(cls, *, path: str | Path, **_: object) -> RunLog:
        """Read a log, also while it is being written.

        Raises:
            FileNotFoundError: The file does not exist.
            ValueError: It is not a log of this store.
        """
        return read_run(Path(path).expanduser())


_conforms: type[LogStore] = SqliteLogStore

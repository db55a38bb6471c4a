"""The log store: what each call writes to PostgreSQL."""

import os
import threading
from typing import Any, ClassVar, LiteralString
from weakref import WeakSet

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import to_json

from evsys_postgres.database import Database, checked_conninfo
from evsys_postgres.reading import read_run
from evsys_sdk import Capability, LogStore, LogStoreClosedError, RunLog, register_log_store
from evsys_sdk.arguments import (
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)

# Keys, splits and names of runs are in an index, whose entries have 2,704 bytes at most.
_MOST_BYTES_OF_A_NAME = 1000

_ADD_RUN = "INSERT INTO evsys.runs (run) VALUES (%s) ON CONFLICT DO NOTHING"
_ADD_WRITER = """
INSERT INTO evsys.writers (run_id, rank) SELECT run_id, %s FROM evsys.runs WHERE run = %s
RETURNING writer_id, run_id"""
# Sorted, so that ranks which add the same names at once wait for each other in one order.
_ADD_SERIES = """
INSERT INTO evsys.series (run_id, split, key)
SELECT %s, %s, key FROM unnest(%s::text[]) AS key ORDER BY key COLLATE "C"
ON CONFLICT DO NOTHING"""
_FIND_SERIES = """
SELECT key, series_id FROM evsys.series
WHERE run_id = %s AND split = %s AND key = ANY(%s::text[])"""
_ADD_POINTS = """
INSERT INTO evsys.points (writer_id, call, step, series_id, value)
SELECT %b::bigint, %b::bigint, %b::bigint, * FROM unnest(%b::bigint[], %b::float8[])
ON CONFLICT DO NOTHING"""
_ADD_HYPERPARAMS = """
INSERT INTO evsys.hyperparam_calls (writer_id, call, params) VALUES (%s, %s, %s::json)
ON CONFLICT DO NOTHING"""
_ADD_ARTIFACT = """
INSERT INTO evsys.artifact_calls (writer_id, call, name, path, kind) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING"""


@register_log_store("postgres")
class PostgresLogStore:
    """Logs a run into the schema ``evsys`` of a database, which takes any number of runs and ranks.

    A call is one transaction: when it returns it is committed. When the server is restarted, the
    call in progress waits for it, and is recorded once.

    Safe in threads and in forked children. An open store holds one connection.
    """

    name: ClassVar[str] = "postgres"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "crash", "threads", "processes", "fork"}
    )

    class Config(BaseModel):
        """The parameters, as YAML gives them."""

        model_config = ConfigDict(extra="forbid")

        conninfo: str = Field(
            description="Connection string: postgresql://user@host/database. What it leaves out "
            "comes from PGHOST, PGPASSFILE and so on; a password is better left out"
        )
        run: str = Field(description="Name of the run; all ranks give the same")
        rank: int = Field(default=0, description="Which rank of the run this process is")
        retry_secs: float = Field(
            default=60.0, ge=0, description="How long a call waits for a server that went away"
        )

        @field_validator("conninfo")
        @classmethod
        def _check_conninfo(cls, conninfo: str) -> str:
            checked_conninfo(conninfo)
            return conninfo

    def __init__(self, *, conninfo: str, run: str, rank: int = 0, retry_secs: float = 60.0) -> None:
        """Connect, and open the run, new or continued; the tables are created as needed.

        Raises:
            psycopg.OperationalError: The server can't be reached, or refuses.
            ValueError: ``conninfo`` or ``run`` is none.
        """
        self._run, self._rank = _name(run, "run"), rank
        self._lock = threading.Lock()
        self._closed = self._forked = False
        self._database = Database(checked_conninfo(conninfo), retry_secs)
        try:
            self._database.create_tables()
            self._begin()
        except BaseException:
            self._database.close()
            raise
        _open_stores.add(self)

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record one point."""
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record the points of a call, in one statement.

        Raises:
            TypeError: See :meth:`evsys_sdk.LogStore.log_metrics`.
            ValueError: A string holds a NUL, or is longer than 1,000 bytes.
            psycopg.Error: The server refused, or stayed away for ``retry_secs`` seconds.
        """
        values = checked_metrics(metrics)
        number = checked_step(step)
        split = _name(split, "split")
        with self._lock:
            self._check_open("log_metrics")
            if not values:
                return
            self._add(_ADD_POINTS, number, self._series(split, [*values]), [*values.values()])

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Record the hyperparameters of a call as one JSON text; NaN and infinities by name."""
        text = to_json(checked_hyperparams(params), inf_nan_mode="strings").decode()
        with self._lock:
            self._check_open("log_hyperparams")
            self._add(_ADD_HYPERPARAMS, text)

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Record a pointer.

        Raises:
            ValueError: A string holds a NUL.
        """
        pointer = (
            _text(checked_text(name, "name"), "name"),
            _text(checked_path(path), "path"),
            _text(checked_text(kind, "kind"), "kind"),
        )
        with self._lock:
            self._check_open("log_artifact")
            self._add(_ADD_ARTIFACT, *pointer)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._closed = True
            _open_stores.discard(self)
            self._database.close()

    @classmethod
    def read_run(cls, *, conninfo: str, run: str, **_: object) -> RunLog:
        """Read a run, all ranks of it: each rank's points in the order of its calls.

        Raises:
            LookupError: The run does not exist.
        """
        return read_run(checked_conninfo(conninfo), run)

    def _begin(self) -> None:
        """Become a writer of the run. Two rows of one process harm nobody."""
        self._database.execute(_ADD_RUN, (self._run,))
        added = self._database.execute(_ADD_WRITER, (self._rank, self._run))
        self._writer_id, self._run_id = added[0]
        self._calls = 0
        self._known_series: dict[tuple[str, str], int] = {}

    def _check_open(self, method: str) -> None:
        if self._closed:
            raise LogStoreClosedError(self.name, method)

    def _add(self, statement: LiteralString, *values: object) -> None:
        if self._forked:
            self._begin()
            self._forked = False
        # Also when the call fails: it may be recorded all the same, and its number with it.
        self._calls += 1
        self._database.execute(statement, (self._writer_id, self._calls, *values))

    def _series(self, split: str, keys: list[str]) -> list[int]:
        """The ids of the series of these keys, which are added as needed."""
        known = self._known_series
        new = [key for key in keys if (split, key) not in known]
        if new:
            for key in new:
                _name(key, "a metric key")
            self._database.execute(_ADD_SERIES, (self._run_id, split, new))
            found = self._database.execute(_FIND_SERIES, (self._run_id, split, new))
            known.update(((split, key), series_id) for key, series_id in found)
        return [known[split, key] for key in keys]

    def renew_after_fork(self) -> None:
        """Leave lock and connection to the parent; the first write here becomes a new writer."""
        self._lock = threading.Lock()
        self._database.leave_to_the_parent()
        self._forked = True


_open_stores: WeakSet[PostgresLogStore] = WeakSet()


def _renew_all() -> None:
    for store in list(_open_stores):
        store.renew_after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)


def _text(text: str, what: str) -> str:
    """Text that PostgreSQL can hold."""
    if "\0" in text:
        raise ValueError(f"{what} holds a NUL, which PostgreSQL has no place for: {text[:60]!r}")
    return text


def _name(text: object, what: str) -> str:
    """Text that an index of PostgreSQL can hold."""
    name = _text(checked_text(text, what), what)
    if len(name) > _MOST_BYTES_OF_A_NAME // 4 and len(name.encode()) > _MOST_BYTES_OF_A_NAME:
        raise ValueError(f"{what} is longer than {_MOST_BYTES_OF_A_NAME:,} bytes: {name[:60]!r}...")
    return name


_conforms: type[LogStore] = PostgresLogStore

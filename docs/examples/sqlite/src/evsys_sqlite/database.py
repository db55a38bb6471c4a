"""The connection to the file, for threads, processes and forked children.

SQLite forbids a connection to live on across a fork, in the parent and in the child: what the child
does with its copy, even closing it, can harm the file. So it is closed before each fork, when no
call is in progress, and opened again by the next call.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from weakref import WeakSet

from evsys_sdk import LogStoreClosedError

# The id in the header of our files, so that a file of another program is refused ("evsy").
_APPLICATION_ID = 0x65767379
_SCHEMA_VERSION = 1


class Database:
    """One file, and at most one connection to it."""

    def __init__(self, path: Path, busy_secs: float) -> None:
        """Create the file and its tables where they are missing."""
        self._path = path
        self._busy_secs = busy_secs
        self._lock = threading.Lock()
        self._closed = False
        with _forking:  # otherwise a fork right here would copy the connection
            self._connection: sqlite3.Connection | None = self._connect()
            _open_databases.add(self)

    @contextmanager
    def transaction(self, store: str, method: str) -> Generator[sqlite3.Connection]:
        """All that is executed inside is in the file afterwards; on an error, nothing of it.

        Raises:
            LogStoreClosedError: It is closed; ``store`` and ``method`` say what was called.
            sqlite3.OperationalError: Other writers kept it waiting for ``busy_secs`` seconds, or
                the disk is full.
        """
        with self._lock:
            if self._closed:
                raise LogStoreClosedError(store, method)
            if self._connection is None:
                self._connection = self._connect()
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite has already rolled back, for example if the disk is full.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connection. The last one to a file also folds its ``-wal`` file into it."""
        with self._lock:
            self._closed = True
            _open_databases.discard(self)
            self._disconnect()

    def hold(self) -> None:
        """Before a fork: wait until no call is in progress, keep it so, and disconnect."""
        self._lock.acquire()
        self._disconnect()

    def go_on(self) -> None:
        """After a fork, in the parent and in the child."""
        self._lock.release()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path, timeout=self._busy_secs, isolation_level=None, check_same_thread=False
        )
        try:
            ours = _is_ours(connection, self._path)  # before anything is changed
            _enter_wal_mode(connection, self._busy_secs)
            # In this mode a killed process loses nothing, and a power cut at most the last moments.
            connection.execute("PRAGMA synchronous = NORMAL")
            if not ours:
                _create_tables(connection, self._path)
        except BaseException as error:
            connection.close()
            error.add_note(f"The file is {self._path}")
            raise
        return connection


@contextmanager
def opened_to_read(path: Path) -> Generator[sqlite3.Connection]:
    """A connection to a log that exists.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: It is not a log of this store.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no log at {path}")
    # Not mode=ro, which would not remove the -wal and -shm files that it has to create.
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=60)) as connection:
        if not _is_ours(connection, path):
            raise ValueError(f"{path} is an empty database, and no log of the store sqlite")
        yield connection


def _enter_wal_mode(connection: sqlite3.Connection, busy_secs: float) -> None:
    """Readers and a writer do not wait for each other in this mode, which the file remembers."""
    until = time.monotonic() + busy_secs
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # If two processes create a file at once, SQLite does not wait.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return


def _create_tables(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _is_ours(connection, path):  # another process may have been quicker
            schema = files("evsys_sqlite").joinpath("schema.sql").read_text()
            for statement in schema.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has the tables; False where it is empty.

    Raises:
        ValueError: It belongs to another program, or to another version of this one.
    """
    found = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    ]
    if found == [_APPLICATION_ID, _SCHEMA_VERSION]:
        return True
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        other = "version of this package" if found[0] == _APPLICATION_ID else "program"
        raise ValueError(
            f"{path} is a SQLite database of another {other}. It was left as it is. Name another "
            f"file for the log"
        )
    return False


_open_databases: WeakSet[Database] = WeakSet()
_forking = threading.Lock()
_held: list[Database] = []


def _before_fork() -> None:
    _forking.acquire()
    for database in list(_open_databases):
        _held.append(database)
        database.hold()


def _after_fork() -> None:
    while _held:
        _held.pop().go_on()
    _forking.release()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
    )

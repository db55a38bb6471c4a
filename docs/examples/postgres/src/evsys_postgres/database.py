"""A connection that outlives a restart of the server."""

import time
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

# One for everybody who creates the tables, so that ranks which start at once do it by turns.
_CREATING = 7_305_281_634

# Asked of the catalogue itself: to_regclass may answer from before the wait for the lock.
_TABLES_THERE = "SELECT FROM pg_views WHERE schemaname = 'evsys' AND viewname = 'artifacts'"

# A forked child inherits its parent's connection. To close it would end the parent's session, and
# garbage collection may close it.
_of_a_parent: list[object] = []


def checked_conninfo(conninfo: str) -> str:
    """The connection string, with a name and a limit for connecting where it names none.

    Raises:
        ValueError: libpq can't read it.
    """
    try:
        given = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError as error:
        raise ValueError(f"conninfo must be a connection string of PostgreSQL: {error}") from None
    usual = {"application_name": "evsys", "connect_timeout": "10"}
    return make_conninfo("", **{**usual, **given})


class Database:
    """One connection, made again when it breaks; each statement is a separate transaction."""

    def __init__(self, conninfo: str, retry_secs: float) -> None:
        """Connect.

        Raises:
            psycopg.OperationalError: The server can't be reached, or refuses. Not tried again:
                the start of a run should fail at once.
        """
        self._conninfo = conninfo
        self._retry_secs = retry_secs
        self._connection: psycopg.Connection | None = self._connect()

    def execute(self, statement: LiteralString, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Execute one statement, again on a new connection where the old one broke.

        The server may have carried it out and lost only the answer: the statement must be one that
        changes nothing the second time.

        Raises:
            psycopg.OperationalError: The server stayed away for ``retry_secs`` seconds.
            psycopg.Error: The server refused the statement.
        """
        until, pause = 0.0, 0.05
        while True:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                cursor = self._connection.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
            except psycopg.Error as error:
                if self._connection is not None and not self._connection.closed:
                    raise
                self._connection = None
                until = until or time.monotonic() + self._retry_secs
                if time.monotonic() >= until:
                    error.add_note(
                        f"PostgreSQL stayed away for {self._retry_secs:g} s. What this call wrote "
                        f"may be recorded or not; earlier calls are. A later call connects again."
                    )
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 1.0)

    def create_tables(self) -> None:
        """Create what ``schema.sql`` lists, unless it is there."""
        if self.execute(_TABLES_THERE, ()):
            return
        schema = files("evsys_postgres").joinpath("schema.sql").read_bytes()
        assert self._connection is not None
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATING,))
            if not self._connection.execute(_TABLES_THERE).fetchall():
                self._connection.execute(schema)

    def leave_to_the_parent(self) -> None:
        """In a forked child: let go of the connection without touching it."""
        _of_a_parent.append(self._connection)
        self._connection = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self._conninfo, autocommit=True)

"""A local PostgreSQL for tests, and the harness that certifies the store with it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from evsys_conformance import StoreHarness
from evsys_postgres.store import PostgresLogStore

NOT_FOUND = (
    "no PostgreSQL server was found: neither pg_ctl on PATH nor in /usr/lib/postgresql/*/bin. On "
    "Debian: apt-get install postgresql"
)


def find_binaries() -> Path | None:
    """The directory of ``initdb`` and ``pg_ctl``, the newest of several; None where there is none.

    Debian keeps them off PATH.
    """
    on_path = shutil.which("pg_ctl")
    debian = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    found = [Path(on_path)] if on_path else sorted(debian, key=lambda path: int(path.parts[4]))
    return found[-1].resolve().parent if found else None


class PostgresServer:
    """A server on a free port of 127.0.0.1, with its files in a temporary directory.

    It does not run as root: root starts it as ``postgres``, or as ``nobody``.
    """

    def __init__(self, settings: Sequence[str] = ()) -> None:
        """``settings`` are further lines of postgresql.conf."""
        self._settings = settings
        self._user = _user_of_the_server()

    def __enter__(self) -> Self:
        binaries = find_binaries()
        if binaries is None:
            raise RuntimeError(NOT_FOUND)
        self._binaries = binaries
        self._directory = Path(tempfile.mkdtemp(prefix="evsys-postgres-"))
        if self._user:
            shutil.chown(self._directory, self._user)
        try:
            self._run("initdb", "--username=evsys", "--auth=trust", "--encoding=UTF8", "--no-sync")
            self._port = _free_port()
            with (self._directory / "data" / "postgresql.conf").open("a") as file:
                file.write(
                    f"listen_addresses = '127.0.0.1'\nport = {self._port}\n"
                    f"unix_socket_directories = ''\nmax_connections = 200\n"
                )
                file.writelines(f"{line}\n" for line in self._settings)
            self.start()
        except BaseException:
            shutil.rmtree(self._directory)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if (self._directory / "data" / "postmaster.pid").exists():
                self.stop("immediate")
        finally:
            shutil.rmtree(self._directory)

    @property
    def conninfo(self) -> str:
        """The connection string of its database."""
        return f"postgresql://evsys@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        self._run("pg_ctl", "start", "--wait", f"--log={self._directory}/log")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: ``fast`` ends the sessions, ``immediate`` is what a crash is."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(statement.encode()).fetchall()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, f"--pgdata={self._directory}/data", *arguments],
            user=self._user,
            group=self._user and _group_of(self._user),
            extra_groups=[] if self._user else None,
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,  # the server itself writes to its log
            text=True,
            check=False,
        )
        if done.returncode:
            log = self._directory / "log"
            said = done.stderr + (log.read_text()[-2000:] if log.exists() else "")
            raise RuntimeError(f"{program} ended with status {done.returncode}: {said}")


def _user_of_the_server() -> str | None:
    import pwd

    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PostgresHarness(StoreHarness):
    """Every destination is a run in one database, of a server that the harness starts."""

    store = PostgresLogStore

    def __enter__(self) -> Self:
        self._server = PostgresServer()
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, traceback)

    def params(self, directory: Path) -> dict[str, Any]:
        """A run by the name of the directory."""
        return {"conninfo": self._server.conninfo, "run": directory.name}

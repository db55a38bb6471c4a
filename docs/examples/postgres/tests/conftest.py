"""One server for all tests of a session."""

from collections.abc import Generator
from itertools import count

import pytest

from evsys_postgres import PostgresLogStore
from evsys_postgres.testing import NOT_FOUND, PostgresServer, find_binaries

_runs = count(1)


@pytest.fixture(scope="session")
def server() -> Generator[PostgresServer]:
    if find_binaries() is None:
        pytest.skip(NOT_FOUND)
    with PostgresServer() as started:
        yield started


@pytest.fixture
def run() -> str:
    """A name that no other run has."""
    return f"run {next(_runs)}"


@pytest.fixture
def store(server: PostgresServer, run: str) -> Generator[PostgresLogStore]:
    opened = PostgresLogStore(conninfo=server.conninfo, run=run)
    yield opened
    opened.close()

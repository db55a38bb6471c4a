"""One server for all tests of a session: it takes a while to start."""

import importlib.util
from collections.abc import Generator
from itertools import count

import pytest
from mlflow import MlflowClient

from evsys_mlflow import MlflowLogStore
from evsys_mlflow.local_server import MlflowServer

_runs = count(1)


@pytest.fixture(scope="session")
def server() -> Generator[MlflowServer]:
    if importlib.util.find_spec("sqlalchemy") is None:
        pytest.skip("mlflow-skinny has no server: pip install mlflow")
    with MlflowServer() as started:
        yield started


@pytest.fixture
def client(server: MlflowServer) -> MlflowClient:
    return MlflowClient(server.tracking_uri)


@pytest.fixture
def run() -> str:
    """A name that no other run has."""
    return f"run {next(_runs)}"


@pytest.fixture
def store(server: MlflowServer, run: str) -> Generator[MlflowLogStore]:
    opened = MlflowLogStore(tracking_uri=server.tracking_uri, run=run)
    yield opened
    opened.close()

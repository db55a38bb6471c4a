"""A server in this process that fails on request, and a server in a child process."""

import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from evsys_http import HttpLogStore
from evsys_http.faulty_server import FaultyServer
from evsys_http.testing import ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Generator[FaultyServer]:
    with FaultyServer(tmp_path) as started:
        thread = threading.Thread(target=started.serve_forever, args=[0.01])
        thread.start()
        yield started
        started.stopping.set()
        started.shutdown()
        thread.join()


@pytest.fixture
def endpoint(server: FaultyServer) -> str:
    return f"{server.url}/runs/1"


@pytest.fixture
def store(endpoint: str) -> Generator[HttpLogStore]:
    with closing(HttpLogStore(endpoint=endpoint, timeout_secs=2, retry_secs=60)) as opened:
        yield opened


@pytest.fixture
def process() -> Generator[ServerProcess]:
    with ServerProcess() as started:
        yield started

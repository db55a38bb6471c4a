"""The server is killed in the middle of a run."""

import threading
from collections.abc import Generator

import pytest

from evsys_mlflow import MlflowLogStore
from evsys_mlflow.local_server import MlflowServer


@pytest.fixture
def server() -> Generator[MlflowServer]:
    """A separate server, because the tests stop it."""
    with MlflowServer() as started:
        yield started


def test_a_server_that_is_killed_while_it_writes_and_comes_back_has_every_call_once(
    server: MlflowServer, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
    store = MlflowLogStore(tracking_uri=server.tracking_uri, run=run)
    some, stop = threading.Event(), threading.Event()
    logged: list[int] = []

    def write() -> None:
        while not stop.is_set():
            # The same point again and again: only its time tells one call from the next.
            store.log_metrics({"loss": 0.5, "acc": 1.0}, 1)
            logged.append(1)
            if len(logged) % 20 == 0:
                some.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert some.wait(120)
    server.stop()
    server.start()
    some.clear()
    assert some.wait(120)
    stop.set()
    writer.join()
    store.close()
    read = MlflowLogStore.read_run(tracking_uri=server.tracking_uri, run=run)
    assert [row.metrics for row in read.metrics] == [{"loss": 0.5, "acc": 1.0}] * len(logged)

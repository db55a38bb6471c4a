"""The server goes away in the middle of a run, and an answer gets lost."""

import contextlib
import socket
import threading
from collections.abc import Generator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from evsys_postgres import PostgresLogStore
from evsys_postgres.testing import PostgresServer


@pytest.fixture
def server() -> Generator[PostgresServer]:
    """A separate server, because the tests stop it."""
    with PostgresServer() as started:
        yield started


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_in_the_middle_of_a_run_loses_and_doubles_nothing(
    server: PostgresServer, run: str, mode: str
) -> None:
    store = PostgresLogStore(conninfo=server.conninfo, run=run)
    some, stop = threading.Event(), threading.Event()
    logged: list[int] = []

    def write() -> None:
        while not stop.is_set():
            store.log_metrics({"loss": len(logged) / 8}, len(logged))
            logged.append(1)
            if len(logged) % 50 == 0:
                some.set()

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(3):
        assert some.wait(60)
        server.stop(mode)
        server.start()
        some.clear()
    assert some.wait(60)
    stop.set()
    writer.join()
    store.log_hyperparams({"calls": len(logged)})
    store.close()
    read = PostgresLogStore.read_run(conninfo=server.conninfo, run=run)
    assert [row.step for row in read.metrics] == list(range(len(logged)))
    assert read.hyperparams == {"calls": len(logged)}


def test_a_server_that_stays_away_fails_the_call_and_no_later_one(
    server: PostgresServer, run: str
) -> None:
    store = PostgresLogStore(conninfo=server.conninfo, run=run, retry_secs=0.2)
    store.log_metrics({"loss": 0.0}, 0)
    server.stop()
    with pytest.raises(psycopg.OperationalError) as raised:
        store.log_metrics({"loss": 0.1}, 1)
    assert raised.value.__notes__[0].startswith("PostgreSQL stayed away for 0.2 s. What this call")
    server.start()
    store.log_metrics({"loss": 0.2}, 2)
    store.close()
    read = PostgresLogStore.read_run(conninfo=server.conninfo, run=run)
    assert [row.step for row in read.metrics] == [0, 2]


@pytest.mark.parametrize("method", ["log_metrics", "log_hyperparams", "log_artifact"])
def test_a_call_whose_answer_got_lost_is_recorded_once(
    server: PostgresServer, run: str, method: str
) -> None:
    with cutting_proxy(conninfo_to_dict(server.conninfo)["port"]) as proxy:
        through = make_conninfo(server.conninfo, port=proxy.port)
        store = PostgresLogStore(conninfo=through, run=run)
        store.log_metrics({"loss": 0.0}, 0)  # the series is known: the next call is one statement
        proxy.cut_next_answer.set()
        match method:
            case "log_metrics":
                store.log_metrics({"loss": 0.5}, 1)
            case "log_hyperparams":
                store.log_hyperparams({"lr": 0.5})
            case _:
                store.log_artifact("model", "a.pt")
        assert not proxy.cut_next_answer.is_set()  # it was cut, and sent again
        store.close()
    read = PostgresLogStore.read_run(conninfo=server.conninfo, run=run)
    count = server.query("SELECT count(*) FROM evsys.hyperparam_calls")[0][0]
    recorded = {
        "log_metrics": len(read.metrics) - 1,
        "log_hyperparams": count,
        "log_artifact": len(read.artifacts),
    }
    assert recorded == dict.fromkeys(recorded, 0) | {method: 1}


class Proxy:
    """Forwards bytes, until the test makes it cut a connection instead of forwarding the answer."""

    def __init__(self, target: int) -> None:
        self.cut_next_answer = threading.Event()
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop taking connections, and wait until those that are open have ended."""
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            asking = threading.Thread(target=self._hand_on, args=(client, server))
            asking.start()
            while data := server.recv(65536):
                if self.cut_next_answer.is_set():
                    break  # by now the server has committed
                client.sendall(data)
            for side in (client, server):
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
            asking.join()
            self.cut_next_answer.clear()

    def _hand_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def cutting_proxy(port: object) -> Generator[Proxy]:
    proxy = Proxy(int(str(port)))
    try:
        yield proxy
    finally:
        proxy.close()

"""A server that fails: what returned is kept, and nothing is kept twice."""

import threading
import time
from contextlib import closing

import pytest
import requests

from evsys_http import HttpLogStore
from evsys_http.faulty_server import FaultyServer
from evsys_http.testing import ServerProcess

PASSING = ["500", "502", "503", "504", "429", "408", "hang", "cut", "half"]


def steps(endpoint: str) -> list[int]:
    return [row.step for row in HttpLogStore.read_run(endpoint=endpoint).metrics]


@pytest.mark.parametrize("fault", [*PASSING, *(f"kept {fault}" for fault in PASSING)])
def test_a_fault_that_passes_is_not_noticed(
    fault: str, server: FaultyServer, endpoint: str, store: HttpLogStore
) -> None:
    store.log_scalar("loss", 0.5, 0)
    server.faults.extend([fault])
    store.log_scalar("loss", 0.5, 1)
    store.log_scalar("loss", 0.5, 2)
    assert steps(endpoint) == [0, 1, 2]
    assert [post["number"] for post in server.posts] == [1, 2, 2, 3]


def test_several_faults_in_a_row_are_not_noticed(
    server: FaultyServer, endpoint: str, store: HttpLogStore
) -> None:
    server.faults.extend(["500", "cut", "kept half", "kept cut", "503"])
    store.log_artifact("model", "a.pt")
    assert len(server.posts) == 6
    assert len(HttpLogStore.read_run(endpoint=endpoint).artifacts) == 1


@pytest.mark.parametrize("fault", ["500", "hang", "cut", "half"])
def test_a_fault_that_stays_is_an_error_of_the_call_and_later_calls_work(
    fault: str, server: FaultyServer, endpoint: str
) -> None:
    with closing(HttpLogStore(endpoint=endpoint, timeout_secs=0.2, retry_secs=0)) as store:
        server.faults.append(fault)
        with pytest.raises(requests.RequestException) as raised:
            store.log_scalar("loss", 0.5, 0)
        (note,) = raised.value.__notes__
        assert note.startswith("It was tried for 0 s. The server may have kept what this call sent")
        store.log_scalar("loss", 0.5, 1)
    assert steps(endpoint) == [1]


def test_an_attempt_that_arrives_after_its_call_has_raised_is_passed_over(
    server: FaultyServer, endpoint: str
) -> None:
    with closing(HttpLogStore(endpoint=endpoint, timeout_secs=2, retry_secs=0)) as store:
        server.faults.append("500")
        with pytest.raises(requests.HTTPError):
            store.log_scalar("loss", 0.5, 0)
        store.log_scalar("loss", 0.5, 1)
    late = requests.post(endpoint, json=server.posts[0], timeout=10)
    assert late.status_code == 204
    assert steps(endpoint) == [1]


@pytest.mark.parametrize("fault", ["400", "401", "404", "413", "501", "507", "redirect"])
def test_a_refusal_is_an_error_at_once(
    fault: str, server: FaultyServer, endpoint: str, store: HttpLogStore
) -> None:
    server.faults.append(fault)
    status = "302 Found" if fault == "redirect" else fault
    with pytest.raises(requests.HTTPError, match=rf"/runs/1 answered {status}.*:") as raised:
        store.log_scalar("loss", 0.5, 0)
    assert raised.value.response is not None
    assert len(server.posts) == 1
    store.log_scalar("loss", 0.5, 1)
    assert steps(endpoint) == [1]


def test_an_error_says_what_the_server_said(server: FaultyServer, store: HttpLogStore) -> None:
    server.faults.append("401")
    with pytest.raises(requests.HTTPError, match=r'answered 401 Unauthorized: \{"fault": "401"\}'):
        store.log_scalar("loss", 0.5, 0)


def test_a_server_that_is_not_there_is_an_error() -> None:
    with (
        closing(HttpLogStore(endpoint="http://127.0.0.1:9/run", retry_secs=0.2)) as store,
        pytest.raises(requests.ConnectionError) as raised,
    ):
        store.log_scalar("loss", 0.5, 0)
    assert "tried for 0.2 s" in raised.value.__notes__[0]


def test_a_server_that_is_killed_while_it_writes_and_comes_back(process: ServerProcess) -> None:
    """Four threads of two stores write all the while; every record is there, once, in order."""
    endpoint = f"{process.url}/run"
    stores = [HttpLogStore(endpoint=endpoint, retry_secs=120) for _ in range(2)]
    written = {f"writer {number}": 0 for number in range(4)}
    stop = threading.Event()

    def write(number: int) -> None:
        key = f"writer {number}"
        while not stop.is_set():
            stores[number % 2].log_metrics({key: 0.5, f"{key}, twin": 0.5}, written[key])
            written[key] += 1

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        goal = sum(written.values()) + 40
        until = time.monotonic() + 60
        while sum(written.values()) < goal and time.monotonic() < until:
            time.sleep(0.001)
        process.kill()
        process.start()
    stop.set()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert sum(written.values()) >= 160
    rows = HttpLogStore.read_run(endpoint=endpoint).metrics
    for key, number in written.items():
        assert [row.step for row in rows if key in row.metrics] == list(range(number))
        assert [row.step for row in rows if f"{key}, twin" in row.metrics] == list(range(number))

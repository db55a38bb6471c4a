"""Several writers of one file: processes that are killed, threads and forks, openers at once."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from evsys_sqlite import SqliteLogStore

WRITER = """
import sys
from evsys_sqlite import SqliteLogStore
store = SqliteLogStore(path=sys.argv[1])
for step in range(10**9):
    store.log_metrics({sys.argv[2]: step / 8, "twin": step / 8}, step)
    print(step, flush=True)
"""


def test_killed_writers_lose_nothing_that_returned_and_harm_no_other(path: Path) -> None:
    returned: Counter[str] = Counter()
    for turn in range(3):
        writers = {
            f"writer {turn}.{number}": subprocess.Popen(
                [sys.executable, "-c", WRITER, str(path), f"writer {turn}.{number}"],
                stdout=subprocess.PIPE,
            )
            for number in range(3)
        }
        for name, writer in writers.items():
            with writer:
                assert writer.stdout is not None
                for _ in range(20):
                    writer.stdout.readline()
                writer.send_signal(signal.SIGKILL)
                returned[name] = 20 + len(writer.stdout.readlines())
            assert writer.returncode == -signal.SIGKILL
    with closing(SqliteLogStore(path=path)) as store:
        store.log_scalar("after", 0.5, 0)
    rows = SqliteLogStore.read_run(path=path).metrics
    assert rows.pop().metrics == {"after": 0.5}
    for name, number in returned.items():
        steps = [row.step for row in rows if name in row.metrics]
        assert len(steps) - number in {0, 1}  # the call in progress may be there
        assert steps == list(range(len(steps)))
    assert all(len(row.metrics) == 2 for row in rows)  # a call is there wholly, or not at all


def test_a_file_may_be_created_by_several_at_once(tmp_path: Path) -> None:
    stores: list[SqliteLogStore] = []
    for number in range(5):
        path = tmp_path / f"{number}.db"
        gate = threading.Barrier(6)

        def make(path: Path = path, gate: threading.Barrier = gate) -> None:
            gate.wait()
            stores.append(SqliteLogStore(path=path))
            stores[-1].log_scalar("loss", 0.5, 0)

        threads = [threading.Thread(target=make) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(SqliteLogStore.read_run(path=path).metrics) == 6
    for store in stores:
        store.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forks_of_several_threads_wait_for_each_other(path: Path) -> None:
    stores = [SqliteLogStore(path=path) for _ in range(2)]

    def fork(number: int) -> None:
        for step in range(5):
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                stores[1 - number].log_scalar(f"child {number}", 0.5, step)
                os._exit(0)
            stores[number].log_scalar(f"parent {number}", 0.5, step)
            assert os.waitpid(child, 0)[1] == 0

    threads = [threading.Thread(target=fork, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    found = Counter(
        key for row in SqliteLogStore.read_run(path=path).metrics for key in row.metrics
    )
    assert found == {"child 0": 5, "child 1": 5, "parent 0": 5, "parent 1": 5}


def test_a_child_that_outlives_its_parents_store_does_not_harm_the_next_one(path: Path) -> None:
    first = SqliteLogStore(path=path)
    first.log_scalar("loss", 0.5, 0)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent has closed, and opened another store
        first.close()
        os._exit(0)
    os.close(read)
    first.close()
    second = SqliteLogStore(path=path)
    second.log_scalar("loss", 0.5, 1)
    os.close(write)
    assert os.waitpid(child, 0)[1] == 0
    second.log_scalar("loss", 0.5, 2)
    second.close()
    assert [row.step for row in SqliteLogStore.read_run(path=path).metrics] == [0, 1, 2]

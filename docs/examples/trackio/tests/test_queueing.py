"""Writers wait for each other, and not for what a fork has copied."""

import fcntl
import os
import threading
from pathlib import Path

import pytest

from evsys_trackio.queueing import queued


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    order: list[str] = []

    def second() -> None:
        with queued(path):
            order.append("second")

    thread = threading.Thread(target=second)
    with queued(path):
        thread.start()
        assert is_held(path)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert not is_held(path)


def test_an_error_releases_it(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), queued(tmp_path / "queue"):
        raise OSError("full")
    assert not is_held(tmp_path / "queue")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_waits_for_a_writer_in_another_thread(tmp_path: Path) -> None:
    entered, forked = threading.Event(), threading.Event()
    was_held: list[bool] = []

    def write() -> None:
        with queued(tmp_path / "queue"):
            entered.set()
            was_held.append(not forked.wait(0.2))

    thread = threading.Thread(target=write)
    thread.start()
    assert entered.wait(60)
    child = os.fork()
    if child == 0:
        with queued(tmp_path / "queue"):
            os._exit(0)
    forked.set()
    thread.join()
    assert was_held == [True]
    assert os.waitpid(child, 0)[1] == 0

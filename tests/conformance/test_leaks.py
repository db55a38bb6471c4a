"""The count of what a process has open."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from evsys_conformance.checks.leaks import open_now

pytestmark = pytest.mark.skipif(
    not any(Path("/proc/self/task").glob("*/children")), reason="no /proc tells the child processes"
)


def test_it_counts_while_a_thread_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that ends during the count takes its entry in /proc with it."""
    may_end = threading.Event()
    thread = threading.Thread(target=may_end.wait)
    thread.start()
    read_text = Path.read_text

    def read_when_it_has_ended(path: Path) -> str:
        if path.parent.name == str(thread.native_id):
            may_end.set()
            while path.exists():
                pass
        return read_text(path)

    monkeypatch.setattr(Path, "read_text", read_when_it_has_ended)
    assert open_now()["threads"] >= 1
    assert may_end.is_set()
    thread.join()


def test_it_counts_a_child_that_was_not_waited_for() -> None:
    before = open_now()["child processes"]
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        assert open_now()["child processes"] == before + 1
        child.communicate(b"\n")
    assert open_now()["child processes"] == before

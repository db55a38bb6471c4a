"""The process that forks the kit's children: they take over what their parent is at that moment."""

import contextlib
import os
import pickle
import select
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evsys_conformance.processes.child import DONE, Job, Surroundings
from evsys_conformance.processes.fork_server import ForkServer, running
from evsys_conformance.programs import calls
from evsys_sdk.log_stores.jsonl import JSONLLogStore


@dataclass
class _Started:
    """A forked process and this side of its pipes."""

    pid: int
    standard_input: int
    report: int


@pytest.fixture
def server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.stop()


@contextlib.contextmanager
def _started(server: ForkServer, output: int) -> Generator[_Started]:
    read_input, write_input = os.pipe()
    read_report, write_report = os.pipe()
    pid = server.fork(read_input, output, write_report)
    os.close(read_input)
    os.close(write_report)
    yield _Started(pid, write_input, read_report)
    os.close(write_input)
    os.close(read_report)


def test_a_child_works_where_its_parent_works_now(
    server: ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = Job(
        JSONLLogStore.__module__,
        JSONLLogStore.__qualname__,
        {"log_dir": "run"},
        [calls.scalar("loss", 0.5, 1)],
        "log_and_close",
    )
    with tempfile.TemporaryFile() as output, _started(server, output.fileno()) as child:
        os.write(child.standard_input, pickle.dumps(Surroundings()) + pickle.dumps(job) + b"0.0\n")
        assert server.wait(child.pid) == 0
        assert os.read(child.report, 64).endswith(DONE)
    assert [row.metrics for row in JSONLLogStore.iter_rows(log_dir="run")] == [{"loss": 0.5}]


def test_a_child_that_breaks_says_why(server: ForkServer) -> None:
    with tempfile.TemporaryFile() as output, _started(server, output.fileno()) as child:
        os.write(child.standard_input, b"no pickle")
        assert server.wait(child.pid) == 1
        output.seek(0)
        assert b"UnpicklingError" in output.read()


def test_children_end_with_their_server() -> None:
    server = ForkServer()
    with tempfile.TemporaryFile() as output, _started(server, output.fileno()) as child:
        server.stop()
        readable, _, _ = select.select([child.report], [], [], 20)
        assert readable, "the child went on without its server"
        assert os.read(child.report, 64) == b""  # which is when the last that could write is gone


def test_one_server_does_for_a_process() -> None:
    assert running() is running()

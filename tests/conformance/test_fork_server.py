"""The process that forks the kit's children: they take over what their parent is at that moment."""

import contextlib
import os
import pickle
import select
import signal
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

from evsys_conformance.processes.child import (
    DONE,
    Job,
    Surroundings,
    kill_inside_calls,
    log_and_close,
    log_until_killed,
)
from evsys_conformance.processes.fork_server import ForkServer, running
from evsys_conformance.processes.kill_points import KillRequest
from evsys_conformance.processes.parent import Child
from evsys_conformance.programs import calls
from evsys_conformance.programs.subject import Subject
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from support.planted import subject_of
from zoo.backends.memory import MemoryHarness


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
        log_and_close,
    )
    with tempfile.TemporaryFile() as output, _started(server, output.fileno()) as child:
        os.write(child.standard_input, pickle.dumps(Surroundings()) + pickle.dumps(job) + b"0.0\n")
        assert server.wait(child.pid) == 0
        assert os.read(child.report, 64).endswith(DONE)
    assert [row.metrics for row in JSONLLogStore.iter_rows(log_dir="run")] == [{"loss": 0.5}]


def test_a_server_whose_answer_nobody_reads_ends_in_silence(
    server: ForkServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryFile() as output, _started(server, output.fileno()) as child:
        vars(server)["_socket"].send(b"%d" % child.pid)
        os.kill(child.pid, signal.SIGKILL)
        select.select([vars(server)["_socket"]], [], [])
        vars(server)["_socket"].close()
        assert vars(server)["_process"].wait() == 0
    assert capfd.readouterr().err == ""


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


class Interrupted(BaseException):
    """Raised by a signal handler into the running code."""


@contextlib.contextmanager
def _interrupted_after(seconds: float) -> Generator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise Interrupted

    usual = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)


def test_an_answer_that_nobody_took_is_not_that_to_the_next_question() -> None:
    server = running()
    with tempfile.TemporaryFile() as output, _started(server, output.fileno()) as child:
        # The child waits for its job. Its exit status, 0 or 1, must never count as a process id.
        with pytest.raises(Interrupted), _interrupted_after(0.05):
            server.wait(child.pid)
        assert running() is not server
        readable, _, _ = select.select([child.report], [], [], 20)
        assert readable, "the child went on without its server"
    with tempfile.TemporaryFile() as output, _started(running(), output.fileno()) as child:
        assert child.pid > 1
        os.write(child.standard_input, b"no pickle")
        assert running().wait(child.pid) == 1


class Impatient(Subject):
    """A subject whose tests are interrupted as soon as they wait for a child."""

    impatient = False

    def __setattr__(self, name: str, value: object) -> None:
        if self.impatient and name == "calls_in_check":
            raise Interrupted
        super().__setattr__(name, value)


def test_a_child_ends_with_its_server() -> None:
    subject = subject_of()
    with Child(subject, {"destination": "x"}, log_until_killed, []):
        test_an_answer_that_nobody_took_is_not_that_to_the_next_question()
    subject.discard()


def test_a_child_that_was_interrupted_in_an_answer_is_asked_no_more() -> None:
    subject = Impatient(MemoryHarness())
    with Child(subject, {}, kill_inside_calls, []) as child:
        assert child.is_alive()
        subject.impatient = True
        with pytest.raises(Interrupted):
            child.ask(KillRequest({"destination": "x"}, [], calls.scalar("loss", 0.5, 0), 0))
        assert not child.is_alive()
    subject.discard()

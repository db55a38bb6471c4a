"""What a child process does: the job that comes on its standard input, after its surroundings.

A job names the store by module path; its parameters and calls come pickled. The child reports each
step of its work by a byte on a separate pipe, so that output of the store can't get in between.
"""

import functools
import importlib
import os
import pickle
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from evsys_conformance.harness import build_store
from evsys_conformance.processes import kill_points
from evsys_conformance.programs.calls import Call

RETURNED = b"."
"""Reported after a call has returned."""
RAISED = b"!"
"""Reported after a call has raised."""
READY = b"R"
"""Reported when the store is open, and the child waits for a line on standard input."""
DONE = b"D"
"""Reported when the job is done."""
GIVING_WAY = 4
"""One call in this many lets other processes run in its middle, which is rare on a busy machine."""


@dataclass
class Job:
    """Work for a child process."""

    module: str
    qualname: str
    params: dict[str, Any]
    calls: list[Call]
    action: "Action"
    """What the child does; pickled by its name, so that the child imports its module."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    report: int = -1
    """Descriptor of the pipe to report to; known in the child alone."""


@dataclass
class Surroundings:
    """What a child takes over from its parent before it reads its job."""

    path: list[str] = field(default_factory=lambda: list(sys.path))
    """Where to import from: a store may live in a test folder."""
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: str = field(default_factory=os.getcwd)
    """Parameters may name files relative to it."""

    def take_over(self) -> None:
        """Make them those of this process, and of those that it will start."""
        sys.path[:] = self.path
        os.environ.clear()
        os.environ.update(self.environment)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, self.path))
        os.chdir(self.folder)


Opening = Callable[[dict[str, Any]], Any]
"""Builds the store of the job, given its parameters."""
Action = Callable[[Job, Opening], None]
"""Does the job: a function of this module, or of another one."""


def log_until_killed(job: Job, open_store: Opening) -> None:
    """Make the calls; SIGKILL itself after ``kill_after`` of them have returned, if it is set."""
    store = open_store(job.params)
    kill_after = job.options.get("kill_after")
    for number, call in enumerate(job.calls, 1):
        call.make(store)
        os.write(job.report, RETURNED)
        if number == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
    # Stay open until killed: what is tested is what a store does before close.
    while True:
        signal.pause()


def log_and_close(job: Job, open_store: Opening) -> None:
    """Wait for the word, which is when to start; make the calls, close."""
    store = open_store(job.params)
    os.write(job.report, READY)
    start = float(sys.stdin.buffer.readline())
    while time.monotonic() < start:
        pass  # Not asleep: several processes start within microseconds of each other.
    for number, call in enumerate(job.calls):
        if number % GIVING_WAY == 0:
            sys.setprofile(_give_way_after_actions)
        call.make(store)
        sys.setprofile(None)
        _give_way()
    store.close()


def kill_inside_calls(job: Job, open_store: Opening) -> None:
    """Fork processes that are killed inside a call, as the parent asks for them."""
    kill_points.answer_requests(open_store, job.report)


def _give_way_after_actions(_frame: FrameType, event: str, function: Any) -> None:
    if event in {"c_return", "c_exception"} and not kill_points.computes(function):
        _give_way()


def _give_way() -> None:
    """Let other processes run: a quick store would finish within its first slice of time."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()


def fork_between_calls(job: Job, open_store: Opening) -> None:
    """Fork after each call; the children do as the options say; the parent goes on and closes."""
    store = open_store(job.params)
    for number, call in enumerate(job.calls):
        call.make(store)
        _fork(job, store, number)
    store.close()


def fork_beside_a_writer(job: Job, open_store: Opening) -> None:
    """Fork while a thread of the parent is writing."""
    store = open_store(job.params)
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        while not stop.is_set() and len(written) < 20_000:
            store.log_metrics({"thread": float(len(written) % 1000)}, len(written))
            written.append(1)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    pause = random.Random(7)
    for number, call in enumerate(job.calls):
        call.make(store)
        stop.wait(pause.random() / 500)
        _fork(job, store, number)
    stop.set()
    thread.join(job.options["seconds"])
    if thread.is_alive():
        raise SystemExit("a write of the parent's thread did not return after a fork")
    store.close()
    os.write(job.report, b"T%d;" % len(written))


def _fork(job: Job, store: Any, number: int) -> None:
    """Fork; in the child write if asked to, and leave the way that the options name."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(job.options["seconds"])
        if job.options.get("write"):
            os.write(job.report, RETURNED if _child_writes(store, number) else RAISED)
        if job.options["leave"] == "os._exit":
            os._exit(0)
        sys.exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        raise SystemExit(f"a forked child did not end within {job.options['seconds']} s")


def _child_writes(store: Any, number: int) -> bool:
    try:
        store.log_metrics({f"child {number}": number / 8}, number)
    except Exception:  # noqa: BLE001 - a store may refuse in any way
        return False
    return True


def work(report: int) -> None:
    """Do the job on standard input, and report to a descriptor."""
    surroundings: Surroundings = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the parent
    surroundings.take_over()
    job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the parent
    job.report = report
    store_class: Any = importlib.import_module(job.module)
    for part in job.qualname.split("."):
        store_class = getattr(store_class, part)
    job.action(job, functools.partial(build_store, store_class))
    os.write(report, DONE)

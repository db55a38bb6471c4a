"""The part of a child process that is killed inside a call, at a place that its parent names.

A store can be hurt by a kill between two system calls. To hit such a place by the clock takes luck,
so a profile function counts what a call does outside plain computing (it opens, writes, renames,
executes, sends) and kills the process right after the one that was asked for.

Each kill takes a process. All are forked before a store is built, from one process that has
imported the store: a new interpreter for each would cost a hundred times as much.
"""

import contextlib
import importlib
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from evsys_conformance.programs.calls import Call

KILLED = "killed"
"""Answered when the process was killed where it should be, or right after the last call."""
NO_FORK = "no fork"
"""Answered when importing the store started a thread, or when no process got to the last call."""
SECONDS_TO_LAST_CALL = 20
"""How long a forked process may take to get to its last call."""

# fmt: off
_COMPUTING = frozenset(
    {
        "builtins", "_abc", "_collections", "_collections_abc", "_contextvars", "_decimal",
        "_functools", "_json", "_operator", "_pickle", "_random", "_sre",
        "_string", "_struct", "_thread", "_warnings", "cmath", "collections",
        "datetime", "decimal", "functools", "gc", "itertools", "json",
        "math", "numpy", "operator", "pydantic", "pydantic_core", "re",
        "sys", "threading", "time", "types", "typing", "unicodedata",
        "uuid", "weakref", "zlib",
    }
)
# fmt: on
"""Modules whose functions change nothing outside the process."""


@dataclass(frozen=True)
class KillRequest:
    """One process to fork: the calls that return, the call in which it is killed, and where."""

    params: dict[str, Any]
    before: list[Call]
    last: Call
    place: int
    """Kill it after this many actions of the last call; 0: as soon as the call has returned."""


class KillPoint:
    """Kills the process after this many actions of a call, in any thread."""

    def __init__(self, place: int) -> None:
        """Count in threads that are started from now on; 0: never kill."""
        self.place = place
        self.actions = 0
        self.armed = False
        threading.setprofile(self)

    def arm(self) -> None:
        """Count from here on: the process is killed in the next call."""
        sys.setprofile(self)
        self.armed = True

    def __call__(self, _frame: FrameType, event: str, argument: Any) -> None:
        """Count an action, as a profile function."""
        if self.armed and event in {"c_return", "c_exception"} and not computes(argument):
            self.actions += 1
            if self.actions == self.place:
                os.kill(os.getpid(), signal.SIGKILL)


def computes(function: Any) -> bool:
    """Whether a function in C changes nothing outside the process."""
    bound = getattr(function, "__self__", None)
    module = getattr(function, "__module__", None)
    if not isinstance(module, str):
        module = type(bound).__module__ if bound is not None else "builtins"
    return module.partition(".")[0] in _COMPUTING


def may_fork() -> bool:
    """Whether this process, in which no store has been built, has a single thread of Python."""
    return hasattr(os, "fork") and threading.active_count() == 1


def answer_requests(open_store: Callable[[dict[str, Any]], Any], report: int) -> None:
    """Answer each :class:`KillRequest` on standard input by its outcome and number of actions."""
    while request := pickle.load(sys.stdin.buffer):  # noqa: S301 - written by the parent
        outcome, actions = _fork_and_wait(request, open_store) if may_fork() else (NO_FORK, 0)
        os.write(report, f"{outcome}:{actions}\n".encode())


def _fork_and_wait(
    request: KillRequest, open_store: Callable[[dict[str, Any]], Any]
) -> tuple[str, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(SECONDS_TO_LAST_CALL)
        with contextlib.suppress(BaseException):
            try:
                _run_until_killed(request, open_store, writer)
            except BaseException:  # noqa: BLE001 - this process ends here in any case
                traceback.print_exc()
        os._exit(1)
    os.close(writer)
    report = b""
    while piece := os.read(reader, 4096):
        report += piece
    os.close(reader)
    _, status = os.waitpid(pid, 0)
    if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
        return NO_FORK, 0
    actions, *modules = report.decode().split() or ["0"]
    _import(modules)
    return KILLED, int(actions)


def _import(modules: list[str]) -> None:
    """Import what a store imports late: the next process finds it done."""
    for name in modules:
        if name not in sys.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _run_until_killed(
    request: KillRequest, open_store: Callable[[dict[str, Any]], Any], writer: int
) -> None:
    known = set(sys.modules)
    kill = KillPoint(request.place)
    store = open_store(request.params)
    for call in request.before:
        call.make(store)
    kill.arm()
    request.last.make(store)
    kill.armed = False
    modules = sorted(set(sys.modules) - known)
    os.write(writer, "\n".join([str(kill.actions), *modules]).encode())
    os.kill(os.getpid(), signal.SIGKILL)

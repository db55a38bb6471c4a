"""Checks of CL-4: close releases what the store opened."""

import contextlib
import gc
import os
import threading
import time
from pathlib import Path
from typing import Any

from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Expect, Make, Program
from evsys_conformance.running.check import direct_check
from evsys_conformance.running.trial import Trial

WARM_UP = 4
"""Cycles before the first look: what a library opens once per process is not a leak."""
CYCLES = 12
GRACE_SECONDS = 2.0
LEAK = CYCLES // 6
"""Growth over the cycles from which on it counts: less is a pool that settles."""
ROUNDS = 3
"""A pool that is still filling up stops growing in one of them; a leak goes on."""


def open_now() -> dict[str, int]:
    """Count what this process has open."""
    counts = {
        "threads": sum(thread.is_alive() for thread in threading.enumerate()),
        "child processes": _children(),
    }
    for kind, folder in (("file descriptors", "/dev/fd"), ("native threads", "/proc/self/task")):
        if os.path.isdir(folder):
            counts[kind] = len(os.listdir(folder))
    return counts


def _children() -> int:
    """Child processes, with those that ended and were not waited for."""
    while True:
        tasks = Path("/proc/self/task").glob("*/children")
        # A thread that ends meanwhile leaves its children to another one: count again.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            return sum(len(task.read_text().split()) for task in tasks)


def _settled() -> dict[str, int]:
    """What is open once it has stopped changing: things that were released may take a moment."""
    until = time.monotonic() + GRACE_SECONDS
    gc.collect()
    now, before = open_now(), None
    while now != before and time.monotonic() < until:
        threading.Event().wait(0.05)
        now, before = open_now(), now
    return now


def _growth(before: dict[str, int]) -> dict[str, int]:
    """What has grown by as much as a leak would, once there was time to end."""
    until = time.monotonic() + GRACE_SECONDS
    while True:
        gc.collect()
        now = open_now()
        grown = {kind: now[kind] - n for kind, n in before.items() if now[kind] - n >= LEAK}
        if not grown or time.monotonic() > until:
            return grown
        threading.Event().wait(0.02)


_EACH_METHOD = (
    calls.hyperparams({"lr": 0.5}),
    calls.metrics({"loss": 0.5}, 0),
    calls.scalar("loss", 0.25, 1),
    calls.artifact("model", "a.pt"),
)


_REFUSED = tuple(
    Make(call, expect=Expect.REFUSED, because=because)
    for call, because in (
        (calls.metrics({"loss": "1.5"}, 0), "the value '1.5' is not a number"),
        (calls.scalar("loss", 0.5, 0.5), "the step 0.5 is not an integer"),
        (calls.hyperparams({"bad": object()}), "object() has no JSON form"),
    )
)


class _Cycles:
    """Opens a store, uses it and closes it, again and again."""

    def __init__(self, trial: Trial, *, writing: bool, plain: bool = False) -> None:
        self._trial, self._writing, self._plain = trial, writing, plain
        # Instances stay referenced: close must release, not the collector.
        self._kept: list[Any] = []
        self.done = Program(())
        """What the last cycle did."""

    def growth(self) -> dict[str, int]:
        """What goes on growing, and by how much."""
        for _ in range(WARM_UP):
            self._cycle()
        grown: dict[str, int] = {}
        for _ in range(ROUNDS):
            before = _settled()
            for _ in range(CYCLES):
                self._cycle()
            grown = _growth(before)
            if not grown:
                break
        return grown

    def _cycle(self) -> None:
        run = Trial(self._trial.subject, self._trial.clause)
        store = run.open()
        if self._writing and self._plain:
            run.make(store, calls.metrics({"loss": 0.5}, 0))
        elif self._writing:
            for call in _EACH_METHOD:
                run.make(store, call)
            for refused in _REFUSED:
                run.attempt(store, refused)
        run.make(store, Call("close"))
        if not self._plain:
            if len(self._kept) % 2:  # Every other one: to be closed once must be enough.
                run.make(store, Call("close"))
            for call in _EACH_METHOD:
                run.attempt(store, Make(call))
        self._kept.append(store)
        self.done = run.done()


def _no_growth(trial: Trial, *, writing: bool) -> None:
    cycles = _Cycles(trial, writing=writing)
    grown = cycles.growth()
    if not grown:
        return
    writes = "a few writes" if writing else "no write"
    trial.note(
        "stores = []",
        f"for _ in range({CYCLES}):",
        "    params = harness.params(Path(tempfile.mkdtemp()))",
        "    stores.append(build_store(harness.store, params))",
        *(["    stores[-1].log_metrics({'loss': 0.5}, 0)"] if writing else []),
        "    stores[-1].close()",
        "import os, threading",
        "print(len(os.listdir('/dev/fd')), 'descriptors', threading.enumerate())",
    )
    shown = ", ".join(f"{kind} by {n}" for kind, n in grown.items())
    names = ", ".join(sorted({thread.name for thread in threading.enumerate()})[:6])
    plain = _Cycles(trial, writing=writing, plain=True)
    trial.fail(
        f"Over {CYCLES} cycles of open, {writes}, close, and {GRACE_SECONDS:.0f} s to settle, what "
        f"is open grew: {shown}. Threads now: {names}",
        # A bad call that is accepted, or a call after close, may have opened what stays open.
        program=None if plain.growth() else cycles.done,
    )


@direct_check("CL-4")
def nothing_stays_open_after_writes(trial: Trial) -> None:
    """Over cycles of open, write, close; a closed store opens nothing again."""
    _no_growth(trial, writing=True)


@direct_check("CL-4")
def nothing_stays_open_without_a_write(trial: Trial) -> None:
    """Over cycles of open, close."""
    _no_growth(trial, writing=False)

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
from evsys_conformance.running.check import direct_check
from evsys_conformance.running.trial import Trial

WARM_UP = 4
"""Cycles before the first look: what a library opens once per process is no leak."""
CYCLES = 12
GRACE_SECONDS = 2.0
LEAK = CYCLES // 6
"""Growth over the cycles from which on it counts: less is a pool that settles."""
ROUNDS = 3
"""A pool that is still filling up stops growing in one of them; a leak goes on."""


def _open_now() -> dict[str, int]:
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
    tasks = Path("/proc/self/task").glob("*/children")
    return sum(len(task.read_text().split()) for task in tasks)


def _settled() -> dict[str, int]:
    """What is open once it has stopped changing: things that were released may take a moment."""
    until = time.monotonic() + GRACE_SECONDS
    gc.collect()
    now, before = _open_now(), None
    while now != before and time.monotonic() < until:
        threading.Event().wait(0.05)
        now, before = _open_now(), now
    return now


def _growth(before: dict[str, int]) -> dict[str, int]:
    """What has grown by as much as a leak would, once there was time to end."""
    until = time.monotonic() + GRACE_SECONDS
    while True:
        gc.collect()
        now = _open_now()
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


_REFUSED = (
    calls.metrics({"loss": "1.5"}, 0),
    calls.scalar("loss", 0.5, 0.5),
    calls.hyperparams({"bad": object()}),
)


def _attempt(store: Any, call: Call) -> None:
    with contextlib.suppress(Exception):
        getattr(store, call.method)(*call.arguments, **call.keywords)


def _no_growth(trial: Trial, *, writing: bool) -> None:
    kept: list[Any] = []  # Instances stay referenced: close must release, not the collector.

    def cycle() -> None:
        run = Trial(trial.subject, trial.clause)
        store = run.open()
        if writing:
            for call in _EACH_METHOD:
                run.make(store, call)
            for call in _REFUSED:
                _attempt(store, call)
        run.make(store, Call("close"))
        if len(kept) % 2:  # Every other one: to be closed once must be enough.
            run.make(store, Call("close"))
        for call in _EACH_METHOD:
            _attempt(store, call)
        kept.append(store)

    for _ in range(WARM_UP):
        cycle()
    grown: dict[str, int] = {}
    for _ in range(ROUNDS):
        before = _settled()
        for _ in range(CYCLES):
            cycle()
        grown = _growth(before)
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
    trial.fail(
        f"Over {CYCLES} cycles of open, {writes}, close, and {GRACE_SECONDS:.0f} s to settle, what "
        f"is open grew: {shown}. Threads now: {names}"
    )


@direct_check("CL-4")
def nothing_stays_open_after_writes(trial: Trial) -> None:
    """Over cycles of open, write, close; a closed store opens nothing again."""
    _no_growth(trial, writing=True)


@direct_check("CL-4")
def nothing_stays_open_without_a_write(trial: Trial) -> None:
    """Over cycles of open, close."""
    _no_growth(trial, writing=False)

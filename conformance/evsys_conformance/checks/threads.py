"""Checks of CAP-THREADS: one instance, several threads."""

import contextlib
import random
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any

from evsys_conformance.checks._histories import expect_histories, merging_calls, writer_calls
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.pace import affordable
from evsys_conformance.programs.trial import OpenStore, Trial, described
from evsys_conformance.running.check import check

THREADS = 4
ROUNDS = 3
CALLS = 120
MERGES = 24
RACING_CALLS = 3000
JOIN_SECONDS = 40.0
"""How long no call of any thread may return before the threads count as hanging."""


_POINTS_AS_PYTHON = 'store.log_metrics({f"writer {writer}": n / 8, "shared": float(writer)}, n)'
_MERGES_AS_PYTHON = 'store.log_hyperparams({f"writer {writer} at {n}": n})'


def _threads_as_python(call: str, number: int) -> list[str]:
    return [
        "import threading",
        "def write(writer):",
        f"    for n in range({number}):",
        f"        {call}",
        f"threads = [threading.Thread(target=write, args=(w,)) for w in range({THREADS})]",
        "for thread in threads: thread.start()",
    ]


@contextlib.contextmanager
def _hasty_switching() -> Generator[None]:
    """Let threads take turns as often as they can: races that are rare become likely."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


GIVING_WAY_SECONDS = 2.0
"""How long threads give way between opcodes, which makes each of them many times slower."""
_installing = threading.Lock()
"""Two threads can't install a trace function at the same time."""


def _give_way_between_opcodes() -> None:
    """Let the other threads go on now and then, between any two opcodes of this thread.

    Left alone a thread often gets through a short race before it loses its turn.
    """
    turns = random.Random(threading.get_ident())
    until = time.monotonic() + GIVING_WAY_SECONDS

    def trace(frame: FrameType, _event: str, _argument: object) -> Any:
        # The function stays installed: to remove it would race with others, like installing it.
        frame.f_trace_opcodes = time.monotonic() < until
        if not frame.f_trace_opcodes:
            return None
        if turns.random() < 0.1:
            time.sleep(0)
        return trace

    with _installing:
        sys.settrace(trace)


@dataclass
class _Progress:
    """When a call last returned or raised, in any thread: a slow store is not hanging."""

    at: float = field(default_factory=time.monotonic)


def _together(
    trial: Trial, progress: _Progress, *work: Callable[[], None], giving_way: bool = False
) -> None:
    """Run functions in threads that start at once; each must return."""
    barrier = threading.Barrier(len(work))

    def started(function: Callable[[], None]) -> None:
        if giving_way:
            _give_way_between_opcodes()
        barrier.wait()
        function()

    threads = [threading.Thread(target=started, args=(f,), daemon=True) for f in work]
    with _hasty_switching():
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and time.monotonic() < progress.at + JOIN_SECONDS:
                thread.join(1.0)
    if any(thread.is_alive() for thread in threads):
        trial.fail(
            f"A call in one of {len(work)} threads did not return within {JOIN_SECONDS:.0f} s"
        )


@check("CAP-THREADS", observes=False)
def threads_keep_every_record(trial: Trial) -> None:
    """Four threads write to one store at once, through a barrier."""
    for giving_way in (*[False] * ROUNDS, True):
        run = Trial(trial.bench, trial.clause)
        number = affordable(run, CALLS)
        histories = [writer_calls(writer, number) for writer in range(THREADS)]
        script = _threads_as_python(_POINTS_AS_PYTHON, number)
        _crowd(run, histories, script, giving_way=giving_way)
        trial.unobserved = trial.unobserved or run.unobserved


@check("CAP-THREADS", observes=False)
def threads_keep_every_hyperparameter(trial: Trial) -> None:
    """Four threads merge hyperparameters at once, which all change one thing."""
    number = affordable(trial, MERGES)
    histories = [merging_calls(writer, number) for writer in range(THREADS)]
    _crowd(trial, histories, _threads_as_python(_MERGES_AS_PYTHON, number), giving_way=True)


def _crowd(
    trial: Trial, histories: list[list[Call]], script: list[str], *, giving_way: bool
) -> None:
    """Make the calls of each history in a thread of its own; close, and look for all of them."""
    store = trial.open()
    trial.note(*script, "for thread in threads: thread.join()", "store.close()")
    errors: list[str] = []
    progress = _Progress()

    def write(history: list[Call]) -> None:
        for call in history:
            try:
                _make(store, call, progress)
            except Exception as error:  # noqa: BLE001 - a store may raise anything
                errors.append(f"{call.code()} raised {described(error)}")
                return

    _together(trial, progress, *[partial(write, h) for h in histories], giving_way=giving_way)
    if errors:
        trial.fail(f"In one of {THREADS} threads, {errors[0]}")
    store.close()
    expect_histories(trial, histories)


def _make(store: OpenStore, call: Call, progress: _Progress) -> None:
    # Not OpenStore.make: its counters are the kit's, and would take the turns of the threads.
    arguments, keywords = call.fresh()
    try:
        getattr(store.store, call.method)(*arguments, **keywords)
    finally:
        progress.at = time.monotonic()


@check("CAP-THREADS", observes=False)
def close_may_race_writes(trial: Trial) -> None:
    """A write that returned is recorded, one that raised is not; nothing hangs."""
    for after in (0, 1, 5, 40, 150):
        run = Trial(trial.bench, trial.clause)
        _one_race(run, after)
        trial.unobserved = trial.unobserved or run.unobserved


def _one_race(trial: Trial, after: int) -> None:
    store = trial.open()
    trial.note(
        *_threads_as_python(_POINTS_AS_PYTHON, RACING_CALLS),
        f"# after {after} calls, while they write:",
        "store.close()",
    )
    trial.note("for thread in threads: thread.join()")
    histories: list[list[Call]] = [[] for _ in range(THREADS - 1)]
    reached = threading.Event()
    problems: list[str] = []
    progress = _Progress()

    def write(writer: int) -> None:
        refused = 0
        for n in range(RACING_CALLS):
            call = calls.metrics({f"writer {writer}": n / 8, "shared": float(writer)}, n)
            try:
                _make(store, call, progress)
            except Exception:  # noqa: BLE001 - a closed store may raise anything
                refused += 1
                if refused == 5:
                    return
            else:
                histories[writer].append(call)
                if len(histories[writer]) >= after:
                    reached.set()

    def close() -> None:
        if after:
            reached.wait(JOIN_SECONDS)
        try:
            _make(store, Call("close"), progress)
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            problems.append(f"close(), racing writes, raised {described(error)}")

    writers = [partial(write, writer) for writer in range(THREADS - 1)]
    _together(trial, progress, *writers, close, close)
    if problems:
        trial.fail(problems[0])
    expect_histories(trial, histories)

"""Several threads that call one store at once (CAP-THREADS)."""

import contextlib
import random
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any

from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.observation import StepObservation, described
from evsys_conformance.programs.program import Threads

JOIN_SECONDS = 40.0
"""How long no call of any thread may return before the threads count as hanging."""
GIVING_WAY_SECONDS = 2.0
"""How long threads give way between opcodes, which makes each of them many times slower."""
_REFUSALS = 5
"""A thread that writes to a closing store stops after this many refused calls."""

_installing = threading.Lock()
"""Two threads can't install a trace function at the same time."""


@dataclass
class _Progress:
    """What the threads of one step have done so far."""

    returned: list[list[int]]
    errors: list[str] = field(default_factory=list[str])
    last_return: float = field(default_factory=time.monotonic)
    """When a call last returned or raised, in any thread: a slow store is not hanging."""
    enough: threading.Event = field(default_factory=threading.Event)


def run_threads(step: Threads, store: Any) -> StepObservation:
    """Make the calls of each history in its own thread; all threads start at once."""
    progress = _Progress([[] for _ in step.histories])
    work: list[Callable[[], None]] = [
        partial(_write, step, store, progress, number) for number in range(len(step.histories))
    ]
    if step.close_after is not None:
        work += [partial(_close, step, store, progress)] * 2
    hung = not _together(work, progress, giving_way=step.giving_way)
    problem = f"in one of {len(work)} threads, {progress.errors[0]}" if progress.errors else ""
    if hung:
        problem = f"a call in one of {len(work)} threads did not return within {JOIN_SECONDS:.0f} s"
    return StepObservation(returned=progress.returned, problem=problem, hung=hung)


def _write(step: Threads, store: Any, progress: _Progress, number: int) -> None:
    try:
        _make_calls(step, store, progress, number)
    finally:
        progress.enough.set()  # Nobody waits for calls that are not made any more.


def _make_calls(step: Threads, store: Any, progress: _Progress, number: int) -> None:
    refused = 0
    for place, call in enumerate(step.histories[number]):
        try:
            _make(store, call, progress)
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            refused += 1
            if step.close_after is None:
                progress.errors.append(f"{call.code()} raised {described(error)}")
                return
            if refused == _REFUSALS:
                return
        else:
            progress.returned[number].append(place)
            if step.close_after and len(progress.returned[number]) >= step.close_after:
                progress.enough.set()


def _close(step: Threads, store: Any, progress: _Progress) -> None:
    if step.close_after:
        progress.enough.wait(JOIN_SECONDS)
    try:
        _make(store, Call("close"), progress)
    except Exception as error:  # noqa: BLE001 - a store may raise anything
        progress.errors.append(f"close(), while others write, raised {described(error)}")


def _make(store: Any, call: Call, progress: _Progress) -> None:
    # No counters of the kit's here: they would take the turns of the threads.
    try:
        call.make(store)
    finally:
        progress.last_return = time.monotonic()


def _together(work: Sequence[Callable[[], None]], progress: _Progress, *, giving_way: bool) -> bool:
    """Run functions in threads that start at once; say whether all of them returned."""
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
            while thread.is_alive() and time.monotonic() < progress.last_return + JOIN_SECONDS:
                thread.join(1.0)
    return not any(thread.is_alive() for thread in threads)


@contextlib.contextmanager
def _hasty_switching() -> Generator[None]:
    """Let threads take turns as often as they can: races that are rare become likely."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


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

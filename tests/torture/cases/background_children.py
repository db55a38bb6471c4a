"""A background store whose child hangs, raises, is slow, or loses its server; and many threads.

In each case nothing waits much longer than ``close_timeout``, each thread's calls arrive in their
order, and the counts add up.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import BaseModel

from evsys_sdk import LogDeliveryError, LogStoreClosedError, register_log_store
from evsys_sdk.log_stores.background import BackgroundLogStore
from torture.case import Trial, case

__all__ = [
    "child_is_slow",
    "child_raises_at_every_third_call",
    "child_wedges",
    "close_while_others_write",
    "many_threads",
    "server_comes_back",
]

_SLACK = 2.0
"""Seconds that a busy machine may take beside those that are waited for."""


@register_log_store("torture-recorder")
class Recorder:
    """Keeps the steps by key, and does what a case asks for before it does so."""

    name: ClassVar[str] = "torture-recorder"

    class Config(BaseModel, extra="forbid"):
        """No parameters."""

    def __init__(self) -> None:
        self.steps: dict[str, list[int]] = {}
        self.before: Callable[[], None] = _nothing

    def log_scalar(self, key: str, value: float, step: int) -> None:
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.before()
        for key in metrics:
            self.steps.setdefault(key, []).append(step)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        self.before()

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        self.before()

    def close(self) -> None: ...


def _opened(
    before: Callable[[], None], close_timeout: float, **params: Any
) -> tuple[BackgroundLogStore, Recorder]:
    child = {"kind": "torture-recorder"}
    store = BackgroundLogStore(child=child, close_timeout=close_timeout, **params)
    delivery: Any = vars(store)["_delivery"]
    recorder: Recorder = delivery.child
    recorder.before = before
    return store, recorder


def _nothing() -> None: ...


class _Caller:
    """Makes calls, and counts what came of them."""

    def __init__(self, store: BackgroundLogStore, key: str, calls: int) -> None:
        self.store = store
        self.key = key
        self.calls = calls
        self.returned: list[int] = []
        self.lost = 0
        self.refused = 0
        self.longest = 0.0

    def __call__(self) -> None:
        for step in range(self.calls):
            start = time.monotonic()
            try:
                self.store.log_metrics({self.key: 0.5}, step)
            except LogStoreClosedError:
                self.refused = self.calls - step
                return
            except LogDeliveryError as error:
                self.lost += error.lost
            else:
                self.returned.append(step)
            finally:
                self.longest = max(self.longest, time.monotonic() - start)


def _close(trial: Trial, store: BackgroundLogStore, close_timeout: float) -> int:
    """Close; returns how many calls were lost by what it raises."""
    start = time.monotonic()
    lost = 0
    try:
        store.close()
    except LogDeliveryError as error:
        lost = error.lost
    seconds = time.monotonic() - start
    trial.expect(seconds < close_timeout + _SLACK, f"close() took {seconds:.1f} s")
    return lost


def _check_counts(trial: Trial, store: BackgroundLogStore, calls: int) -> None:
    stats = store.stats()
    trial.count("calls", calls, stats.accepted)
    trial.expect(stats.accepted == sum(stats[1:]), f"the counts do not add up: {stats}")
    trial.expect(min(stats) >= 0, f"a count is negative: {stats}")


def _check_order(trial: Trial, recorder: Recorder) -> None:
    for key, steps in recorder.steps.items():
        trial.expect(steps == sorted({*steps}), f"the calls of {key} arrived in another order")


@case("A child that hangs for ever", "background")
def child_wedges(trial: Trial) -> None:
    """With a queue that is soon full, under both policies."""
    seconds = 3.0 if trial.full else 0.2
    for on_full in ("block", "drop"):
        store, recorder = _opened(_hang, seconds, capacity=50, on_full=on_full)
        caller = _Caller(store, "loss", 200)
        caller()
        trial.expect(caller.longest < seconds + _SLACK, f"a call took {caller.longest:.1f} s")
        lost = caller.lost + _close(trial, store, seconds)
        _check_counts(trial, store, 200)
        stats = store.stats()
        trial.expect(stats[1:] == (0, 199, 0, 1), f"the counts are {stats}")
        reported = 200 if on_full == "block" else 50
        trial.expect(lost == reported, f"{lost} calls were reported as lost, not {reported}")
        trial.expect(not recorder.steps, "a call was delivered")
        trial.did(f"on_full: {on_full}, the longest call took {caller.longest:.2f} s")


def _hang() -> None:
    threading.Event().wait()


@case("A child that raises at every third call, 8 threads", "background")
def child_raises_at_every_third_call(trial: Trial) -> None:
    """Each lost call is reported once, to one of the threads or by close()."""
    number = [0]

    def raise_at_times() -> None:
        number[0] += 1
        if number[0] % 3 == 0:
            raise OSError("the server said no")

    store, recorder = _opened(raise_at_times, 60)
    calls = trial.times(full=10_000, short=500)
    callers = _run(store, calls)
    lost = sum(each.lost for each in callers) + _close(trial, store, 60)
    stats = store.stats()
    _check_counts(trial, store, 8 * calls)
    _check_order(trial, recorder)
    trial.expect(lost == stats.failed == 8 * calls // 3, f"{lost} reported, {stats}")
    trial.did(f"{calls:,} calls each, {lost:,} reported as lost")


def _run(store: BackgroundLogStore, calls: int) -> list[_Caller]:
    callers = [_Caller(store, f"thread {number}", calls) for number in range(8)]
    threads = [threading.Thread(target=caller) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return callers


@case("A child that takes 100 ms", "background")
def child_is_slow(trial: Trial) -> None:
    """The caller does not notice, and close() waits for all."""
    store, recorder = _opened(lambda: time.sleep(0.1), 60)
    calls = trial.times(full=100, short=5)
    caller = _Caller(store, "loss", calls)
    caller()
    trial.expect(not _close(trial, store, 60), "calls were lost")
    trial.expect(recorder.steps == {"loss": caller.returned}, "calls are missing")
    _check_counts(trial, store, calls)
    trial.did(f"{calls} calls, the longest took {1000 * caller.longest:.1f} ms")


class _Server:
    """A process that gets every call."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", "for line in open(0): pass"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdin
        self.process.stdin.close()

    def tell(self) -> None:
        assert self.process.stdin
        self.process.stdin.write(b"call\n")


@case("A child whose server is killed and comes back", "background")
def server_comes_back(trial: Trial) -> None:
    """Calls made while the server is down are reported as lost, all others are delivered."""
    server = _Server()
    store, recorder = _opened(server.tell, 60)
    calls = trial.times(full=5_000, short=300)
    up, down, again = (_Caller(store, key, calls) for key in ("up", "down", "again"))
    up()
    _flush(trial, store)
    server.kill()
    down()
    lost = down.lost + _flush(trial, store)
    server.start()
    again()
    lost += again.lost + _close(trial, store, 60)
    server.kill()
    every = [*range(calls)]
    trial.expect(recorder.steps == {"up": every, "again": every}, "calls are missing")
    trial.expect(lost == calls == store.stats().failed, f"{lost} of {calls} reported as lost")
    _check_counts(trial, store, 3 * calls)
    trial.did(f"{calls:,} calls before, meanwhile and after; {lost:,} reported as lost")


def _flush(trial: Trial, store: BackgroundLogStore) -> int:
    try:
        trial.expect(store.flush(), "flush() took too long")
    except LogDeliveryError as error:
        return error.lost
    return 0


@case("8 threads log to one store", "background")
def many_threads(trial: Trial) -> None:
    """The queue is full at times."""
    calls = trial.times(full=10_000, short=1_000)
    store, recorder = _opened(_nothing, 60, capacity=100)
    callers = _run(store, calls)
    trial.expect(not _close(trial, store, 60), "calls were lost")
    _check_counts(trial, store, 8 * calls)
    expected = {each.key: [*range(calls)] for each in callers}
    trial.expect(recorder.steps == expected, "calls are missing, or in another order")
    trial.did(f"{calls:,} calls each")


@case("close() while 8 threads write", "background")
def close_while_others_write(trial: Trial) -> None:
    """A call that returned is delivered, and one that raised is not."""
    times = trial.times(full=100, short=5)
    for _ in range(times):
        store, recorder = _opened(_nothing, 60, capacity=100)
        callers = [_Caller(store, f"thread {number}", 1_000_000) for number in range(8)]
        threads = [threading.Thread(target=caller) for caller in callers]
        for thread in threads:
            thread.start()
        time.sleep(trial.chance.uniform(0, 0.02))
        _close(trial, store, 60)
        for thread in threads:
            thread.join()
        returned = {each.key: each.returned for each in callers if each.returned}
        trial.expect(recorder.steps == returned, "what returned is not what was delivered")
        _check_counts(trial, store, sum(len(each.returned) for each in callers))
    trial.did(f"{times} times")

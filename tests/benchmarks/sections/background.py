"""What a call of the background store costs, beside queues that get the same copy."""

import contextlib
import queue
import statistics
import threading
import time
from itertools import chain
from typing import Any, ClassVar

from pydantic import BaseModel

from benchmarks.bench import Bench, Effort
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.processes import run
from benchmarks.timing import quantile, rows_of, timed
from evsys_sdk import LogDeliveryError
from evsys_sdk.log_stores.background import BackgroundLogStore
from evsys_sdk.registry import temporarily_registered

__all__ = ["Compared", "Results", "Sleeping", "measure", "measures", "tables"]

_SIZES = (1, 5, 20)
_MILLISECONDS = (0, 1, 10)
_CALLS = 200
_TARGET = 1.5
_KEYS = frozenset(rows_of(max(_SIZES))[0])
_TIMEOUT = 120


class Compared(BaseModel):
    """What a call costs its caller, in µs, if the child takes this long for it."""

    size: int
    milliseconds: int
    p50: float
    p99: float
    bare_p50: float
    checked_p50: float
    bare_ratio: float
    """The median, over the blocks, of the ratio of the medians; so below."""
    checked_ratio: float


class Results(BaseModel):
    """All rounds."""

    compared: list[Compared]


class Sleeping:
    """A child that records nothing, and sleeps in each call."""

    name: ClassVar[str] = "sleeping"

    class Config(BaseModel, extra="forbid"):
        """How long."""

        milliseconds: int

    def __init__(self, *, milliseconds: int) -> None:
        self._seconds = milliseconds / 1000

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        if self._seconds:
            time.sleep(self._seconds)

    def log_scalar(self, key: str, value: float, step: int) -> None: ...

    def log_hyperparams(self, params: dict[str, Any]) -> None: ...

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...

    def close(self) -> None: ...


class BareQueue:
    """The least that hands a copy to a thread: nothing is bounded or counted."""

    def __init__(self, child: Sleeping) -> None:
        self._queue: queue.SimpleQueue[tuple[dict[str, float], int]] = queue.SimpleQueue()
        self._child = child
        threading.Thread(target=self._work, daemon=True).start()

    def log(self, metrics: dict[str, float], step: int) -> None:
        """Put the copy into the queue, unchecked."""
        self._queue.put((metrics.copy(), step))

    def log_checked(self, metrics: dict[str, float], step: int) -> None:
        """Put the copy into the queue, if it is one of floats by known keys.

        The contract wants a bad argument to be refused in the call. No check of it that is
        written in Python takes fewer steps.
        """
        values = metrics.copy()
        if type(step) is not int or not _KEYS.issuperset(values):
            raise ValueError(step, metrics)
        for value in values.values():
            if type(value) is not float:
                raise TypeError(value)
        self._queue.put((values, step))

    def _work(self) -> None:
        while True:
            self._child.log_metrics(*self._queue.get())


def measure(bench: Bench) -> Results:
    """Measure once per round, each pair in a process that is left with what waits in its queues."""
    results = Results(compared=[])
    for number in range(bench.effort.rounds):
        bench.say(f"background, round {number + 1} of {bench.effort.rounds}")
        for milliseconds in _MILLISECONDS:
            for size in _SIZES:
                results.compared.append(run(_TIMEOUT, compare, size, milliseconds, bench.effort))
    return results


def compare(size: int, milliseconds: int, effort: Effort) -> Compared:
    """In a separate process."""
    child = {"kind": Sleeping.name, "params": {"milliseconds": milliseconds}}
    with temporarily_registered(Sleeping.name, Sleeping):
        store = BackgroundLogStore(child=child, capacity=10**6, close_timeout=0)
    bare, checked = (BareQueue(Sleeping(milliseconds=milliseconds)) for _ in range(2))
    logs = {"store": store.log_metrics, "bare": bare.log, "checked": checked.log_checked}
    times: dict[str, list[list[float]]] = {name: [] for name in logs}
    rows = rows_of(size)
    for block in range(effort.blocks + 1):
        steps = range(block * _CALLS, (block + 1) * _CALLS)
        for name in sorted(logs, reverse=bool(block % 2)):
            taken = timed(logs[name], rows, steps)
            if block:  # the first one warms up
                times[name].append(taken)
    with contextlib.suppress(LogDeliveryError):
        store.close()
    whole = {name: [*chain(*blocks)] for name, blocks in times.items()}
    return Compared(
        size=size,
        milliseconds=milliseconds,
        p50=quantile(whole["store"], 0.5),
        p99=quantile(whole["store"], 0.99),
        bare_p50=quantile(whole["bare"], 0.5),
        checked_p50=quantile(whole["checked"], 0.5),
        bare_ratio=_ratio(times["store"], times["bare"]),
        checked_ratio=_ratio(times["store"], times["checked"]),
    )


def _ratio(blocks: list[list[float]], others: list[list[float]]) -> float:
    pairs = zip(blocks, others, strict=True)
    return statistics.median(statistics.median(a) / statistics.median(b) for a, b in pairs)


def measures(results: Results) -> list[Measure]:
    """What a call may cost, by the number of values; the child takes a millisecond."""
    return [
        Measure(
            f"background, {size} values: p50 against a queue with the same checks",
            _TARGET,
            _median(results, size, 1, "checked_ratio"),
        )
        for size in _SIZES
    ]


def _median(results: Results, size: int, milliseconds: int, name: str) -> float:
    return statistics.median(
        float(getattr(each, name))
        for each in results.compared
        if (each.size, each.milliseconds) == (size, milliseconds)
    )


def tables(results: Results) -> dict[str, str]:
    """Both, by the number of values and by what the child takes."""
    names = ("p50", "p99", "checked_p50", "checked_ratio", "bare_p50", "bare_ratio")
    rows = [
        [
            str(size),
            str(milliseconds),
            *(figure(_median(results, size, milliseconds, name)) for name in names),
        ]
        for size in _SIZES
        for milliseconds in _MILLISECONDS
    ]
    heads = [
        "values",
        "the child takes, ms",
        "p50, µs",
        "p99, µs",
        "queue with the same checks p50, µs",
        "ratio",
        "bare queue p50, µs",
        "ratio",
    ]
    return {"Background beside a queue": table(heads, rows, texts=0)}

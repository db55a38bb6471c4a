"""Calls, timed one by one."""

import random
import statistics
import time
from collections.abc import Mapping, Sequence

from benchmarks.subject import Log

__all__ = ["SidesByName", "milliseconds_between_paced_calls", "quantile", "rows_of", "timed"]

milliseconds_between_paced_calls = 2
"""A pace at which the processor's caches have seen other things, as in a training loop."""

SidesByName = dict[str, list[float]]
"""µs per call of each side: the medians of its blocks, in the order of the blocks."""


def rows_of(size: int) -> list[dict[str, float]]:
    """Metrics to log in turn: ``size`` floats of full precision each, the same in every run."""
    draw = random.Random(size).random
    return [{f"train/metric_{key:03d}": draw() * 3 for key in range(size)} for _ in range(64)]


def timed(
    log: Log, rows: Sequence[dict[str, float]], steps: range, *, paced: bool = False
) -> list[float]:
    """Log a row at each step; how many µs each call took its caller."""
    clock, sleep = time.perf_counter_ns, time.sleep
    pause = milliseconds_between_paced_calls / 1000 if paced else 0
    count = len(rows)
    times = [0] * len(steps)
    for index, step in enumerate(steps):
        if pause:
            sleep(pause)
        row = rows[step % count]
        start = clock()
        log(row, step)
        times[index] = clock() - start
    return [nanoseconds / 1000 for nanoseconds in times]


def quantile(times: Sequence[float], share: float) -> float:
    """The time that ``share`` of the calls did not exceed."""
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def side_by_side(
    sides: Mapping[str, Log],
    rows: Sequence[dict[str, float]],
    *,
    blocks: int,
    calls: int,
    paced: bool = False,
) -> SidesByName:
    """Time several ways to log in turn, block by block, so that noise strikes all of them."""
    medians: SidesByName = {name: [] for name in sides}
    order = [*sides]
    step = 0
    for block in range(blocks + 1):
        steps = range(step, step + calls)
        step += calls
        for name in order:
            times = timed(sides[name], rows, steps, paced=paced)
            if block:  # the first one warms up
                medians[name].append(statistics.median(times))
        order.append(order.pop(0))
    return medians


def ratio(sides: SidesByName, one: str, other: str) -> float:
    """How many times ``other`` costs as ``one`` does: the median over the blocks."""
    return statistics.median(a / b for a, b in zip(sides[one], sides[other], strict=True))

"""Which curves belong into one chart, and where a drawn curve is broken."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from evsys_sdk.command.show.downsampling import Curve, Points
from evsys_sdk.command.show.runs import Run
from evsys_sdk.text import natural_key

__all__ = ["Chart", "Trace", "charts_of", "line_breaks", "splits_of"]

_WIDE = 10
"""A jump of the step is a gap if it is this many times the mean one."""


@dataclass
class Trace:
    """One curve of a chart."""

    run: int
    """Which of the runs it is of."""
    key: str
    split: str
    """Empty if its rows have none."""
    curve: Curve
    style: str
    """The split whose line style it has: the one that its key begins with, or that of its rows."""
    label: str = ""


@dataclass
class Chart:
    """The curves that are drawn over each other."""

    title: str
    traces: list[Trace] = field(default_factory=list[Trace])


def charts_of(runs: list[Run]) -> list[Chart]:
    """A chart per metric, with its curves of all splits and all runs.

    ``train/loss`` and ``val/loss`` are one metric, loss, if train and val are splits. The charts
    are sorted by title, first those without a prefix, which are mostly what a run is judged by.
    """
    charts: dict[str, Chart] = {}
    splits = {split for run in runs for _, split in run.scan.curves if split}
    for number, run in enumerate(runs):
        for (key, split), curve in run.scan.curves.items():
            prefix, _, rest = key.partition("/")
            joined = bool(rest) and prefix in splits
            title = rest if joined else key
            chart = charts.setdefault(title, Chart(title))
            style = prefix if joined else split
            chart.traces.append(Trace(number, key, split, curve, style))
    for chart in charts.values():
        _label(chart, runs)
    return sorted(charts.values(), key=_place)


def splits_of(runs: list[Run]) -> list[str]:
    """The splits of the runs, in the order of their line styles, of which the first is solid.

    The first one is ``train``, or no split at all if more points have none.
    """
    counts: dict[str, int] = {}
    for run in runs:
        for (_, split), curve in run.scan.curves.items():
            counts[split] = counts.get(split, 0) + curve.count
    usual = sorted({"train", ""} & counts.keys(), key=lambda split: (-counts[split], split == ""))
    return [*usual, *(split for split in counts if split not in usual)]


def _place(chart: Chart) -> tuple[bool, list[str | int]]:
    return "/" in chart.title[1:], natural_key(chart.title)


def _label(chart: Chart, runs: list[Run]) -> None:
    places = [(trace.run, trace.split) for trace in chart.traces]
    for trace in chart.traces:
        parts = [runs[trace.run].name] if len(runs) > 1 else []
        named_by_key = trace.split != trace.style
        if trace.split and not named_by_key:
            parts.append(trace.split)
        if not parts or named_by_key or places.count((trace.run, trace.split)) > 1:
            parts.append(trace.key)
        trace.label = " · ".join(parts)


def line_breaks(curve: Curve, points: Points) -> Iterator[int]:
    """Before which of the kept points the line is broken.

    It is broken where a non-finite point was between them, where the step goes back, and where it
    jumps by more than ten times its average move.
    """
    moved = abs(float(points.step[-1]) - float(points.step[0])) / max(1, curve.count - 1)
    finite = np.isfinite(points.value)
    broken = (points.before < 0) | (points.before > max(_WIDE * moved, 1.0))
    broken[1:] |= ~finite[:-1]
    broken[0] = False
    yield from (int(place) for place in np.flatnonzero(broken & finite))

"""Runs as a PNG: every metric with its curves of all splits and runs."""

import math
from typing import Any, BinaryIO

import numpy as np
from matplotlib.figure import Figure

from evsys_sdk.command.show.charts import Chart, Trace, charts_of, line_breaks
from evsys_sdk.command.show.runs import Run
from evsys_sdk.text import shortened

__all__ = ["save_picture"]

_MOST_POINTS = 4000
_MOST_CHARTS = 60
_COLOURS = ["#3f7fbf", "#d9622b", "#3d9a57", "#a35cc0", "#c2407e", "#2a9d9d", "#a8862a", "#6a6fd0"]
_DASHES = ["-", "--", ":", "-."]
_SYMBOLS = {"NaN": "x", "Infinity": "^", "-Infinity": "v"}


def save_picture(runs: list[Run], file: BinaryIO) -> int:
    """Write the picture, and return how many charts have no place in it."""
    charts = charts_of(runs)
    drawn = charts[:_MOST_CHARTS] or [Chart("no metrics were logged")]
    columns = min(3, len(drawn))
    lines = math.ceil(len(drawn) / columns)
    # Made without pyplot, which would look for a screen.
    figure: Any = Figure(figsize=(max(6.4, 4.8 * columns), 3.2 * lines), layout="constrained")
    grid = [*figure.subplots(lines, columns, squeeze=False).flat]
    splits = sorted({split for run in runs for _, split in run.scan.curves})
    splits.sort(key=lambda split: split != "train")
    for axes, chart in zip(grid, drawn, strict=False):
        for trace in chart.traces:
            _draw(axes, trace, splits.index(trace.split), several=len(runs) > 1)
        _decorate(axes, chart)
    for axes in grid[len(drawn) :]:
        axes.set_visible(False)
    figure.savefig(file, dpi=120, format="png")
    return max(0, len(charts) - _MOST_CHARTS)


def _draw(axes: Any, trace: Trace, split: int, *, several: bool) -> None:
    points = trace.curve.at_most(_MOST_POINTS)
    number = trace.run if several else split
    style = {"color": _COLOURS[number % len(_COLOURS)], "linewidth": 1.3}
    dash = _DASHES[split % len(_DASHES)] if several else "-"
    finite = np.isfinite(points.value)
    # Beyond, nearer to the end of float64, matplotlib's ticks would overflow.
    values = np.where(finite, np.clip(points.value, -1e300, 1e300), np.nan)
    steps = points.step.astype(np.float64)
    broken = [*line_breaks(trace.curve, points)]
    marker = "." if len(points) <= 60 else None
    label = _plain(trace.label)
    axes.plot(
        np.insert(steps, broken, steps[broken]),
        np.insert(values, broken, np.nan),
        dash,
        label=label,
        marker=marker,
        markersize=4,
        **style,
    )
    for kind, symbol in _SYMBOLS.items():
        of_kind = np.isnan(points.value) if kind == "NaN" else points.value == float(kind)
        places = steps[of_kind & (points.weight > 0)]
        height = np.full(len(places), 0.97 if kind == "Infinity" else 0.03)
        if len(places):
            across = axes.get_xaxis_transform()
            axes.plot(
                places, height, symbol, transform=across, color=style["color"], markersize=6,
                label=f"{int(points.weight[of_kind].sum()):,} {kind}",
            )  # fmt: skip


def _decorate(axes: Any, chart: Chart) -> None:
    axes.set_title(_plain(shortened(chart.title, 48)), loc="left", fontsize=10, fontweight="bold")
    axes.set_xlabel("step", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(visible=True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if chart.traces:
        axes.legend(fontsize=8, frameon=False)


def _plain(text: str) -> str:
    """The text without a meaning for matplotlib, which takes $ for a formula."""
    return shortened(text).replace("$", r"\$")

"""Runs as a picture: every metric with its curves of all splits and runs."""

import math
from importlib import import_module
from typing import Any, BinaryIO

import numpy as np
from matplotlib.figure import Figure

from evsys_sdk.command.show.charts import Chart, Trace, charts_of, line_breaks, splits_of
from evsys_sdk.command.show.downsampling import Points
from evsys_sdk.command.show.fonts import Fonts
from evsys_sdk.command.show.runs import Run
from evsys_sdk.command.show.scales import log_shows_more, smoothed
from evsys_sdk.text import shortened

__all__ = ["save_picture"]

_MOST_POINTS = 4000
_MOST_CHARTS = 60
_MOST_LABELS = 12
_COLOURS = [
    *("#3f7fbf", "#d9622b", "#3d9a57", "#a35cc0", "#c2407e", "#2a9d9d", "#a8862a", "#6a6fd0"),
    *("#7f8b98", "#c74440", "#1f4e79", "#8a3a12", "#1f5f33", "#64307c", "#7a1f4c", "#145f5f"),
    *("#6b5312", "#383c91", "#4a535d", "#7d2320"),
]
_DASHES = ["-", "--", ":", "-.", (0, (9, 2, 2, 2, 2, 2)), (0, (12, 4)), (0, (1, 4))]
_SYMBOLS = {"NaN": "x", "Infinity": "^", "-Infinity": "v"}
_PALE = "logged values"
_FARTHEST = 1e300
"""Nearer to the end of float64 matplotlib's ticks would overflow."""


def save_picture(runs: list[Run], file: BinaryIO, file_format: str = "png") -> int:
    """Write the picture, and return how many charts do not fit into it."""
    charts = charts_of(runs)
    drawn = charts[:_MOST_CHARTS] or [Chart("no metrics were logged")]
    fonts = Fonts(
        shortened(text)
        for chart in drawn
        for text in (chart.title, *(trace.label for trace in chart.traces))
    )
    mpl: Any = import_module("matplotlib")  # its types are partly unknown
    with mpl.rc_context():
        mpl.rcParams["font.family"] = [*mpl.rcParams["font.family"], *fonts.families]
        figure = _figure(runs, drawn, fonts)
        figure.savefig(file, dpi=120, format=file_format)
    return max(0, len(charts) - _MOST_CHARTS)


def _figure(runs: list[Run], charts: list[Chart], fonts: Fonts) -> Any:
    columns = min(3, len(charts))
    lines = math.ceil(len(charts) / columns)
    # Made without pyplot, which would look for a screen.
    figure: Any = Figure(figsize=(max(6.4, 4.8 * columns), 3.2 * lines), layout="constrained")
    grid = [*figure.subplots(lines, columns, squeeze=False).flat]
    splits = splits_of(runs)
    for axes, chart in zip(grid, charts, strict=False):
        points = [trace.curve.at_most(_MOST_POINTS) for trace in chart.traces]
        if log_shows_more(each.value for each in points):
            axes.set_yscale("log")
        pairs = sorted(
            zip(chart.traces, points, strict=True), key=lambda pair: splits.index(pair[0].style)
        )
        for order, (trace, each) in enumerate(pairs):
            _draw(axes, trace, each, splits.index(trace.style), order, several=len(runs) > 1)
        _decorate(axes, chart, fonts)
    for axes in grid[len(charts) :]:
        axes.set_visible(False)
    return figure


def _draw(
    axes: Any, trace: Trace, points: Points, split: int, order: int, *, several: bool
) -> None:
    """Draw a curve: the logged values, pale if there is a smoothed line over them."""
    colour = _COLOURS[(trace.run if several else split) % len(_COLOURS)]
    finite = np.isfinite(points.value)
    values = np.where(finite, np.clip(points.value, -_FARTHEST, _FARTHEST), np.nan)
    steps = points.step.astype(np.float64)
    broken = [*line_breaks(trace.curve, points)]
    smooth = smoothed(points.step, values, broken, log=axes.get_yscale() == "log")
    across = np.insert(steps, broken, steps[broken])
    style = {"color": colour, "zorder": 2 + order / 1000}
    if smooth is not None:
        pale = {"linewidth": 1, "alpha": 0.25, "gid": _PALE}
        axes.plot(across, np.insert(values, broken, np.nan), **pale, **style)
    axes.plot(
        across,
        np.insert(values if smooth is None else smooth, broken, np.nan),
        linestyle=_DASHES[split % len(_DASHES)],
        label=trace.label,
        marker="." if len(points) <= 60 else None,
        markersize=4,
        linewidth=1.5,
        **style,
    )
    for kind, symbol in _SYMBOLS.items():
        of_kind = np.isnan(points.value) if kind == "NaN" else points.value == float(kind)
        places = steps[of_kind & (points.weight > 0)]
        height = np.full(len(places), 0.97 if kind == "Infinity" else 0.03)
        if len(places):
            edge = axes.get_xaxis_transform()
            axes.plot(
                places, height, symbol, transform=edge, color=colour, markersize=6,
                label=f"{int(points.weight[of_kind].sum()):,} {kind}",
            )  # fmt: skip


def _decorate(axes: Any, chart: Chart, fonts: Fonts) -> None:
    title = _plain(fonts.drawable(shortened(chart.title, 48)))
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    axes.set_xlabel("step", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(visible=True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    # Matplotlib's legend leaves out labels that begin with "_": they are set afterwards.
    lines = [line for line in axes.lines if line.get_gid() != _PALE]
    if lines:
        kept = lines[:_MOST_LABELS]
        legend = axes.legend(kept, [str(place) for place in range(len(kept))], fontsize=8)
        legend.set_frame_on(False)
        for text, line in zip(legend.get_texts(), kept, strict=True):
            text.set_text(_plain(fonts.drawable(shortened(line.get_label()))))
        if len(lines) > len(kept):
            legend.set_title(f"the first {len(kept)} of {len(lines)}", {"size": 8})


def _plain(text: str) -> str:
    """The text without a meaning for matplotlib, which takes $ for a formula."""
    return text.replace("$", r"\$")

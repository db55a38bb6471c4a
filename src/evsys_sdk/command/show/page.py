"""Runs as one HTML page that needs nothing else: no network, no other file."""

import json
from importlib.resources import files
from typing import Any

import numpy as np

from evsys_sdk.command.show.charts import Chart, Trace, charts_of, line_breaks, splits_of
from evsys_sdk.command.show.downsampling import Points
from evsys_sdk.command.show.runs import Run
from evsys_sdk.command.show.scales import log_shows_more
from evsys_sdk.text import printable, shortened

__all__ = ["page"]

_MOST_POINTS = 3000
_MOST_POINTS_IN_ALL = 600_000
_FEWEST_POINTS = 100
_SAFE = 2**53
"""Integers beyond are not exact as numbers of JavaScript."""
# In this order: a script uses what the earlier ones declare.
_SCRIPTS = ("data", "smoothing", "axis", "plot", "reading", "cards", "tables", "live", "main")


def page(runs: list[Run], *, live: float = 0.0, written: str = "") -> str:
    """Return the page.

    Args:
        runs: What it shows.
        live: How often the open page reads itself again, in seconds; 0 for a page that stays.
        written: The time of the data, for the reader of a page that does not stay.
    """
    folder = files("evsys_sdk.command.show") / "html"
    charts = charts_of(runs)
    curves = sum(len(chart.traces) for chart in charts)
    # So many runs and metrics share the points that a browser can take.
    most = max(_FEWEST_POINTS, min(_MOST_POINTS, _MOST_POINTS_IN_ALL // max(1, curves)))
    data = {
        "live": live,
        "written": written,
        "runs": [_run(run) for run in runs],
        "splits": [*map(printable, splits_of(runs))],
        "charts": [_chart(chart, most) for chart in charts],
    }
    # Within a script only "<" can end it, and JSON has it in strings alone.
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return (
        (folder / "page.html")
        .read_text("utf-8")
        .format(
            css=(folder / "page.css").read_text("utf-8"),
            data=text.replace("<", "\\u003c"),
            script="\n".join((folder / f"{name}.js").read_text("utf-8") for name in _SCRIPTS),
        )
    )


def _run(run: Run) -> dict[str, Any]:
    return {
        "name": printable(run.name),
        "path": printable(run.source.path),
        "rows": run.scan.rows,
        "hyperparams": [[printable(key), _value(value)] for key, value in run.hyperparams.items()],
        "artifacts": [
            [printable(each.name), printable(each.kind), printable(each.path)]
            for each in run.artifacts
        ],
        "problems": [printable(problem) for problem in run.problems],
        "notes": [printable(note) for note in run.notes],
    }


def _value(value: Any) -> str:
    return shortened(value if isinstance(value, str) else json.dumps(value), 500)


def _chart(chart: Chart, most: int) -> dict[str, Any]:
    curves = [(trace, trace.curve.at_most(most)) for trace in chart.traces]
    log = log_shows_more(points.value for _, points in curves)
    return {
        "title": printable(chart.title),
        "scale": "log" if log else "linear",
        "traces": [_trace(trace, points) for trace, points in curves],
    }


def _trace(trace: Trace, points: Points) -> dict[str, Any]:
    """Its points as columns; steps are differences, or text where JavaScript has no such number."""
    finite = np.isfinite(points.value)
    steps = points.step.tolist()
    exact = all(-_SAFE <= step <= _SAFE for step in steps)
    moves = [step - before for step, before in zip(steps, [0, *steps], strict=False)]
    return {
        "run": trace.run,
        "split": printable(trace.style),
        "label": printable(trace.label),
        "count": trace.curve.count,
        "kept": len(points),
        "backward": trace.curve.backward,
        "steps": moves if exact else [str(step) for step in steps],
        "values": [
            float(f"{value:.7g}") if fine else None
            for value, fine in zip(points.value.tolist(), finite.tolist(), strict=True)
        ],
        "breaks": [*line_breaks(trace.curve, points)],
        "nonfinite": [
            [int(place), _kind(points.value[place]), int(points.weight[place])]
            for place in np.flatnonzero(~finite & (points.weight > 0))
        ],
    }


def _kind(value: float) -> str:
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"

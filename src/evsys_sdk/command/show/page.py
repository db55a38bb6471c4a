"""Runs as one HTML page that needs nothing else: no network, no other file."""

import json
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np

from evsys_sdk.command.show.charts import Chart, Trace, charts_of, line_breaks
from evsys_sdk.command.show.runs import Run
from evsys_sdk.text import printable, shortened

__all__ = ["page"]

_MOST_POINTS = 3000
_SAFE = 2**53
"""Integers beyond are not exact as numbers of JavaScript."""

# The policy holds the browser to what the page promises: no network, and no script but its own.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'; img-src data: blob:">
<link rel="icon" href="data:,">
<title>Runs</title>
<style>{css}</style>
</head>
<body>
<noscript>The curves are drawn by JavaScript, which is switched off here.</noscript>
<script type="application/json" id="data">{data}</script>
<script>{plotly}</script>
<script>{script}</script>
</body>
</html>
"""


def page(runs: list[Run]) -> str:
    """The page."""
    package = files("evsys_sdk.command.show")
    data = {
        "runs": [_run(run) for run in runs],
        "charts": [_chart(chart) for chart in charts_of(runs)],
    }
    # Within a script only "<" can end it, and JSON has it in strings alone.
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return _PAGE.format(
        css=(package / "page.css").read_text("utf-8"),
        data=text.replace("<", "\\u003c"),
        plotly=import_module("plotly.offline").get_plotlyjs(),  # it has no types
        script=(package / "page.js").read_text("utf-8"),
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


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "title": printable(chart.title),
        "traces": [_trace(trace) for trace in chart.traces],
    }


def _trace(trace: Trace) -> dict[str, Any]:
    """Its points as columns; a step is text where JavaScript has no such number."""
    points = trace.curve.at_most(_MOST_POINTS)
    finite = np.isfinite(points.value)
    steps = points.step.tolist()
    exact = all(-_SAFE <= step <= _SAFE for step in steps)
    return {
        "run": trace.run,
        "split": printable(trace.split),
        "label": printable(trace.label),
        "count": trace.curve.count,
        "kept": len(points),
        "backward": trace.curve.backward,
        "steps": steps if exact else [str(step) for step in steps],
        "values": [
            value if fine else None
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

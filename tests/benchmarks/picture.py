"""The picture of the summary: what a call costs, on a scale of powers of ten."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.markdown import figure
from benchmarks.runs import CALLS, Run
from benchmarks.subject import Subject
from benchmarks.subjects import SUBJECTS
from benchmarks.summary import SIZE

__all__ = ["draw"]

_COLOURS = {"own": "#c2410c", "floor": "#9ca3af", "peer": "#1d4ed8"}
_LABELS = {"own": "this project", "floor": "floors", "peer": "others"}


def draw(runs: Mapping[str, Run], path: Path) -> None:
    """Draw the mean with close of every subject, the dearest at the top."""
    calls = CALLS.of(runs)
    if calls is None:
        return
    means: dict[str, float] = {}
    for subject in SUBJECTS:
        mean = calls.median(subject, SIZE, "mean")
        if mean is not None:
            means[subject.name] = mean
    shown = sorted((s for s in SUBJECTS if s.name in means), key=lambda s: means[s.name])
    # No font of this machine in the file, and the same file for the same figures.
    settings = {"svg.fonttype": "none", "svg.hashsalt": "benchmarks", "font.size": 9}
    matplotlib: Any = importlib.import_module("matplotlib")
    with matplotlib.rc_context(settings):
        _plot(shown, means).savefig(path, format="svg", metadata={"Date": None})


def _plot(shown: list[Subject], means: Mapping[str, float]) -> Any:
    size = (8, 0.29 * len(shown) + 1.1)
    picture: Any = Figure(figsize=size, layout="constrained", facecolor="white")
    axes = picture.subplots()
    for group, colour in _COLOURS.items():
        places = [place for place, subject in enumerate(shown) if subject.group == group]
        lengths = [means[shown[place].name] for place in places]
        axes.barh(places, lengths, color=colour, height=0.66, label=_LABELS[group])
    for place, subject in enumerate(shown):
        axes.text(means[subject.name] * 1.12, place, figure(means[subject.name]), va="center")
    axes.set_yticks(range(len(shown)), [subject.name for subject in shown])
    axes.tick_params(axis="y", length=0)
    axes.set_xscale("log")
    axes.set_xlim(1, max(means.values()) * 4)
    axes.set_xlabel(f"µs per call with {SIZE} values, mean of a tight loop including close()")
    axes.grid(axis="x", color="#e5e7eb")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    return picture

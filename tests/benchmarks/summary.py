"""The table of tables: every subject in a line, with the figure that matters of each section."""

from collections.abc import Mapping

from benchmarks import floors
from benchmarks.markdown import NOTHING, TIMES, figure, table
from benchmarks.measure import Measure
from benchmarks.runs import CALLS, IMPORTS, KILLS, NONFINITE, SECTIONS, Run
from benchmarks.subject import Subject
from benchmarks.subjects import SUBJECTS

__all__ = ["SIZE", "measures_table", "missing_of", "summary_table"]

SIZE = 20
"""How many values the calls of the summary have."""

_FIGURES = ("p50", "p99", "mean", "cpu", "bytes")
_HEADS = (
    "",
    "p50, µs",
    "p99, µs",
    "mean incl. close, µs",
    f"{TIMES} floor",
    "CPU, µs",
    "bytes",
    "kept of 1000 at SIGKILL",
    "NaN, ±inf",
    "import, ms",
)


def summary_table(runs: Mapping[str, Run]) -> str:
    """A line per subject, in order of what a loop costs; then those that could not be measured."""
    calls = CALLS.of(runs)
    means = {s.name: calls.median(s, SIZE, "mean") if calls else None for s in SUBJECTS}
    measured = [subject for subject in SUBJECTS if means[subject.name]]
    measured.sort(key=lambda subject: means[subject.name] or 0)
    return table(_HEADS, [_line(subject, runs) for subject in measured])


def _line(subject: Subject, runs: Mapping[str, Run]) -> list[str]:
    calls, kills = CALLS.of(runs), KILLS.of(runs)
    nonfinite, imports = NONFINITE.of(runs), IMPORTS.of(runs)
    figures = {name: calls.median(subject, SIZE, name) if calls else None for name in _FIGURES}
    mean, floor = figures["mean"], calls.median(floors.ORJSON, SIZE, "mean") if calls else None
    cells = {name: figure(value) for name, value in figures.items()}
    left = kills.rows.get(subject.name, {}).get(1000) if kills else None
    milliseconds = imports.median(subject.name) if imports else None
    name = f"**{subject.name}**" if subject.group == "own" else subject.name
    return [
        name,
        cells["p50"],
        cells["p99"],
        cells["mean"],
        figure(mean / floor if mean and floor else None),
        cells["cpu"],
        cells["bytes"],
        NOTHING if left is None else str(left),
        nonfinite.found.get(subject.name, NOTHING) if nonfinite else NOTHING,
        figure(milliseconds),
    ]


def missing_of(runs: Mapping[str, Run]) -> dict[str, str]:
    """What could not be measured, and why, by what it is."""
    missing: dict[str, str] = {}
    for name, run in runs.items():
        for what, reason in run.results.get("missing", {}).items():
            missing.setdefault(what, f"{reason} ({name})")
    return missing


def measures_table(runs: Mapping[str, Run]) -> str:
    """Every figure that has a target."""
    measures: list[Measure] = []
    for section in SECTIONS:
        results = section.of(runs)
        if results is not None:
            measures += section.measures(results)
    rows = [
        [
            measure.what,
            "yes" if measure.met else "**no**",
            f"{measure.target:g} {measure.unit}",
            f"{figure(measure.figure)} {measure.unit}",
        ]
        for measure in measures
    ]
    return table(["what", "met", "at most", "measured"], rows, texts=2)

"""Reads a run back through MLflow's own client."""

import json
from itertools import groupby
from typing import Any

from evsys_mlflow import names, texts
from evsys_mlflow.points import from_metrics
from evsys_mlflow.run import TrackedRun
from evsys_sdk import ArtifactPointer, MetricRow, RunLog

HYPERPARAMS = "evsys.hyperparams."
"""What the name of a tag begins with that holds the hyperparameters of a call; a number follows."""
ARTIFACTS = "evsys.artifact."
"""What the name of a tag begins with that holds a pointer; a number follows."""


def read_run(run: TrackedRun) -> RunLog:
    """Read all that a run holds."""
    hyperparams: dict[str, Any] = {}
    for text in texts.from_tags(run.tags, HYPERPARAMS).values():
        hyperparams.update(json.loads(text))
    pointers = texts.from_tags(run.tags, ARTIFACTS).values()
    return RunLog(
        metrics=_rows(run),
        hyperparams=hyperparams,
        artifacts=[ArtifactPointer(**json.loads(text)) for text in pointers],
    )


def _rows(run: TrackedRun) -> list[MetricRow]:
    """The points of all series by time, which each call has for itself."""
    explained = texts.from_tags(run.tags, names.TAG)
    points: list[tuple[int, int, str, str, float]] = []
    for name in run.keys:
        if name.endswith(names.EXACT):
            continue
        key, split = names.texts_of(name, explained)
        exact = name + names.EXACT
        codes = run.history(exact) if exact in run.keys else []
        for ms, step, value in from_metrics(run.history(name), codes):
            points.append((ms, step, split, key, value))
    points.sort(key=lambda point: point[0])
    return [
        MetricRow(
            step=step, split=split, ts=ms / 1000, metrics={key: value for *_, key, value in call}
        )
        for (ms, step, split), call in groupby(points, key=lambda point: point[:3])
    ]

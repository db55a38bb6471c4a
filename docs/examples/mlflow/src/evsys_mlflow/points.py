"""The form of values in MLflow, and how to restore them.

MLflow's databases hold no infinities: it writes the largest float64 instead, and SQLite drops the
sign of a zero. Such a value is logged as MLflow does it, so that its curve has a point there. A
separate series has a code for the original value, at the same step and time.
"""

import math
from collections.abc import Iterable, Sequence

from mlflow.entities import Metric

from evsys_mlflow.names import EXACT

_VALUES = {1.0: math.inf, -1.0: -math.inf, 0.0: -0.0}
"""What a value was, by its code."""

Point = tuple[int, int, float]
"""Timestamp in milliseconds, step, value."""


def to_metrics(names: Sequence[str], values: Iterable[float], step: int, ms: int) -> list[Metric]:
    """The metrics of one call, at one step and time."""
    metrics: list[Metric] = []
    for name, value in zip(names, values, strict=True):
        metrics.append(Metric(name, value, ms, step))
        if math.isinf(value):
            metrics.append(Metric(name + EXACT, math.copysign(1.0, value), ms, step))
        elif value == 0 and math.copysign(1.0, value) < 0:
            metrics.append(Metric(name + EXACT, 0.0, ms, step))
    return metrics


def from_metrics(history: Iterable[Metric], exact: Iterable[Metric]) -> list[Point]:
    """The points of one series, from its own history and that of its codes."""
    codes = {(code.timestamp, code.step): _VALUES[code.value] for code in exact}
    return [
        (metric.timestamp, metric.step, codes.get((metric.timestamp, metric.step), metric.value))
        for metric in history
    ]

"""The curves of a run, drawn from its log."""

from typing import Any

import numpy as np
from data import Floats
from matplotlib.figure import Figure

from evsys_sdk import RunLog

TRAIN, VAL = "#3f75a8", "#d1591f"


def draw_curves(log: RunLog, path: str) -> None:
    """Draw loss and accuracy by step, of training and of validation, into a PNG at ``path``."""
    figure: Any = Figure(figsize=(11, 4.2), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    draw_metric(loss, log, "loss")
    loss.set_yscale("log")
    draw_metric(accuracy, log, "accuracy")
    # The first steps, where accuracy climbs from 10%, would leave the rest a flat line.
    _, values = series(log, "train", "accuracy")
    accuracy.set_ylim(np.quantile(values, 0.02) - 0.02, 1.004)
    accuracy.legend(loc="lower right", framealpha=0.9, edgecolor="none")
    figure.savefig(path, dpi=130)


def draw_metric(axes: Any, log: RunLog, metric: str) -> None:
    """Training as one dot per step under a smoothed curve; validation as it was measured."""
    steps, values = series(log, "train", metric)
    axes.plot(steps, values, ".", color=TRAIN, alpha=0.2, markersize=3.5, markeredgewidth=0)
    axes.plot(steps, smoothed(values), color=TRAIN, linewidth=1.8, label="train (noisy), smoothed")
    axes.plot(*series(log, "val", metric), color=VAL, linewidth=1.8, label="val")
    axes.set_title(metric, loc="left", fontweight="bold")
    axes.set_xlabel("step")
    axes.grid(visible=True, which="major", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.01)


def series(log: RunLog, split: str, metric: str) -> tuple[list[int], list[float]]:
    """Steps and values of one metric of one split."""
    rows = [row for row in log.metrics if row.split == split]
    return [row.step for row in rows], [row.metrics[f"{split}/{metric}"] for row in rows]


def smoothed(values: list[float]) -> Floats:
    """Mean over a window around each step; an exponential average would lag."""
    window = np.ones(1 + 2 * (len(values) // 80))
    return np.convolve(values, window, "same") / np.convolve(np.ones(len(values)), window, "same")

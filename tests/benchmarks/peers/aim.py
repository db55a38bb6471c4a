"""Aim: a database in a directory, with its monitors of system and terminal off."""

import importlib
import logging
from pathlib import Path

from benchmarks.peers.readers import Rows
from benchmarks.subject import Opened, Subject

__all__ = ["AIM"]

_QUIET = {"system_tracking_interval": None, "capture_terminal_logs": False}


def _open(directory: Path) -> Opened:
    logging.getLogger("aim").setLevel(logging.ERROR)
    run = importlib.import_module("aim").Run(repo=str(directory), **_QUIET)
    return Opened(lambda metrics, step: run.track(metrics, step=step), run.close)


def _read(directory: Path) -> Rows:
    # Opened for writing: what was not indexed yet, a reader alone does not find.
    aim = importlib.import_module("aim")
    rows: dict[int, dict[str, float]] = {}
    for name in aim.Repo(str(directory)).list_all_runs():
        run = aim.Run(name, repo=str(directory), force_resume=True, **_QUIET)
        for metric in run.metrics():
            # Steps come back as hashes, the same ones for all metrics of a step.
            steps, values = metric.values.sparse_numpy()
            for step, value in zip(steps, values, strict=True):
                rows.setdefault(int(step), {})[metric.name] = float(value)
    return [dict(row) for row in rows.values()]


AIM = Subject(
    name="Aim",
    group="peer",
    open=_open,
    read=_read,
    distributions=("aim",),
    module="aim",
)

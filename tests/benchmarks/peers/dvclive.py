"""DVCLive: a file of tab-separated values per metric, and a summary that is rewritten per step."""

import importlib
import os
from pathlib import Path

from benchmarks.peers.readers import Rows
from benchmarks.subject import Opened, Subject

__all__ = ["DVCLIVE"]


def _open(directory: Path) -> Opened:
    os.environ["DVC_NO_ANALYTICS"] = "true"
    live = importlib.import_module("dvclive").Live(
        str(directory / "dvclive"), save_dvc_exp=False, dvcyaml=None, report=None
    )

    def log(metrics: dict[str, float], step: int) -> None:
        live.step = step
        for key, value in metrics.items():
            live.log_metric(key, value)
        live.next_step()

    return Opened(log, live.end)


def _read(directory: Path) -> Rows:
    rows: dict[int, dict[str, str]] = {}
    plots = directory / "dvclive" / "plots" / "metrics"
    for path in plots.rglob("*.tsv"):
        key = str(path.relative_to(plots).with_suffix(""))
        for line in path.read_text().splitlines()[1:]:
            step, value = line.split("\t")
            rows.setdefault(int(step), {})[key] = value
    return [dict(rows[step]) for step in sorted(rows)]


DVCLIVE = Subject(
    name="DVCLive",
    group="peer",
    open=_open,
    read=_read,
    distributions=("dvclive",),
    module="dvclive",
)

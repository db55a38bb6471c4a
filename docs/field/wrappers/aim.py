"""Aim, with its monitors of the system and the terminal off."""

import logging
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper

aim: Any = import_module("aim")
logging.getLogger("aim").setLevel(logging.ERROR)
_QUIET = {"system_tracking_interval": None, "capture_terminal_logs": False}
# A new repository takes seconds, so all runs of a process share one.
_REPOSITORY = "aim"
Path(_REPOSITORY).mkdir(exist_ok=True)
_RUN = "run_hash"


class Aim(Wrapper):
    """``track`` with the split as context; hyperparameters are attributes of the run."""

    name: ClassVar[str] = "aim"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64", "resume", "split"})

    def open(self) -> Any:
        known = self.directory / _RUN
        run_hash = known.read_text() if known.exists() else None
        run = aim.Run(run_hash, repo=_REPOSITORY, **_QUIET)
        known.write_text(run.hash)
        return run

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.track(metrics, step=step, context={"subset": split})

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        for key, value in params.items():
            self.logger[key] = value

    def finish(self) -> None:
        self.logger.close()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        # Opened for writing: read only, it does not find what Aim has not indexed yet.
        run_hash = (directory / _RUN).read_text()
        run = aim.Run(run_hash, repo=_REPOSITORY, force_resume=True, **_QUIET)
        rows: list[MetricRow] = []
        for metric in run.metrics():
            frame = metric.dataframe()
            split = metric.context.to_dict().get("subset")
            for step, value in zip(frame["step"], frame["value"], strict=True):
                row = MetricRow(step=int(step), split=split, metrics={metric.name: float(value)})
                rows.append(row)
        hyperparams = dict(run[...])
        run.close()
        return RunLog(metrics=rows, hyperparams=hyperparams, artifacts=[])

"""Lightning's CSVLogger."""

import csv
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper, number

loggers: Any = import_module("lightning.pytorch.loggers")
saving: Any = import_module("lightning.pytorch.core.saving")


class LightningCsv(Wrapper):
    """``log_metrics``, ``log_hyperparams`` and ``finalize``, as the Trainer calls them."""

    name: ClassVar[str] = "lightning-csv"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64"})

    def open(self) -> Any:
        return loggers.CSVLogger(str(self.directory), name=None, version="run")

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.log_metrics(metrics, step)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        self.logger.log_hyperparams(params)

    def finish(self) -> None:
        self.logger.finalize("success")

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        rows: list[MetricRow] = []
        metrics = directory / "run" / "metrics.csv"
        if metrics.exists():
            with metrics.open(newline="") as file:
                rows = [_row(line) for line in csv.DictReader(file)]
        hyperparams = directory / "run" / "hparams.yaml"
        params: dict[str, Any] = (
            saving.load_hparams_from_yaml(str(hyperparams), use_omegaconf=False)
            if hyperparams.exists()
            else {}
        )
        return RunLog(metrics=rows, hyperparams=dict(params), artifacts=[])


def _row(line: dict[str, str]) -> MetricRow:
    values = {key: number(text) for key, text in line.items() if text and key != "step"}
    return MetricRow(step=number(line["step"], int), split=None, metrics=values)

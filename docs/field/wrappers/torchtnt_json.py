"""torchtnt's JSONLogger."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper, only_metrics

loggers: Any = import_module("torchtnt.utils.loggers.json")


class TorchtntJson(Wrapper):
    """``log_dict``."""

    name: ClassVar[str] = "torchtnt"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64"})

    def open(self) -> Any:
        return loggers.JSONLogger(str(self.directory / "log.json"))

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.log_dict(metrics, step)

    def finish(self) -> None:
        self.logger.close()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        file = directory / "log.json"
        rows: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
        return only_metrics([_row(row) for row in rows])


def _row(row: dict[str, Any]) -> MetricRow:
    values = {key: value for key, value in row.items() if key not in {"step", "time"}}
    return MetricRow(step=row["step"], split=None, metrics=values)

"""Comet, offline, without what it logs automatically."""

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper, number

os.environ |= {"COMET_LOGGING_CONSOLE": "ERROR", "COMET_DISABLE_AUTO_LOGGING": "1"}
comet_ml: Any = import_module("comet_ml")
_OWN = "process duration"
"""A metric that Comet adds when the experiment ends."""


class Comet(Wrapper):
    """``log_metrics`` and ``log_parameters`` of an OfflineExperiment."""

    name: ClassVar[str] = "comet"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64"})

    def open(self) -> Any:
        return comet_ml.OfflineExperiment(
            project_name="field",
            offline_directory=str(self.directory),
            log_code=False,
            log_graph=False,
            parse_args=False,
            auto_output_logging=False,
            log_env_details=False,
            log_git_metadata=False,
            log_git_patch=False,
            display_summary_level=0,
        )

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.log_metrics(metrics, step=step)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        self.logger.log_parameters(params)

    def finish(self) -> None:
        self.logger.end()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        log = RunLog(metrics=[], hyperparams={}, artifacts=[])
        unzip = import_module("comet_ml.offline").unzip_offline_archive
        for path in sorted(directory.glob("*.zip")):
            messages = Path(unzip(str(path)), "messages.json")
            for line in messages.read_text(encoding="utf-8").splitlines():
                _read_message(log, json.loads(line)["payload"])
        return log


def _read_message(log: RunLog, payload: dict[str, Any]) -> None:
    metric, param = payload.get("metric"), payload.get("param") or payload.get("params")
    if metric and metric["metricName"] != _OWN:
        value = metric["metricValue"]  # as text where JSON has no number for it: "NaN"
        values = {metric["metricName"]: number(value) if isinstance(value, str) else value}
        log.metrics.append(MetricRow(step=metric["step"], split=None, metrics=values))
    if param and param["source"] == "manual":
        log.hyperparams[param["paramName"]] = param["paramValue"]

"""DVCLive without its experiments, which need a Git repository."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper, number

os.environ.setdefault("DVC_NO_ANALYTICS", "true")
dvclive: Any = import_module("dvclive")


class Dvclive(Wrapper):
    """``log_metric`` for each value, then ``next_step``; ``log_params``."""

    name: ClassVar[str] = "dvclive"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64", "resume"})

    def open(self) -> Any:
        folder = str(self.directory / "dvclive")
        return dvclive.Live(folder, resume=True, report=None, save_dvc_exp=False, dvcyaml=None)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.step = step
        for key, value in metrics.items():
            self.logger.log_metric(key, value)
        self.logger.next_step()

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        self.logger.log_params(params)

    def finish(self) -> None:
        self.logger.end()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        folder = directory / "dvclive"
        plots = folder / "plots" / "metrics"
        parse = import_module("dvclive.utils").parse_tsv
        rows: list[MetricRow] = []
        for path in sorted(plots.rglob("*.tsv")):
            key = str(path.relative_to(plots).with_suffix(""))
            for line in parse(path):
                step, value = number(line["step"], int), number(line[path.stem])
                rows.append(MetricRow(step=step, split=None, metrics={key: value}))
        params = folder / "params.yaml"
        load_yaml = import_module("dvclive.serialize").load_yaml
        hyperparams: dict[str, Any] = (load_yaml(params) if params.exists() else None) or {}
        return RunLog(metrics=rows, hyperparams=hyperparams, artifacts=[])

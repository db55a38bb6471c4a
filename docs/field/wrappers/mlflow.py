"""MLflow with its SQLite database, without a server."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
mlflow: Any = import_module("mlflow")
# A new database takes many seconds, so all runs of a process share one, as they would on a server.
mlflow.set_tracking_uri("sqlite:///mlflow.db")
_RUN = "run_id"


class Mlflow(Wrapper):
    """``log_metrics`` and ``log_params``, with the id of a run."""

    name: ClassVar[str] = "mlflow"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64", "resume"})

    def open(self) -> Any:
        self._id = self.directory / _RUN
        client = mlflow.MlflowClient()
        if not self._id.exists():
            self._id.write_text(client.create_run("0").info.run_id)
        self._run_id = self._id.read_text()
        return client

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        mlflow.log_metrics(metrics, step=step, run_id=self._run_id)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        mlflow.log_params(params, run_id=self._run_id)

    def finish(self) -> None:
        self.logger.set_terminated(self._run_id)

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        client = mlflow.MlflowClient()
        data = client.get_run((directory / _RUN).read_text()).data
        run_id = (directory / _RUN).read_text()
        rows = [
            MetricRow(step=point.step, split=None, metrics={key: point.value})
            for key in data.metrics
            for point in client.get_metric_history(run_id, key)
        ]
        return RunLog(metrics=rows, hyperparams=data.params, artifacts=[])

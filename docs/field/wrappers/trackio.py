"""trackio in a local database."""

from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper, only_metrics

trackio: Any = import_module("trackio")
storage: Any = import_module("trackio.sqlite_storage").SQLiteStorage
_RUN = "run"


class Trackio(Wrapper):
    """``log``; each destination is a project with one run."""

    name: ClassVar[str] = "trackio"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64", "resume"})

    def open(self) -> Any:
        return trackio.init(
            project=self.directory.name,
            name=_RUN,
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.log(metrics, step=step)

    def finish(self) -> None:
        self.logger.finish()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        rows: list[dict[str, Any]] = storage.get_logs(directory.name, _RUN)
        return only_metrics([_row(row) for row in rows])


def _row(row: dict[str, Any]) -> MetricRow:
    values = {key: value for key, value in row.items() if key not in {"step", "timestamp"}}
    return MetricRow(step=row["step"], split=None, metrics=values)

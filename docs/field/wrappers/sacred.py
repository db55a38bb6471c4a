"""Sacred with a FileStorageObserver."""

import json
import threading
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper, only_metrics

sacred: Any = import_module("sacred")
observers: Any = import_module("sacred.observers")
sacred.SETTINGS.CAPTURE_MODE = "no"
sacred.SETTINGS.HOST_INFO.INCLUDE_GPU_INFO = False


class Sacred(Wrapper):
    """``log_scalar`` of a run, whose main function waits in a thread until the store is closed."""

    name: ClassVar[str] = "sacred"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64"})

    def open(self) -> Any:
        experiment = sacred.Experiment("field", save_git_info=False)
        experiment.observers.append(observers.FileStorageObserver(str(self.directory / "runs")))
        started: SimpleQueue[Any] = SimpleQueue()
        self._closed = threading.Event()

        def main(_run: Any) -> None:
            started.put(_run)
            self._closed.wait()

        experiment.main(main)
        options = {"--loglevel": "ERROR"}
        self._thread = threading.Thread(
            target=experiment.run, kwargs={"options": options}, daemon=True
        )
        self._thread.start()
        return started.get()

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        for key, value in metrics.items():
            self.logger.log_scalar(key, value, step)

    def finish(self) -> None:
        self._closed.set()
        self._thread.join()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        rows: list[MetricRow] = []
        for path in sorted((directory / "runs").glob("*/metrics.json")):
            series: dict[str, Any] = json.loads(path.read_text())
            for key, points in series.items():
                rows += [
                    MetricRow(step=step, split=None, metrics={key: value})
                    for step, value in zip(points["steps"], points["values"], strict=True)
                ]
        return only_metrics(rows)

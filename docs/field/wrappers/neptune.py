"""Neptune 1.x, offline, with its monitors of the system and the console off."""

import os
import threading
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper, only_metrics

neptune: Any = import_module("neptune")


class Neptune(Wrapper):
    """``append`` of a series for each value."""

    name: ClassVar[str] = "neptune"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64"})

    def open(self) -> Any:
        os.environ["NEPTUNE_DATA_DIRECTORY"] = str(self.directory / "neptune")
        return neptune.init_run(
            mode="offline",
            source_files=[],
            git_ref=False,
            capture_stdout=False,
            capture_stderr=False,
            capture_hardware_metrics=False,
            capture_traceback=False,
        )

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        for key, value in metrics.items():
            self.logger[key].append(value, step=step)

    def finish(self) -> None:
        self.logger.stop()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        queue_type = import_module("neptune.core.components.queue.disk_queue").DiskQueue
        operations = import_module("neptune.internal.operation")
        rows: list[MetricRow] = []
        for path in sorted((directory / "neptune").rglob("last_put_version")):
            queue = queue_type(
                data_path=path.parent,
                to_dict=operations.Operation.to_dict,
                from_dict=operations.Operation.from_dict,
                lock=threading.RLock(),
            )
            while (element := queue.get()) is not None:
                if isinstance(element.obj, operations.LogFloats):
                    key = "/".join(element.obj.path)
                    rows += [
                        MetricRow(step=each.step, split=None, metrics={key: each.value})
                        for each in element.obj.values
                    ]
            queue.close()
        return only_metrics(rows)

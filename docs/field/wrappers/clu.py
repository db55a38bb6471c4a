"""The SummaryWriter of clu.metric_writers, which writes with TensorFlow."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, RunLog
from field.wrappers.base import Wrapper, only_metrics
from field.wrappers.event_files import read_scalars

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
metric_writers: Any = import_module("clu.metric_writers")


class Clu(Wrapper):
    """``write_scalars``."""

    name: ClassVar[str] = "clu"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"resume"})

    def open(self) -> Any:
        return metric_writers.SummaryWriter(str(self.directory))

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.write_scalars(step, metrics)

    def finish(self) -> None:
        self.logger.close()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        return only_metrics(read_scalars(directory))

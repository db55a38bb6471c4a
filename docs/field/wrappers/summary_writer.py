"""The calls that PyTorch's SummaryWriter and tensorboardX have in common."""

from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, RunLog
from field.wrappers.base import Wrapper, only_metrics
from field.wrappers.event_files import do_without_tensorflow, read_scalars

do_without_tensorflow()


class SummaryWriterWrapper(Wrapper):
    """``add_scalar`` for each value."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset({"resume"})
    module: ClassVar[str]
    """The module that has the SummaryWriter."""

    def open(self) -> Any:
        return import_module(self.module).SummaryWriter(str(self.directory))

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        for key, value in metrics.items():
            self.logger.add_scalar(key, value, step)

    def finish(self) -> None:
        self.logger.close()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        return only_metrics(read_scalars(directory))

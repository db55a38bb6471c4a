"""PyTorch's SummaryWriter."""

from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, RunLog
from field.wrappers.base import Wrapper, only_metrics
from field.wrappers.event_files import do_without_tensorflow, read_scalars

do_without_tensorflow()
tensorboard: Any = import_module("torch.utils.tensorboard")


class TorchSummaryWriter(Wrapper):
    """``add_scalar`` for each value."""

    name: ClassVar[str] = "torch"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"resume"})

    def open(self) -> Any:
        return tensorboard.SummaryWriter(str(self.directory))

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        for key, value in metrics.items():
            self.logger.add_scalar(key, value, step)

    def finish(self) -> None:
        self.logger.close()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        return only_metrics(read_scalars(directory))

from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor
from torch.nn import Module

_P = ParamSpec("_P")
_T = TypeVar("_T")

class Logger(ABC):
    @property
    @abstractmethod
    def name(self) -> str | None: ...
    @property
    @abstractmethod
    def version(self) -> int | str | None: ...
    @abstractmethod
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None: ...
    @abstractmethod
    def log_hyperparams(
        self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any
    ) -> None: ...
    def log_graph(self, model: Module, input_array: Tensor | None = None) -> None: ...
    def save(self) -> None: ...
    def finalize(self, status: str) -> None: ...
    def after_save_checkpoint(self, checkpoint_callback: ModelCheckpoint) -> None: ...

def rank_zero_experiment(fn: Callable[_P, _T]) -> Callable[_P, _T]: ...

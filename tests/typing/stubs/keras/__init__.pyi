from collections.abc import Sequence
from typing import Any

from keras import callbacks as callbacks
from keras import layers as layers
from keras import ops as ops
from keras import optimizers as optimizers

class Model:
    _compile_config: object
    loss: Any
    optimizer: optimizers.Optimizer
    def compile(
        self, *, optimizer: str | optimizers.Optimizer, loss: Any, metrics: Sequence[Any] = ...
    ) -> None: ...
    def get_compile_config(self) -> dict[str, Any]: ...
    def fit(
        self,
        x: object,
        y: object,
        *,
        batch_size: int = ...,
        callbacks: Sequence[callbacks.Callback] = ...,
        epochs: int = ...,
        initial_epoch: int = ...,
        validation_data: tuple[object, object] = ...,
        verbose: int = ...,
    ) -> object: ...
    def evaluate(
        self,
        x: object,
        y: object,
        *,
        callbacks: Sequence[callbacks.Callback] = ...,
        verbose: int = ...,
    ) -> object: ...

class Sequential(Model):
    def __init__(self, layers: Sequence[layers.Layer]) -> None: ...

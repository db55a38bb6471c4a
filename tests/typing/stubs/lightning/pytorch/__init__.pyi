from collections.abc import Iterable
from typing import Any

from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers.logger import Logger
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer
from torch.utils.data import DataLoader

class LightningModule(Module):
    @property
    def logger(self) -> Logger | None: ...
    @property
    def trainer(self) -> Trainer: ...
    def save_hyperparameters(self, *args: Any) -> None: ...
    def log(
        self,
        name: str,
        value: Tensor | float,
        *,
        on_step: bool | None = None,
        on_epoch: bool | None = None,
    ) -> None: ...
    def training_step(self, batch: Any, batch_idx: int) -> Tensor: ...
    def validation_step(self, batch: Any, batch_idx: int) -> None: ...
    def test_step(self, batch: Any, batch_idx: int) -> None: ...
    def configure_optimizers(self) -> Optimizer: ...

class Trainer:
    def __init__(
        self,
        *,
        accelerator: str = ...,
        callbacks: list[Callback] | None = ...,
        default_root_dir: str | None = ...,
        devices: int = ...,
        enable_checkpointing: bool | None = ...,
        enable_model_summary: bool | None = ...,
        enable_progress_bar: bool | None = ...,
        log_every_n_steps: int | None = ...,
        logger: Logger | Iterable[Logger] | bool | None = ...,
        max_epochs: int | None = ...,
    ) -> None: ...
    @property
    def testing(self) -> bool: ...
    @property
    def validating(self) -> bool: ...
    @property
    def sanity_checking(self) -> bool: ...
    def fit(
        self,
        model: LightningModule,
        train_dataloaders: DataLoader | None = ...,
        val_dataloaders: DataLoader | None = ...,
        *,
        ckpt_path: str | None = ...,
    ) -> None: ...
    def test(self, model: LightningModule, dataloaders: DataLoader) -> object: ...

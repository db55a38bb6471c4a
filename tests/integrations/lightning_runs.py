"""A small run of the Lightning Trainer, and what it logged."""

from pathlib import Path
from typing import Any

import pytest

from evsys_sdk import RunLog
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need

need("torch", "lightning")

import torch
from lightning.pytorch import LightningModule, Trainer
from torch.utils.data import DataLoader, TensorDataset

from evsys_sdk.integrations.lightning import LogStoreLogger

FILTERS = [
    # Advice on how many workers load the data, and the like.
    pytest.mark.filterwarnings("ignore::lightning.fabric.utilities.warnings.PossibleUserWarning"),
    # What Lightning 2.6 uses of torch 2.13.
    pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec:FutureWarning"),
]


class Line(LightningModule):
    """Four steps make an epoch; the loss of the step ``fail_at`` is the ``error``."""

    def __init__(self, lr: float = 0.1, **others: Any) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.line = torch.nn.Linear(1, 1)
        self.lr = lr
        self.fail_at = -1
        self.error: BaseException = KeyboardInterrupt()

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        if batch_idx == self.fail_at:
            raise self.error
        loss = torch.nn.MSELoss()(self.line(batch[0]), batch[0])
        self.log("train_loss", loss)
        self.log("same_key", 1.0)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.log("val_loss", torch.nn.MSELoss()(self.line(batch[0]), batch[0]))
        self.log("same_key", 2.0)

    def test_step(self, batch: Any, batch_idx: int) -> None:
        self.log("same_key", 3.0)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.lr)


def data() -> DataLoader:
    return DataLoader(TensorDataset(torch.randn(8, 1)), batch_size=2)


def trainer(logger: LogStoreLogger, root: Path, **options: Any) -> Trainer:
    settings: dict[str, Any] = {
        "accelerator": "cpu",
        "default_root_dir": str(root),
        "enable_model_summary": False,
        "enable_progress_bar": False,
        "log_every_n_steps": 1,
        "logger": logger,
        "max_epochs": 2,
    }
    return Trainer(**settings | options)


def read(log_dir: Path) -> RunLog:
    return JSONLLogStore.read_run(log_dir=log_dir)


def points(log: RunLog) -> list[tuple[str | None, int, dict[str, float]]]:
    return [(row.split, row.step, row.metrics) for row in log.metrics]

"""The Lightning logger, in real runs of the Trainer."""

import signal
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk import RunLog
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need
from integrations.watched_store import WatchedStore

need("torch", "lightning")

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from torch.utils.data import DataLoader, TensorDataset

from evsys_sdk.integrations.lightning import LogStoreLogger

pytestmark = [
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


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """An interrupted Trainer leaves SIGINT ignored."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_run_is_logged_whole(source: dict[str, Any], log_dir: Path, tmp_path: Path) -> None:
    run = trainer(LogStoreLogger(source), tmp_path)
    run.fit(Line(lr=0.2), data(), data())
    log = read(log_dir)
    assert [(row.split, row.step) for row in log.metrics] == [
        *[("train", step) for step in range(4)],
        ("val", 3),
        *[("train", step) for step in range(4, 8)],
        ("val", 7),
    ]
    assert [*log.metrics[0].metrics] == ["train_loss", "same_key", "epoch"]
    assert [*log.metrics[4].metrics] == ["val_loss", "same_key", "epoch"]
    assert {row.metrics["same_key"] for row in log.metrics if row.split == "val"} == {2.0}
    assert log.hyperparams == {"lr": 0.2}
    saved = sorted(str(path) for path in (tmp_path / "checkpoints").iterdir())
    assert [(each.name, each.path, each.kind) for each in log.artifacts][-1:] == [
        ("epoch=1-step=8.ckpt", saved[0], "checkpoint")
    ]
    assert len(log.artifacts) == 2


def test_a_test_after_the_fit_continues_the_log_under_its_split(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    run, model = trainer(LogStoreLogger(source), tmp_path, max_epochs=1), Line()
    run.fit(model, data())
    run.test(model, data())
    assert points(read(log_dir))[-1] == ("test", 4, {"same_key": 3.0, "epoch": 1.0})


def test_an_exception_closes_the_store_and_goes_on(
    source: dict[str, Any], log_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WatchedStore, "fails_to_close", True)
    model = Line()
    model.fail_at, model.error = 2, RuntimeError("out of memory")
    with pytest.raises(RuntimeError, match="out of memory"):
        trainer(LogStoreLogger(source), tmp_path).fit(model, data())
    assert WatchedStore.opened == []
    assert [row.step for row in read(log_dir).metrics] == [0, 1]


def test_an_interrupt_closes_the_store(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    model = Line()
    model.fail_at = 1
    with pytest.raises(SystemExit):
        trainer(LogStoreLogger(source), tmp_path).fit(model, data())
    assert WatchedStore.opened == []
    assert [row.step for row in read(log_dir).metrics] == [0]


def test_a_failing_close_at_the_end_is_raised(
    source: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WatchedStore, "fails_to_close", True)
    with pytest.raises(OSError, match="the destination is gone"):
        trainer(LogStoreLogger(source), tmp_path, max_epochs=1).fit(Line(), data())


def test_a_store_that_was_given_stays_open(log_dir: Path, tmp_path: Path) -> None:
    store = JSONLLogStore(log_dir=log_dir)
    logger = LogStoreLogger(store)
    trainer(logger, tmp_path, max_epochs=1).fit(Line(), data())
    assert logger.experiment is store
    store.log_metrics({"after": 1.0}, 4)
    store.close()
    assert points(read(log_dir))[-1] == ("train", 4, {"after": 1.0})


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* is not empty:UserWarning")
def test_a_resumed_trainer_continues_the_log(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    first = ModelCheckpoint(str(tmp_path / "saved"), save_top_k=-1)
    trainer(LogStoreLogger(source), tmp_path, max_epochs=1, callbacks=[first]).fit(Line(), data())
    again = ModelCheckpoint(str(tmp_path / "saved"), save_top_k=-1)
    resumed = trainer(LogStoreLogger(source), tmp_path, callbacks=[again])
    resumed.fit(Line(lr=0.3), data(), ckpt_path=first.best_model_path)
    log = read(log_dir)
    assert [row.step for row in log.metrics] == [*range(8)]
    assert [each.name for each in log.artifacts] == ["epoch=0-step=4.ckpt", "epoch=1-step=8.ckpt"]
    assert log.hyperparams == {"lr": 0.3}


def test_a_checkpoint_that_an_exception_caused_is_logged(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    model = Line()
    model.fail_at, model.error = 3, RuntimeError("out of memory")
    saving = ModelCheckpoint(str(tmp_path / "saved"), save_on_exception=True)
    with pytest.raises(RuntimeError, match="out of memory"):
        trainer(LogStoreLogger(source), tmp_path, callbacks=[saving]).fit(model, data())
    (saved,) = (tmp_path / "saved").iterdir()
    (artifact,) = read(log_dir).artifacts
    assert artifact.path == str(saved)


def test_hyperparameters_that_are_no_json_become_text(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    model = Line(data=tmp_path, layer=torch.nn.Linear, shape=(2, 3))
    trainer(LogStoreLogger(source), tmp_path, max_epochs=1).fit(model, data())
    assert read(log_dir).hyperparams == {
        "lr": 0.1,
        "data": str(tmp_path),
        "layer": "torch.nn.modules.linear.Linear",
        "shape": [2, 3],
    }


def test_other_ranks_than_zero_open_and_log_nothing(
    source: dict[str, Any], log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rank_zero_only, "rank", 1)
    logger = LogStoreLogger(source)
    logger.log_metrics({"loss": 1.0}, 0)
    logger.log_hyperparams({"lr": 0.1})
    logger.experiment.log_scalar("loss", 1.0, 0)
    logger.finalize("success")
    assert not log_dir.exists()


def test_a_logger_without_a_trainer_logs_training_steps(
    source: dict[str, Any], log_dir: Path
) -> None:
    logger = LogStoreLogger(source)
    logger.log_hyperparams(Namespace(lr=0.1))
    logger.log_metrics({"loss": 1.0}, step=4)
    logger.log_metrics({"loss": 0.5})
    logger.finalize("success")
    log = read(log_dir)
    assert points(log) == [("train", 4, {"loss": 1.0}), ("train", 5, {"loss": 0.5})]
    assert log.hyperparams == {"lr": 0.1}

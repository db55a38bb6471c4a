"""The Lightning logger, in real runs of the Trainer."""

import signal
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need
from integrations.watched_store import WatchedStore

need("torch", "lightning")

from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from evsys_sdk.integrations.lightning import LogStoreLogger
from integrations.lightning_runs import FILTERS, Line, data, points, read, trainer

pytestmark = FILTERS


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
    saved = sorted(str(path) for path in (log_dir / "checkpoints").iterdir())
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


@pytest.mark.parametrize("given", [True, False], ids=["given", "default"])
def test_checkpoints_are_saved_where_the_logger_says(
    given: bool, log_dir: Path, tmp_path: Path
) -> None:
    store = JSONLLogStore(log_dir=log_dir)
    logger = LogStoreLogger(store, save_dir=tmp_path / "saved") if given else LogStoreLogger(store)
    trainer(logger, tmp_path / "root", max_epochs=1).fit(Line(), data())
    store.close()
    place = tmp_path / ("saved" if given else "root") / "checkpoints"
    assert [each.path for each in read(log_dir).artifacts] == [str(place / "epoch=0-step=4.ckpt")]


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

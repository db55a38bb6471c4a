"""The Accelerate tracker, in real runs of an ``Accelerator``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk import LogStoreConfigError, RunLog, open_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need
from integrations.watched_store import WatchedStore

need("torch", "accelerate")

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from evsys_sdk.integrations.accelerate import LogStoreTracker


@pytest.fixture(autouse=True)
def no_state() -> Iterator[None]:
    """Accelerate keeps what a process is in one place for all accelerators."""
    yield
    AcceleratorState._reset_state(True)


def accelerator(tracker: LogStoreTracker, config: dict[str, Any] | None = None) -> Accelerator:
    started = Accelerator(cpu=True, log_with=[tracker])
    started.init_trackers("project", config=config)
    return started


def read(log_dir: Path) -> RunLog:
    return JSONLLogStore.read_run(log_dir=log_dir)


def points(log_dir: Path) -> list[tuple[str | None, int, dict[str, float]]]:
    return [(row.split, row.step, row.metrics) for row in read(log_dir).metrics]


def test_a_run_is_logged_whole(source: dict[str, Any], log_dir: Path, tmp_path: Path) -> None:
    tracker = LogStoreTracker(source)
    run = accelerator(tracker, {"lr": 0.1, "layers": (64, 10), "dtype": torch.float32})
    run.log({"train_loss": torch.tensor(0.5), "val_loss": 0.25}, step=3)
    run.save_state(str(tmp_path / "checkpoints" / "first"))
    tracker.log_checkpoint(tmp_path / "checkpoints" / "first")
    run.end_training()
    assert WatchedStore.opened == []
    log = read(log_dir)
    assert points(log_dir) == [("train", 3, {"train_loss": 0.5}), ("val", 3, {"val_loss": 0.25})]
    assert log.hyperparams == {"lr": 0.1, "layers": [64, 10], "dtype": "torch.float32"}
    assert [(each.name, each.path, each.kind) for each in log.artifacts] == [
        ("first", str(tmp_path / "checkpoints" / "first"), "checkpoint")
    ]
    assert Path(log.artifacts[0].path).is_dir()


def test_the_beginning_of_a_key_is_the_split_if_it_names_one(
    source: dict[str, Any], log_dir: Path
) -> None:
    run = accelerator(LogStoreTracker(source))
    run.log({"loss": 1, "eval/loss": 2, "eval_acc": 3, "test_loss": 4, "val": 5}, step=0)
    run.log({"train_loss": 1, "valuable_loss": 2, "validation_loss": 3, "best_val_loss": 4}, step=1)
    run.end_training()
    assert points(log_dir) == [
        ("train", 0, {"loss": 1, "val": 5}),
        ("eval", 0, {"eval/loss": 2, "eval_acc": 3}),
        ("test", 0, {"test_loss": 4}),
        ("train", 1, {"train_loss": 1, "valuable_loss": 2, "best_val_loss": 4}),
        ("validation", 1, {"validation_loss": 3}),
    ]


def test_a_call_can_name_the_split(
    source: dict[str, Any], log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = accelerator(LogStoreTracker(source))
    run.log({"loss": 1, "val_loss": 2}, 0, {"evsys": {"split": "dev"}, "wandb": {"commit": False}})
    assert caplog.records == []
    run.log({"loss": 3}, 1, {"evsys": {"splits": "dev"}})
    run.end_training()
    assert points(log_dir) == [("dev", 0, {"loss": 1, "val_loss": 2}), ("train", 1, {"loss": 3})]
    assert "the argument 'splits' is not used: log_kwargs of 'evsys' takes 'split'" in caplog.text


def test_without_a_whole_step_the_next_one_is_used(
    source: dict[str, Any], log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = accelerator(LogStoreTracker(source))
    for step in (None, None, torch.tensor(7), None):
        run.log({"loss": 1.0}, step)
    assert caplog.records == []
    for other in (9.0, 9.5, "10"):
        run.log({"loss": 1.0}, other)
    run.end_training()
    assert [step for _, step, _ in points(log_dir)] == [0, 1, 7, 8, 9, 10, 11]
    assert caplog.text.count("step must be a whole number, got 9.5") == 1


def test_a_dict_of_numbers_is_recorded_item_by_item_and_a_text_is_not(
    source: dict[str, Any], log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = accelerator(LogStoreTracker(source))
    run.log({"val_f1": {"cat": 0.5, "dog": float("nan")}, "note": "text", "loss": 1.0}, step=0)
    run.end_training()
    [(first, _, scores), (second, _, others)] = points(log_dir)
    assert (first, second) == ("val", "train")
    assert repr(scores) == "{'val_f1/cat': 0.5, 'val_f1/dog': nan}"
    assert others == {"loss": 1.0}
    assert "the metric 'note' is not logged: TypeError: " in caplog.text


def test_a_call_after_the_end_of_training_continues_the_log(
    source: dict[str, Any], log_dir: Path
) -> None:
    run = accelerator(LogStoreTracker(source))
    run.log({"loss": 1.0}, step=0)
    run.end_training()
    run.log({"loss": 2.0})
    run.end_training()
    assert WatchedStore.opened == []
    assert [step for _, step, _ in points(log_dir)] == [0, 1]


def test_an_open_store_stays_open_and_is_what_get_tracker_returns(log_dir: Path) -> None:
    with open_log_store({"kind": "jsonl", "params": {"log_dir": log_dir}}) as store:
        tracker = LogStoreTracker(store)
        run = accelerator(tracker)
        assert run.get_tracker("evsys") is tracker
        assert run.get_tracker("evsys", unwrap=True) is store
        run.end_training()
        store.log_metrics({"after": 1.0}, 0)
    assert points(log_dir) == [("train", 0, {"after": 1.0})]


def test_finish_closes_after_an_exception_what_the_tracker_opened(
    source: dict[str, Any], log_dir: Path
) -> None:
    tracker = LogStoreTracker(source)
    run = accelerator(tracker)

    def train() -> None:
        try:
            run.log({"loss": 1.0}, step=0)
            raise RuntimeError("out of memory")
        finally:
            run.end_training()

    with pytest.raises(RuntimeError, match="out of memory"):
        train()
    tracker.finish()
    assert WatchedStore.opened == []
    assert points(log_dir) == [("train", 0, {"loss": 1.0})]


def test_a_wrong_configuration_is_refused_before_training_begins() -> None:
    with pytest.raises(LogStoreConfigError, match="did you mean log_dir"):
        LogStoreTracker({"kind": "jsonl", "params": {"logdir": "logs"}})

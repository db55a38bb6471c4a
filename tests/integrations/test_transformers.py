"""The Hugging Face Trainer callback, in real runs of the Trainer."""

import json
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk import open_log_store
from integrations.libraries import need
from integrations.trainer_runs import arguments, data, gpt2, read
from integrations.watched_store import WatchedStore

need("torch", "accelerate", "transformers")

from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from evsys_sdk.integrations.transformers import LogStoreCallback


class FailsAt(TrainerCallback):
    """Raises in the middle of training."""

    def __init__(self, step: int, error: BaseException) -> None:
        self.step, self.error = step, error

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.global_step == self.step:
            raise self.error


def trainer(root: Path, *callbacks: TrainerCallback, **options: Any) -> Trainer:
    settings: dict[str, Any] = {"args": arguments(root), "eval_dataset": data(2)}
    return Trainer(
        model=gpt2(),
        train_dataset=data(),
        callbacks=[*callbacks],
        **settings | options,
    )


def test_a_run_is_logged_whole(source: dict[str, Any], log_dir: Path, tmp_path: Path) -> None:
    trainer(tmp_path, LogStoreCallback(source)).train()
    assert WatchedStore.opened == []
    log = read(log_dir)
    assert [(row.split, row.step) for row in log.metrics] == [
        *[("train", 1), ("train", 2), ("eval", 2)],
        *[("train", 3), ("train", 4), ("eval", 4)],
        ("train", 4),
    ]
    assert {"loss", "grad_norm", "learning_rate", "epoch"} == log.metrics[0].metrics.keys()
    assert {"eval_loss", "eval_runtime", "epoch"} < log.metrics[2].metrics.keys()
    assert {"train_loss", "train_runtime", "total_flos"} < log.metrics[-1].metrics.keys()
    assert [(each.name, each.path, each.kind) for each in log.artifacts] == [
        (f"checkpoint-{step}", str(tmp_path / "out" / f"checkpoint-{step}"), "checkpoint")
        for step in (2, 4)
    ]
    assert all(Path(each.path).is_dir() for each in log.artifacts)


def test_the_arguments_and_the_models_configuration_are_the_hyperparameters(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    options = {"hub_token": "secret", "optim": "sgd"}
    run = trainer(tmp_path, LogStoreCallback(source), args=arguments(tmp_path, **options))
    run.train()
    logged = read(log_dir).hyperparams
    assert logged["learning_rate"] == 0.01
    assert logged["num_train_epochs"] == 2
    assert logged["eval_strategy"] == "epoch"
    assert logged["optim"] == "sgd"
    assert logged["output_dir"] == str(tmp_path / "out")
    assert logged["model_config"]["n_embd"] == 4
    assert logged["model_config"]["id2label"] == {"0": "LABEL_0", "1": "LABEL_1"}
    assert "secret" not in json.dumps(logged)


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), KeyboardInterrupt("Ctrl-C")])
def test_a_store_that_was_opened_around_training_is_closed_by_an_exception(
    error: BaseException, source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(type(error), match=str(error)), open_log_store(source) as store:
        trainer(tmp_path, LogStoreCallback(store), FailsAt(2, error)).train()
    assert WatchedStore.opened == []
    assert [row.step for row in read(log_dir).metrics] == [1]


def test_close_closes_after_an_exception_what_the_callback_opened(
    source: dict[str, Any], tmp_path: Path
) -> None:
    callback = LogStoreCallback(source)
    run = trainer(tmp_path, callback, FailsAt(2, RuntimeError("out of memory")))
    with pytest.raises(RuntimeError, match="out of memory"):
        run.train()
    assert len(WatchedStore.opened) == 1
    callback.close()
    callback.close()
    assert WatchedStore.opened == []


def test_training_leaves_a_store_open_that_was_given(log_dir: Path, tmp_path: Path) -> None:
    with open_log_store({"kind": "jsonl", "params": {"log_dir": log_dir}}) as store:
        trainer(tmp_path, LogStoreCallback(store)).train()
        store.log_metrics({"after": 1.0}, 5)
    assert read(log_dir).metrics[-1].metrics == {"after": 1.0}


def test_a_resumed_trainer_continues_the_log(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    one = arguments(tmp_path, num_train_epochs=1)
    trainer(tmp_path, LogStoreCallback(source), args=one).train()
    checkpoint = str(tmp_path / "out" / "checkpoint-2")
    trainer(tmp_path, LogStoreCallback(source)).train(resume_from_checkpoint=checkpoint)
    log = read(log_dir)
    losses = [row.step for row in log.metrics if "loss" in row.metrics]
    assert losses == [1, 2, 3, 4]
    assert [each.name for each in log.artifacts] == ["checkpoint-2", "checkpoint-4"]
    assert log.hyperparams["num_train_epochs"] == 2


def test_evaluations_after_training_continue_the_log_under_their_prefix(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    callback = LogStoreCallback(source)
    run = trainer(tmp_path, callback)
    run.train()
    run.evaluate(metric_key_prefix="final")
    run.predict(data(2))
    assert WatchedStore.opened == []
    evaluated, predicted = read(log_dir).metrics[-2:]
    assert (evaluated.split, evaluated.step) == ("final", 4)
    assert "final_loss" in evaluated.metrics
    assert (predicted.split, predicted.step) == ("test", 4)
    assert "test_loss" in predicted.metrics


def test_each_of_several_datasets_has_its_split(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    datasets = {"easy": data(2), "hard": data(2)}
    trainer(tmp_path, LogStoreCallback(source), eval_dataset=datasets).train()
    splits = [row.split for row in read(log_dir).metrics if row.split != "train"]
    assert splits == ["eval_easy", "eval_hard"] * 2


def test_metrics_that_are_not_numbers_are_left_out_with_a_warning(
    source: dict[str, Any],
    log_dir: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def measure(prediction: Any) -> dict[str, Any]:
        return {"per_class": [0.5, 1.0], "own_runtime": 1.5}

    trainer(tmp_path, LogStoreCallback(source), compute_metrics=measure).train()
    row = next(row for row in read(log_dir).metrics if row.split != "train")
    assert row.split == "eval"
    assert row.metrics["eval_own_runtime"] == 1.5
    assert "eval_per_class" not in row.metrics
    assert "the metric 'eval_per_class' is not logged: TypeError: " in caplog.text


def test_other_processes_than_the_worlds_first_open_and_log_nothing(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    callback, args = LogStoreCallback(source), arguments(tmp_path)
    state, control = TrainerState(is_world_process_zero=False), TrainerControl()
    callback.on_train_begin(args, state, control)
    callback.on_log(args, state, control, logs={"loss": 1.0})
    callback.on_save(args, state, control)
    callback.on_predict(args, state, control, {"test_loss": 1.0})
    callback.on_train_end(args, state, control)
    assert not log_dir.exists()

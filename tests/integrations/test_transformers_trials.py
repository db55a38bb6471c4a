"""The Hugging Face Trainer callback in hyperparameter searches, and values that it can't record."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from evsys_sdk import LogStoreConfigError, open_log_store
from integrations.libraries import need
from integrations.trainer_runs import arguments, data, gpt2, read
from integrations.watched_store import WatchedStore

need("optuna")

from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from evsys_sdk.integrations.transformers import LogStoreCallback


def stores(root: Path) -> Callable[[str], dict[str, Any]]:
    return lambda trial: {"kind": "watched", "params": {"log_dir": str(root / "logs" / trial)}}


def search(root: Path, *callbacks: TrainerCallback, trials: int = 2, **options: Any) -> Trainer:
    run = Trainer(
        model_init=gpt2,
        args=arguments(root, num_train_epochs=1),
        train_dataset=data(),
        eval_dataset=data(2),
        callbacks=[*callbacks],
    )
    run.hyperparameter_search(
        hp_space=lambda trial: {"learning_rate": trial.suggest_float("learning_rate", 0.001, 0.1)},
        backend="optuna",
        n_trials=trials,
        **options,
    )
    return run


def check_trial(root: Path, log: str, out: str) -> float:
    """Check what one trial logged; give its learning rate."""
    logged = read(root / "logs" / log)
    steps = [(row.split, row.step) for row in logged.metrics]
    assert steps == [("train", 1), ("train", 2), ("eval", 2), ("train", 2)]
    [checkpoint] = logged.artifacts
    assert checkpoint.name == "checkpoint-2"
    assert checkpoint.path == str(root / "out" / out / "checkpoint-2")
    assert (Path(checkpoint.path) / "trainer_state.json").is_file()
    return cast("float", logged.hyperparams["learning_rate"])


def test_each_trial_has_its_log_and_points_to_its_checkpoints(tmp_path: Path) -> None:
    run = search(tmp_path, LogStoreCallback(stores(tmp_path)))
    assert WatchedStore.opened == []
    rates = [check_trial(tmp_path, f"run-{trial}", f"run-{trial}") for trial in range(2)]
    assert rates[0] != rates[1]
    run.train()
    assert read(tmp_path / "logs" / "run-2").artifacts[0].path == str(
        tmp_path / "out" / "checkpoint-2"
    )


def test_a_trial_has_the_name_that_the_search_gives_it(tmp_path: Path) -> None:
    def name(trial: Any) -> str:
        return f"lr/{trial.number}"

    search(tmp_path, LogStoreCallback(stores(tmp_path)), hp_name=name)
    for trial in range(2):
        check_trial(tmp_path, f"lr/{trial}", f"lr/{trial}")


def test_a_second_search_points_to_its_own_checkpoints_beside_those_of_the_first(
    tmp_path: Path,
) -> None:
    search(tmp_path, LogStoreCallback(stores(tmp_path / "first")), trials=3)
    search(tmp_path, LogStoreCallback(stores(tmp_path)))
    for trial in range(2):
        check_trial(tmp_path, f"run-{trial}", f"run-{trial}")


class FailsInFirst(TrainerCallback):
    """Raises in the first trial."""

    failed = False

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if not self.failed:
            self.failed = True
            raise RuntimeError("out of memory")


def test_the_store_of_a_trial_that_failed_is_closed_when_the_next_begins(
    tmp_path: Path,
) -> None:
    search(tmp_path, FailsInFirst(), LogStoreCallback(stores(tmp_path)), catch=RuntimeError)
    assert WatchedStore.opened == []
    assert read(tmp_path / "logs" / "run-0").metrics == []
    check_trial(tmp_path, "run-1", "run-1")


def test_trials_that_share_a_store_are_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_log_store({"kind": "jsonl", "params": {"log_dir": tmp_path / "logs"}}) as store:
        search(tmp_path, LogStoreCallback(store))
    assert caplog.text.count("search are all logged to one store. Pass a function") == 1
    assert [each.path for each in read(tmp_path / "logs").artifacts] == [
        str(tmp_path / "out" / f"run-{trial}" / "checkpoint-2") for trial in range(2)
    ]


def test_a_failing_close_of_a_trial_that_failed_does_not_end_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    callback, args = LogStoreCallback(stores(tmp_path)), arguments(tmp_path)
    state, control = TrainerState(is_world_process_zero=True), TrainerControl()
    callback.on_train_begin(args, state, control)
    monkeypatch.setattr(WatchedStore, "fails_to_close", True)
    callback.on_train_begin(args, state, control)
    monkeypatch.setattr(WatchedStore, "fails_to_close", False)
    callback.close()
    assert "closing the log store failed" in caplog.text


def test_a_trial_that_is_trained_outside_a_search_points_to_its_checkpoint_too(
    tmp_path: Path,
) -> None:
    callback, args = LogStoreCallback(stores(tmp_path)), arguments(tmp_path)
    state, control = TrainerState(global_step=2, is_world_process_zero=True), TrainerControl()
    state.is_hyper_param_search = True
    saved = tmp_path / "out" / "checkpoint-2"
    saved.mkdir(parents=True)
    (saved / "trainer_state.json").write_text('{"log_history": []}')
    callback.on_train_begin(args, state, control)
    callback.on_save(args, state, control)
    callback.on_train_end(args, state, control)
    assert [each.path for each in read(tmp_path / "logs" / "run-0").artifacts] == [str(saved)]


def test_a_checkpoint_of_a_trial_that_is_nowhere_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback, args = LogStoreCallback(stores(tmp_path)), arguments(tmp_path)
    state, control = TrainerState(global_step=2, is_world_process_zero=True), TrainerControl()
    state.is_hyper_param_search = True
    for number, text in enumerate(["", "{}", '{"log_history": [{"loss": 1.0}]}']):
        other = tmp_path / "out" / f"run-{number}" / "checkpoint-2"
        other.mkdir(parents=True)
        (other / "trainer_state.json").write_text(text)
    (tmp_path / "out" / "run-9" / "checkpoint-2").mkdir(parents=True)
    state.log_history = [{"loss": 2.0}]
    callback.on_train_begin(args, state, control)
    callback.on_save(args, state, control)
    callback.on_train_end(args, state, control)
    assert read(tmp_path / "logs" / "run-0").artifacts == []
    assert f"the checkpoint of step 2 is not logged: none below {tmp_path}/out has" in caplog.text


def test_a_function_that_names_a_wrong_store_is_refused_before_training_begins() -> None:
    def wrong(trial: str) -> dict[str, Any]:
        return {"kind": "jsonl", "params": {"logdir": trial}}

    with pytest.raises(LogStoreConfigError, match="did you mean log_dir"):
        LogStoreCallback(wrong)


class Undescribed:
    """The configuration of a model, which does not tell what it holds."""

    def to_dict(self) -> dict[str, Any]:
        raise NotImplementedError("to_dict")


class Model:
    config = Undescribed()


def test_values_that_can_not_be_recorded_do_not_end_the_training(
    source: dict[str, Any], log_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback, args = LogStoreCallback(source), arguments(tmp_path)
    state, control = TrainerState(global_step=1, is_world_process_zero=True), TrainerControl()
    callback.on_train_begin(args, state, control, model=Model())
    callback.on_log(args, state, control, logs={"loss": np.array([0.5]), "": 1.0, "text": "x"})
    callback.on_log(args, state, control, logs={"_loss": 0.5, "_runtime": 1.0})
    callback.on_train_end(args, state, control)
    log = read(log_dir)
    assert log.hyperparams["model_config"] == "Undescribed"
    assert [(row.split, row.metrics) for row in log.metrics] == [
        ("train", {"loss": 0.5}),
        ("eval", {"_loss": 0.5, "_runtime": 1.0}),
    ]
    assert "the description of Undescribed is logged as 'Undescribed': Not" in caplog.text

"""The Keras callback, in real runs of ``fit``."""

import glob
import os
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk import RunLog, open_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need
from integrations.watched_store import WatchedStore

# Keras looks at it when it is imported first; all the tests of a process share the one that it has.
os.environ.setdefault("KERAS_BACKEND", "torch")
need("torch", "keras")

import keras
import numpy as np

from evsys_sdk.integrations.keras import LogStoreCallback

# How Keras 3.15 reads parameters of torch 2.13.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

X = np.linspace(-1, 1, 8).reshape(8, 1)


class FailsAt(keras.callbacks.Callback):
    """Raises in the middle of training."""

    def __init__(self, epoch: int, error: BaseException) -> None:
        super().__init__()
        self.epoch, self.error = epoch, error

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch == self.epoch:
            raise self.error


def line(**options: Any) -> keras.Model:
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    settings: dict[str, Any] = {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}
    model.compile(**settings | options)
    return model


def fit(model: keras.Model, *callbacks: keras.callbacks.Callback, **options: Any) -> None:
    settings: dict[str, Any] = {"batch_size": 4, "epochs": 2, "verbose": 0}
    model.fit(X, X, callbacks=[*callbacks], **settings | options)


def read(log_dir: Path) -> RunLog:
    return JSONLLogStore.read_run(log_dir=log_dir)


def rows(log_dir: Path) -> list[tuple[str | None, int, list[str]]]:
    return [(row.split, row.step, [*row.metrics]) for row in read(log_dir).metrics]


def test_a_run_is_logged_whole(source: dict[str, Any], log_dir: Path) -> None:
    callback = LogStoreCallback(source, hyperparams={"batch_size": 4, "data": log_dir})
    fit(line(), callback, validation_data=(X, X))
    assert WatchedStore.opened == []
    assert rows(log_dir) == [
        ("train", 0, ["loss", "mae"]),
        ("val", 0, ["val_loss", "val_mae"]),
        ("train", 1, ["loss", "mae"]),
        ("val", 1, ["val_loss", "val_mae"]),
    ]
    params = read(log_dir).hyperparams
    assert params["epochs"] == 2
    assert params["steps"] == 2
    assert params["batch_size"] == 4
    assert params["data"] == str(log_dir)
    assert params["compile"]["loss"] == "mse"


@pytest.mark.parametrize("before", [True, False], ids=["saves before", "saves after"])
def test_the_files_of_a_checkpoint_callback_are_artifacts(
    before: bool, source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved [1]"
    saved.mkdir()
    (saved / "model-00.keras").write_text("of an earlier run")
    saving = keras.callbacks.ModelCheckpoint(str(saved / "model-{epoch:02d}.keras"))
    callbacks = [saving, LogStoreCallback(source, checkpoint=saving)]
    fit(line(), *(callbacks if before else callbacks[::-1]))
    assert [(each.name, each.path, each.kind) for each in read(log_dir).artifacts] == [
        ("model-01.keras", str(saved / "model-01.keras"), "checkpoint"),
        ("model-02.keras", str(saved / "model-02.keras"), "checkpoint"),
    ]


def test_a_checkpoint_is_logged_when_it_is_replaced_and_only_then(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    best = str(tmp_path / "best.keras")
    saving = keras.callbacks.ModelCheckpoint(best, monitor="loss", save_best_only=True)
    callback = LogStoreCallback(source, checkpoint=saving)
    fit(line(), callback, saving, epochs=3)
    assert [each.path for each in read(log_dir).artifacts] == [best] * 3
    saving = keras.callbacks.ModelCheckpoint(best, monitor="loss", save_freq=1000)
    fit(line(), LogStoreCallback(source, checkpoint=saving), saving)
    assert [each.path for each in read(log_dir).artifacts] == [best] * 3


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), KeyboardInterrupt("Ctrl-C")])
def test_a_store_that_was_opened_around_training_is_closed_by_an_exception(
    error: BaseException, source: dict[str, Any], log_dir: Path
) -> None:
    with pytest.raises(type(error), match=str(error)), open_log_store(source) as store:
        fit(line(), FailsAt(1, error), LogStoreCallback(store))
    assert WatchedStore.opened == []
    assert rows(log_dir) == [("train", 0, ["loss", "mae"])]


def test_close_closes_after_an_exception_what_the_callback_opened(source: dict[str, Any]) -> None:
    callback = LogStoreCallback(source)
    with pytest.raises(RuntimeError, match="out of memory"):
        fit(line(), callback, FailsAt(1, RuntimeError("out of memory")))
    assert len(WatchedStore.opened) == 1
    callback.close()
    callback.close()
    assert WatchedStore.opened == []


def test_an_evaluation_is_logged_also_after_a_fit_that_failed(
    source: dict[str, Any], log_dir: Path
) -> None:
    model, callback = line(), LogStoreCallback(source)
    with pytest.raises(RuntimeError, match="out of memory"):
        fit(model, callback, FailsAt(1, RuntimeError("out of memory")), validation_data=(X, X))
    model.evaluate(X, X, callbacks=[callback], verbose=0)
    assert WatchedStore.opened == []
    assert rows(log_dir)[-1] == ("test", 1, ["loss", "mae"])
    assert [split for split, _, _ in rows(log_dir)] == ["train", "val"] * 2 + ["test"]


def test_training_leaves_a_store_open_that_was_given(log_dir: Path) -> None:
    with open_log_store({"kind": "jsonl", "params": {"log_dir": log_dir}}) as store:
        fit(line(), LogStoreCallback(store))
        store.log_metrics({"after": 1.0}, 2)
    assert rows(log_dir)[-1] == ("train", 2, ["after"])


def test_a_resumed_fit_continues_the_log(source: dict[str, Any], log_dir: Path) -> None:
    model = line()
    fit(model, LogStoreCallback(source))
    fit(model, LogStoreCallback(source), initial_epoch=2, epochs=4)
    log = read(log_dir)
    assert [row.step for row in log.metrics] == [0, 1, 2, 3]
    assert log.hyperparams["epochs"] == 4


def test_numpy_settings_are_numbers(source: dict[str, Any], log_dir: Path) -> None:
    optimizer = keras.optimizers.SGD(
        learning_rate=0.01,
        momentum=np.float64(0.9),
        nesterov=np.bool_(True),
        weight_decay=np.float32(0.1),
        gradient_accumulation_steps=np.int64(64),
    )
    given = {"batch_size": np.int64(4), "noise": np.float32(0.1), "shuffle": np.bool_(False)}
    fit(line(optimizer=optimizer), LogStoreCallback(source, hyperparams=given))
    logged = read(log_dir).hyperparams
    assert (logged["batch_size"], logged["noise"], logged["shuffle"]) == (4, 0.1, False)
    config = logged["compile"]["optimizer"]["config"]
    numbers = {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 0.1}
    assert {key: config[key] for key in numbers} == numbers
    assert config["gradient_accumulation_steps"] == 64
    assert config["nesterov"] is True
    assert config["ema_momentum"] == 0.99  # a float64 that no float32 is equal to


class Constant(keras.optimizers.schedules.LearningRateSchedule):
    """Has no get_config, as most that people write."""

    def __call__(self, step: object) -> float:
        return 0.1


def own_loss(wanted: Any, found: Any) -> Any:
    return keras.ops.mean((wanted - found) ** 2)


def test_what_does_not_describe_itself_is_the_name_of_its_class(
    source: dict[str, Any], log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = line(optimizer=keras.optimizers.SGD(Constant()), loss=own_loss)
    fit(model, LogStoreCallback(source))
    log = read(log_dir)
    assert [row.step for row in log.metrics] == [0, 1]
    compiled = log.hyperparams["compile"]
    assert compiled["optimizer"] == {"class_name": "SGD", "config": {"learning_rate": "Constant"}}
    assert compiled["loss"].endswith("test_keras.own_loss")
    assert compiled["metrics"] == ["mae"]
    assert "the description of SGD is logged as 'SGD': NotImplementedError" in caplog.text


class OwnLoss:
    """Can be called, and has neither a name nor a get_config."""

    def __call__(self, wanted: Any, found: Any) -> Any:
        return own_loss(wanted, found)


def test_what_describes_itself_is_described_beside_what_does_not(
    source: dict[str, Any], log_dir: Path
) -> None:
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)
    fit(line(optimizer=keras.optimizers.SGD(rate), loss=OwnLoss()), LogStoreCallback(source))
    compiled = read(log_dir).hyperparams["compile"]
    assert compiled["loss"] == "OwnLoss"
    assert compiled["optimizer"]["class_name"] == "SGD"
    described = compiled["optimizer"]["config"]["learning_rate"]
    assert described["class_name"] == "ExponentialDecay"
    assert described["config"]["initial_learning_rate"] == 0.01


class Unknown(keras.Sequential):
    """Describes nothing, and does not keep what it was compiled with."""

    def get_compile_config(self) -> dict[str, Any]:
        del self._compile_config
        raise RuntimeError("not me")


def test_a_model_that_does_not_describe_itself_is_described_by_its_attributes(
    source: dict[str, Any], log_dir: Path
) -> None:
    model = Unknown([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    fit(model, LogStoreCallback(source))
    compiled = read(log_dir).hyperparams["compile"]
    assert compiled["loss"] == "mse"
    assert compiled["optimizer"]["class_name"] == "SGD"
    assert compiled["optimizer"]["config"]["learning_rate"] == 0.01


def test_metrics_that_are_not_numbers_are_left_out_with_a_warning(
    source: dict[str, Any], log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback = LogStoreCallback(source)
    callback.set_params({})
    callback.on_epoch_end(0, {"loss": np.array([0.5]), "val_f1": np.array([0.5, 1.0])})
    callback.close()
    assert rows(log_dir) == [("train", 0, ["loss"])]
    assert "the metric 'val_f1' is not logged: TypeError: " in caplog.text


def test_a_checkpoint_that_another_callback_removes_is_not_an_error(
    source: dict[str, Any], log_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving = keras.callbacks.ModelCheckpoint(str(tmp_path / "model-{epoch:02d}.keras"))
    find = glob.glob

    def find_one_more(pattern: str) -> list[str]:
        return [str(tmp_path / "model-00.keras"), *find(pattern)]

    monkeypatch.setattr("glob.glob", find_one_more)
    fit(line(), LogStoreCallback(source, checkpoint=saving), saving)
    assert [each.name for each in read(log_dir).artifacts] == ["model-01.keras", "model-02.keras"]

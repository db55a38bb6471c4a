"""The Keras callback, in real runs of ``fit``."""

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


def line() -> keras.Model:
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
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

"""No value ends a training: what adapters do with what a store can't record."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evsys_sdk import DamagedLogError, LogStoreClosedError, LogStoreSpec, register_log_store
from evsys_sdk.arguments import checked_metrics
from evsys_sdk.integrations._recorder import Recorder, whole_number
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need
from integrations.watched_store import WatchedStore


@register_log_store("choosy")
class PickyStore(WatchedStore):
    """Refuses keys, hyperparameters and paths with an @, as stores may, and records nothing."""

    name = "choosy"

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        refuse([*metrics])
        super().log_metrics(metrics, step, split=split)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        refuse([*params])
        super().log_hyperparams(params)

    def log_artifact(self, name: str, path: str | os.PathLike[str], *, kind: str = "file") -> None:
        refuse([os.fspath(path)])
        super().log_artifact(name, path, kind=kind)


def refuse(names: list[str]) -> None:
    for name in names:
        if "@" in name:
            raise ValueError(f"{name} has an @")


@pytest.fixture
def recorder(log_dir: Path) -> Iterator[Recorder]:
    opened = Recorder({"kind": "choosy", "params": {"log_dir": str(log_dir)}})
    yield opened
    opened.owner.close()


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert {record.levelname for record in caplog.records} <= {"WARNING"}
    return [record.getMessage() for record in caplog.records]


def points(log_dir: Path) -> list[tuple[str | None, int, dict[str, float]]]:
    log = JSONLLogStore.read_run(log_dir=log_dir)
    return [(row.split, row.step, row.metrics) for row in log.metrics]


class Broken:
    def __float__(self) -> float:
        raise LookupError("no value")

    def __repr__(self) -> str:
        raise LookupError("no str")


NUMBERS: dict[str, Any] = {
    "float": 0.5,
    "int": 3,
    "bool": True,
    "numpy": np.float32(0.25),
    "0-d array": np.array(2.0),
    "array of one": np.array([1.0]),
    "nested array of one": np.array([[4]]),
}
OTHERS: dict[Any, Any] = {
    "text": "0.5",
    "array": np.array([1.0, 2.0]),
    "list": [0.5],
    "nothing": None,
    "complex": 1j,
    "huge": 10**400,
    "broken": Broken(),
    "": 1.0,
    7: 1.0,
}


def test_metrics_are_what_the_stores_themselves_accept(
    recorder: Recorder, log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for step in range(2):
        recorder.log_metrics({**NUMBERS, **OTHERS}, step, split="val")
    expected = {key: float(value) for key, value in checked_metrics(NUMBERS).items()}
    assert points(log_dir) == [("val", 0, expected), ("val", 1, expected)]
    assert messages(caplog) == [
        f"the metric {key!r} is not logged: {refusal(key, value)}" for key, value in OTHERS.items()
    ]


def refusal(key: Any, value: object) -> str:
    with pytest.raises((TypeError, ValueError, OverflowError, LookupError)) as raised:
        checked_metrics({key: value})
    return f"{type(raised.value).__name__}: {raised.value}"


def test_tensors_of_one_value_are_metrics(recorder: Recorder, log_dir: Path) -> None:
    need("torch")
    import torch

    one = torch.tensor([1.0], requires_grad=True)
    recorder.log_metrics({"one": one, "bfloat16": one[0].bfloat16()}, 0)
    assert points(log_dir) == [("train", 0, {"one": 1.0, "bfloat16": 1.0})]


def test_what_only_this_store_refuses_is_left_out_too(
    recorder: Recorder, log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for step in range(2):
        recorder.log_metrics({"loss": 1.0, "f1@5": 0.5, "acc": 2.0}, step)
    recorder.log_metrics({"f1@9": 0.5}, 2)
    recorder.log_hyperparams({"lr": 0.1, "@": 1, "layers": [64, np.int64(10)]})
    recorder.log_checkpoint("a", "a@b")
    recorder.log_checkpoint("b", "b")
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert points(log_dir) == [
        ("train", step, metrics) for step in range(2) for metrics in ({"loss": 1.0}, {"acc": 2.0})
    ]
    assert log.hyperparams == {"lr": 0.1, "layers": [64, 10]}
    assert [artifact.path for artifact in log.artifacts] == ["b"]
    assert messages(caplog) == [
        "the metric 'f1@5' is not logged: ValueError: f1@5 has an @",
        "the metric 'f1@9' is not logged: ValueError: f1@9 has an @",
        "the hyperparameter '@' is not logged: ValueError: @ has an @",
        "the checkpoint 'a@b' is not logged: ValueError: a@b has an @",
    ]


@pytest.mark.parametrize("kinds", [["jsonl", "choosy"], ["choosy", "jsonl", "choosy"]])
def test_what_one_child_of_several_refuses_is_recorded_once_in_the_others(
    kinds: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dirs = [tmp_path / str(number) for number in range(len(kinds))]
    children = [
        {"kind": kind, "params": {"log_dir": str(log_dir)}}
        for kind, log_dir in zip(kinds, dirs, strict=True)
    ]
    recorder = Recorder(LogStoreSpec(kind="multiplex", params={"children": children}))
    recorder.log_metrics({"loss": 1.0, "f1@5": 0.5}, 0)
    recorder.log_hyperparams({"lr": 0.1, "@": 1})
    recorder.owner.close()
    jsonl = dirs[kinds.index("jsonl")]
    assert points(jsonl) == [("train", 0, {"loss": 1.0, "f1@5": 0.5})]
    assert JSONLLogStore.read_run(log_dir=jsonl).hyperparams == {"lr": 0.1, "@": 1}
    assert JSONLLogStore.read_run(log_dir=dirs[-1]).hyperparams == {"lr": 0.1}
    first, second = messages(caplog)
    assert first.startswith("the metric 'loss', 'f1@5' is not logged: ")
    assert second.startswith("the hyperparameter '@' is not logged: ")


def test_hyperparameters_that_become_text_are_named_once(
    recorder: Recorder, log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        recorder.log_hyperparams({"model": {"name": "\udc80"}, "lr": np.float32(0.1)})
    assert JSONLLogStore.read_run(log_dir=log_dir).hyperparams == {
        "model": {"name": "\\udc80"},
        "lr": 0.1,
    }
    [message] = messages(caplog)
    assert message.startswith("the hyperparameter 'model.name' is logged as '\\\\udc80': ValueErr")


def test_hyperparameters_that_are_not_a_mapping_are_not_logged(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    recorder.log_hyperparams(None)
    recorder.log_hyperparams([1])
    assert messages(caplog) == ["hyperparameters are not logged: they must be a mapping, got list"]


def test_a_description_that_fails_is_the_name_of_the_class(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> object:
        raise NotImplementedError("get_config\nis missing")

    assert recorder.description(recorder, dict) == {}
    assert recorder.description(recorder, fail) == "Recorder"
    assert messages(caplog) == [
        "the description of Recorder is logged as 'Recorder': NotImplementedError: get_config"
    ]


def test_each_recorder_warns_for_itself(log_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        recorder = Recorder({"kind": "jsonl", "params": {"log_dir": str(log_dir)}})
        recorder.log_metrics({"text": "x"}, 0)
        recorder.owner.close()
    assert len(messages(caplog)) == 2


class Failing(JSONLLogStore):
    error: BaseException = OSError("no space left on device")

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        raise self.error

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        raise self.error

    def log_artifact(self, name: str, path: str | os.PathLike[str], *, kind: str = "file") -> None:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        OSError("no space left on device"),
        LogStoreClosedError("jsonl", "log_metrics"),
        DamagedLogError("hyperparams.json", "is not JSON"),
        ExceptionGroup("multiplex: 2 of 2 children failed", [ValueError("@"), OSError("full")]),
        KeyboardInterrupt("Ctrl-C"),
    ],
)
def test_a_store_that_fails_raises_into_the_training(
    error: BaseException, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Failing, "error", error)
    with closing(Failing(log_dir=log_dir)) as store:
        recorder = Recorder(store)
        calls: list[Callable[[], None]] = [
            lambda: recorder.log_metrics({"loss": 1.0, "acc": 1.0}, 0),
            lambda: recorder.log_hyperparams({"lr": 0.1}),
            lambda: recorder.log_checkpoint("a", "a"),
        ]
        for call in calls:
            with pytest.raises(type(error)) as raised:
                call()
            assert raised.value is error


@pytest.mark.parametrize(
    ("step", "whole"),
    [
        (3, 3),
        (-1, -1),
        (3.0, 3),
        (np.int64(3), 3),
        (np.float32(3), 3),
        (np.array([3.0]), 3),
        (2.0**62, 2**62),
        (1.5, None),
        (float("nan"), None),
        (float("inf"), None),
        (2.0**63, None),
        (2**63, None),
        ("3", None),
        (None, None),
    ],
)
def test_a_step_is_any_whole_number(step: object, whole: int | None) -> None:
    assert whole_number(step) == whole

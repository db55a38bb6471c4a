"""Who closes the store of an adapter, and what adapters make of what frameworks hand them."""

import copy
import json
import pickle
import subprocess
import sys
from argparse import Namespace
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from evsys_sdk import LogStoreConfigError, build_log_store, load_log_store_spec, open_log_store
from evsys_sdk.integrations._target import Source, Target
from evsys_sdk.integrations._values import json_params, only_numbers
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.watched_store import WatchedStore


def test_nothing_is_opened_before_a_store_is_asked_for(
    source: dict[str, Any], log_dir: Path
) -> None:
    target = Target(source)
    target.close()
    assert not log_dir.exists()
    assert target.store is target.store
    assert [target.store] == WatchedStore.opened
    target.close()
    target.close()
    assert WatchedStore.opened == []


def test_a_store_that_is_asked_for_after_close_continues_the_log(
    source: dict[str, Any], log_dir: Path
) -> None:
    target = Target(source)
    for step in range(2):
        target.store.log_metrics({"loss": 1.0}, step)
        target.close()
    assert [row.step for row in JSONLLogStore.read_run(log_dir=log_dir).metrics] == [0, 1]


def test_a_store_that_was_given_is_not_closed(log_dir: Path) -> None:
    with open_log_store({"kind": "jsonl", "params": {"log_dir": log_dir}}) as store:
        target = Target(store)
        target.close()
        assert target.store is store
        target.store.log_metrics({"loss": 1.0}, 0)


@pytest.mark.parametrize("form", ["file", "text", "section", "spec"])
def test_a_source_is_all_that_open_log_store_takes(form: str, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(
        f"log_store: {{kind: jsonl, params: {{log_dir: {tmp_path / 'logs'}}}}}"
    )
    spec = load_log_store_spec(tmp_path / "run.yaml")
    sources: dict[str, Source] = {
        "file": tmp_path / "run.yaml",
        "text": str(tmp_path / "run.yaml"),
        "section": {"log_store": spec.model_dump()},
        "spec": spec,
    }
    target = Target(sources[form])
    assert isinstance(target.store, JSONLLogStore)
    target.close()


def test_a_wrong_source_is_refused_before_training_begins() -> None:
    with pytest.raises(LogStoreConfigError, match="did you mean log_dir"):
        Target({"kind": "jsonl", "params": {"logdir": "logs"}})
    with pytest.raises(FileNotFoundError, match="No such configuration file"):
        Target("no.yaml")
    with pytest.raises(TypeError, match=r"JSONLLogStore is a class\. Pass a store of it"):
        Target(cast("Any", JSONLLogStore))
    with pytest.raises(TypeError, match="takes the path of a YAML file, a mapping"):
        Target(cast("Any", 7))


def test_a_collected_target_closes_what_it_opened_and_not_what_it_was_given(
    source: dict[str, Any],
) -> None:
    given = build_log_store(load_spec(source))
    target, other = Target(source), Target(given)
    assert len({id(target.store), id(other.store)}) == 2
    del target, other
    assert [given] == WatchedStore.opened
    given.close()


def load_spec(source: dict[str, Any]) -> Any:
    from evsys_sdk import LogStoreSpec

    return LogStoreSpec.model_validate(source)


def test_a_copy_opens_a_store_of_its_own(source: dict[str, Any]) -> None:
    target = Target(source)
    store = target.store
    for other in (copy.deepcopy(target), pickle.loads(pickle.dumps(target))):
        assert other.store is not store
        other.close()
    assert [store] == WatchedStore.opened
    target.close()


EXIT = """
from evsys_sdk.integrations._target import Source, Target
from integrations.watched_store import WatchedStore
class Loud(WatchedStore):
    name = "loud"
    def close(self):
        super().close()
        print("closed")
from evsys_sdk import register_log_store
register_log_store("loud")(Loud)
target = Target({"kind": "loud", "params": {"log_dir": "logs"}})
target.store.log_metrics({"loss": 1.0}, 0)
raise RuntimeError("out of memory")
"""


def test_what_nobody_closed_is_closed_when_the_interpreter_exits(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EXIT],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "closed\n", done.stderr
    assert "RuntimeError: out of memory" in done.stderr


def test_a_failing_close_is_raised_unless_an_exception_is_on_its_way(
    source: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(WatchedStore, "fails_to_close", True)
    target = Target(source)
    target.store.log_metrics({"loss": 1.0}, 0)
    with pytest.raises(OSError, match="the destination is gone"):
        target.close()
    target.store.log_metrics({"loss": 1.0}, 0)
    target.close(failed=True)
    assert "closing the log store failed" in caplog.text
    assert "the destination is gone" in caplog.text


class Color(Enum):
    RED = 1


def test_every_hyperparameter_has_a_json_form() -> None:
    params = {
        "lr": 0.1,
        "name": None,
        "shape": (2, [3]),
        "path": Path("data"),
        "color": Color.RED,
        "layer": Fraction,
        "activation": json_params,
        "array": np.array([1.0, 2.0]),
        "nested": Namespace(flag=True, path=Path("x")),
        7: {8: "int keys"},
    }
    assert json_params(params) == {
        "lr": 0.1,
        "name": None,
        "shape": [2, [3]],
        "path": "data",
        "color": "Color.RED",
        "layer": "fractions.Fraction",
        "activation": "evsys_sdk.integrations._values.json_params",
        "array": "[1. 2.]",
        "nested": {"flag": True, "path": "x"},
        "7": {"8": "int keys"},
    }
    assert json_params(Namespace(lr=0.1)) == {"lr": 0.1}


def test_hyperparameters_without_end_become_text_where_they_repeat_or_get_deep() -> None:
    endless: dict[str, Any] = {"lr": 0.1}
    endless["again"] = [endless]
    assert json_params(endless) == {"lr": 0.1, "again": ["{'lr': 0.1, 'again': [{...}]}"]}
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    written = json.dumps(json_params({"deep": deep})["deep"])
    assert written == "[" * 99 + '"' + "[" * 51 + "1" + "]" * 51 + '"' + "]" * 99


def test_only_numbers_are_metrics(caplog: pytest.LogCaptureFixture) -> None:
    metrics = {
        "float": 0.5,
        "int": 3,
        "numpy": np.float32(0.25),
        "array of none": np.array(2.0),
        "text": "0.5",
        "array": np.array([1.0]),
        "nothing": None,
    }
    for _ in range(2):
        numbers = only_numbers(metrics)
        assert [*numbers] == ["float", "int", "numpy", "array of none"]
    assert [record.getMessage() for record in caplog.records] == [
        "the metric 'text' is not logged: '0.5' is not one number",
        "the metric 'array' is not logged: array([1.]) is not one number",
        "the metric 'nothing' is not logged: None is not one number",
    ]

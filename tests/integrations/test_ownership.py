"""Which store an adapter has, and who closes it."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel

from evsys_sdk import (
    LogStoreConfigError,
    LogStoreSpec,
    UnknownLogStoreError,
    build_log_store,
    load_log_store_spec,
    open_log_store,
    register_log_store,
)
from evsys_sdk.integrations._store_owner import StoreArgument, StoreOwner
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.watched_store import WatchedStore


def test_nothing_is_opened_before_a_store_is_asked_for(
    source: dict[str, Any], log_dir: Path
) -> None:
    owner = StoreOwner(source)
    owner.close()
    assert not log_dir.exists()
    assert owner.store is owner.store
    assert [owner.store] == WatchedStore.opened
    owner.close()
    owner.close()
    assert WatchedStore.opened == []


def test_a_store_that_is_asked_for_after_close_continues_the_log(
    source: dict[str, Any], log_dir: Path
) -> None:
    owner = StoreOwner(source)
    for step in range(2):
        owner.store.log_metrics({"loss": 1.0}, step)
        owner.close()
    assert [row.step for row in JSONLLogStore.read_run(log_dir=log_dir).metrics] == [0, 1]


def test_a_store_that_was_given_is_not_closed(log_dir: Path) -> None:
    with open_log_store({"kind": "jsonl", "params": {"log_dir": log_dir}}) as store:
        owner = StoreOwner(store)
        owner.close()
        assert owner.store is store
        owner.store.log_metrics({"loss": 1.0}, 0)


@pytest.mark.parametrize("form", ["file", "text", "section", "spec"])
def test_a_source_is_all_that_open_log_store_takes(form: str, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(
        f"log_store: {{kind: jsonl, params: {{log_dir: {tmp_path / 'logs'}}}}}"
    )
    spec = load_log_store_spec(tmp_path / "run.yaml")
    sources: dict[str, StoreArgument] = {
        "file": tmp_path / "run.yaml",
        "text": str(tmp_path / "run.yaml"),
        "section": {"log_store": spec.model_dump()},
        "spec": spec,
    }
    owner = StoreOwner(sources[form])
    assert isinstance(owner.store, JSONLLogStore)
    owner.close()


def test_environment_variables_are_filled_in_in_a_mapping_and_not_in_a_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK", "7")
    section: dict[str, Any] = {"kind": "jsonl", "params": {"log_dir": f"{tmp_path}/${{TASK}}"}}
    assert StoreOwner(section).log_dir == f"{tmp_path}/7"
    assert StoreOwner(LogStoreSpec(**section)).log_dir == f"{tmp_path}/${{TASK}}"
    monkeypatch.delenv("TASK")
    with pytest.raises(LogStoreConfigError, match=r"log_dir: the environment variable TASK is not"):
        StoreOwner(section)


def test_a_wrong_source_is_refused_before_training_begins() -> None:
    with pytest.raises(LogStoreConfigError, match="did you mean log_dir"):
        StoreOwner({"kind": "jsonl", "params": {"logdir": "logs"}})
    with pytest.raises(UnknownLogStoreError, match="unknown log store kind 'jsnl'"):
        StoreOwner(LogStoreSpec(kind="jsnl"))
    with pytest.raises(FileNotFoundError, match="No such configuration file"):
        StoreOwner("no.yaml")
    with pytest.raises(TypeError, match=r"JSONLLogStore is a class\. Pass a store of it"):
        StoreOwner(cast("Any", JSONLLogStore))
    with pytest.raises(TypeError, match="takes the path of a YAML file, a mapping"):
        StoreOwner(cast("Any", 7))


def test_a_collected_owner_closes_what_it_opened_and_not_what_it_was_given(
    source: dict[str, Any],
) -> None:
    given = build_log_store(LogStoreSpec.model_validate(source))
    owner, other = StoreOwner(source), StoreOwner(given)
    assert len({id(owner.store), id(other.store)}) == 2
    del owner, other
    assert [given] == WatchedStore.opened
    given.close()


def test_a_copy_opens_its_own_store(source: dict[str, Any]) -> None:
    owner = StoreOwner(source)
    store = owner.store
    for other in (copy.deepcopy(owner), pickle.loads(pickle.dumps(owner))):
        assert other.store is not store
        other.close()
    assert [store] == WatchedStore.opened
    owner.close()


EXIT = """
from evsys_sdk.integrations._store_owner import StoreArgument, StoreOwner
from integrations.watched_store import WatchedStore
class Loud(WatchedStore):
    name = "loud"
    def close(self):
        super().close()
        print("closed")
from evsys_sdk import register_log_store
register_log_store("loud")(Loud)
owner = StoreOwner({"kind": "loud", "params": {"log_dir": "logs"}})
owner.store.log_metrics({"loss": 1.0}, 0)
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
    owner = StoreOwner(source)
    owner.store.log_metrics({"loss": 1.0}, 0)
    with pytest.raises(OSError, match="the destination is gone"):
        owner.close()
    owner.store.log_metrics({"loss": 1.0}, 0)
    owner.close(failed=True)
    assert "closing the log store failed" in caplog.text
    assert "the destination is gone" in caplog.text


def multiplex(*children: dict[str, Any]) -> LogStoreSpec:
    return LogStoreSpec(kind="multiplex", params={"children": [*children]})


def test_the_directory_of_an_owner_is_the_first_that_its_configuration_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/user")
    jsonl: dict[str, Any] = {"kind": "jsonl", "params": {"log_dir": "logs"}}
    board: dict[str, Any] = {"kind": "watched", "params": {"log_dir": Path("~/board")}}
    assert StoreOwner(jsonl).log_dir == str(tmp_path / "logs")
    assert StoreOwner(board).log_dir == "/home/user/board"
    assert StoreOwner(multiplex(jsonl, board)).log_dir == str(tmp_path / "logs")
    assert StoreOwner(multiplex(multiplex(board).model_dump(), jsonl)).log_dir == "/home/user/board"
    behind = {"kind": "background", "params": {"child": jsonl}}
    assert StoreOwner(behind).log_dir == str(tmp_path / "logs")
    with open_log_store(jsonl) as store:
        assert StoreOwner(store).log_dir is None


@register_log_store("nowhere")
class Nowhere:
    """Has no directory, and children that are something else than stores."""

    name = "nowhere"

    class Config(BaseModel, extra="forbid"):
        children: int = 2

    def log_scalar(self, key: str, value: float, step: int) -> None: ...
    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...
    def log_hyperparams(self, params: dict[str, Any]) -> None: ...
    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...
    def close(self) -> None: ...


def test_an_owner_knows_no_directory_of_a_store_elsewhere() -> None:
    assert StoreOwner({"kind": "nowhere", "params": {"children": 1}}).log_dir is None
    assert StoreOwner({"kind": "watched", "params": {"log_dir": "memory://logs"}}).log_dir is None

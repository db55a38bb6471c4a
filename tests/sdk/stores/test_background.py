"""The background store: calls return at once, a thread delivers them, and the counts add up."""

import copy
import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from evsys_sdk import (
    LogDeliveryError,
    LogStoreClosedError,
    LogStoreConfigError,
    MetricRow,
    load_log_store_spec,
    open_log_store,
)
from evsys_sdk.log_stores.background import BackgroundLogStore, BackgroundStats
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.registry import temporarily_registered

LONG = 60.0
"""Seconds that only a failing test waits."""


class Gated:
    """Keeps its calls. Each waits for the gate, and raises what a test put into ``errors``."""

    name: ClassVar[str] = "gated"
    built: ClassVar[list["Gated"]] = []

    class Config(BaseModel, extra="forbid"):
        broken: bool = False

    def __init__(self, *, broken: bool = False) -> None:
        if broken:
            raise OSError("no space left")
        self.calls: list[tuple[Any, ...]] = []
        self.errors: dict[int, BaseException] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.threads: set[threading.Thread] = set()
        self.closes = 0
        Gated.built.append(self)

    def _take(self, *call: Any) -> None:
        self.entered.release()
        assert self.gate.wait(LONG)
        self.threads.add(threading.current_thread())
        self.calls.append(call)
        if error := self.errors.get(len(self.calls) - 1):
            raise error

    def log_scalar(self, key: str, value: float, step: int) -> None:
        self._take("log_scalar", key, value, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self._take("log_metrics", metrics, step, split)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        self._take("log_hyperparams", params)

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        self._take("log_artifact", name, path, kind)

    def close(self) -> None:
        assert self.gate.wait(LONG)
        self.closes += 1


GATED = {"kind": "gated"}


@pytest.fixture(autouse=True)
def gated_kind() -> Iterator[None]:
    with temporarily_registered("gated", Gated):
        yield
    for child in Gated.built:
        child.gate.set()
    Gated.built.clear()


def opened(**params: Any) -> tuple[BackgroundLogStore, Gated]:
    store = BackgroundLogStore(child=GATED, **params)
    return store, Gated.built[-1]


def shut(**params: Any) -> tuple[BackgroundLogStore, Gated]:
    """A store whose child hangs in its first call, which is ``log_scalar("first", 0.0, 0)``."""
    store, child = opened(**params)
    child.gate.clear()
    store.log_scalar("first", 0.0, 0)
    assert child.entered.acquire(timeout=LONG)
    return store, child


def add_up(stats: BackgroundStats) -> bool:
    return stats.accepted == sum(stats[1:]) and min(stats) >= 0


# What arrives.


def test_the_child_gets_every_call_in_order_from_one_other_thread() -> None:
    store, child = opened()
    store.log_hyperparams({"lr": 0.1})
    store.log_scalar("loss", 0.5, 1)
    store.log_metrics({"loss": 0.25}, 2)
    store.log_metrics({"loss": 0.125, "n": 3}, 3, split="val")
    store.log_artifact("model", "model.pt", kind="checkpoint")
    store.close()
    assert child.calls == [
        ("log_hyperparams", {"lr": 0.1}),
        ("log_scalar", "loss", 0.5, 1),
        ("log_metrics", {"loss": 0.25}, 2, "train"),
        ("log_metrics", {"loss": 0.125, "n": 3.0}, 3, "val"),
        ("log_artifact", "model", "model.pt", "checkpoint"),
    ]
    assert child.closes == 1
    assert child.threads.isdisjoint({threading.current_thread()})
    assert len(child.threads) == 1
    assert store.stats() == BackgroundStats(5, 5, 0, 0, 0)


def test_changing_arguments_after_the_call_changes_nothing() -> None:
    store, child = shut()
    metrics = {"loss": 0.5}
    params = {"model": {"layers": [64]}}
    for _ in range(2):  # the second time the key is known
        store.log_metrics(metrics, 0)
    store.log_hyperparams(params)
    metrics["loss"] = 9.0
    params["model"]["layers"].append(9)
    child.gate.set()
    store.close()
    assert child.calls[1:] == [
        ("log_metrics", {"loss": 0.5}, 0, "train"),
        ("log_metrics", {"loss": 0.5}, 0, "train"),
        ("log_hyperparams", {"model": {"layers": [64]}}),
    ]


BAD_CALLS: list[tuple[str, tuple[Any, ...], str]] = [
    ("log_metrics", ({"loss": "1.5"}, 0), r'metrics\["loss"\] must be a number'),
    ("log_metrics", ({1: 0.5}, 0), "a metric key must be a string, got 1"),
    ("log_metrics", ({"loss": 0.5}, 1.5), "step must be an integer, got 1.5"),
    ("log_metrics", ({"loss": 0.5}, True), "step must be an integer, got True"),
    ("log_metrics", ({"loss": 0.5}, 2**63), "step must fit into int64"),
    ("log_metrics", ([("loss", 0.5)], 0), "metrics must be a dict"),
    ("log_scalar", ("loss", [], 0), r'metrics\["loss"\] must be a number'),
    ("log_hyperparams", ({"x": object()},), "no JSON form"),
    ("log_artifact", ("model", 1), "path must be a string"),
]


@pytest.mark.parametrize(("method", "arguments", "message"), BAD_CALLS)
def test_a_bad_argument_raises_in_the_call_and_is_not_counted(
    method: str, arguments: tuple[Any, ...], message: str
) -> None:
    store, child = opened()
    store.log_metrics({"loss": 0.5}, 0)  # makes the key known
    with pytest.raises((TypeError, ValueError), match=message):
        getattr(store, method)(*arguments)
    with pytest.raises(ValueError, match="split must not be empty"):
        store.log_metrics({"loss": 0.5}, 0, split="")
    store.close()
    assert len(child.calls) == store.stats().accepted == 1


@given(st.lists(st.booleans(), max_size=30))
def test_each_failure_is_reported_once_and_the_counts_add_up(failing: list[bool]) -> None:
    store, child = opened()
    child.errors = {n: OSError(f"{n}") for n, fails in enumerate(failing) if fails}
    lost = 0
    for step in range(len(failing)):
        try:
            store.log_scalar("loss", 0.5, step)
        except LogDeliveryError as error:
            lost += error.lost
        assert add_up(store.stats())
    try:
        store.close()
    except LogDeliveryError as error:
        lost += error.lost
    store.close()
    assert [call[3] for call in child.calls] == [*range(len(failing))]
    assert lost == sum(failing) == store.stats().failed
    assert store.stats() == (len(failing), len(failing) - lost, 0, lost, 0)


# Errors of the child.


def test_an_error_of_the_child_is_raised_by_the_next_call_which_is_delivered() -> None:
    store, child = opened()
    child.errors = {0: OSError("no space left"), 1: OSError("again")}
    child.gate.clear()  # or the call itself may raise the error
    store.log_metrics({"loss": 0.5}, 7)
    child.gate.set()
    with pytest.raises(LogDeliveryError, match="no space left"):
        store.flush()
    child.gate.clear()
    store.log_scalar("loss", 0.5, 8)
    child.gate.set()
    while store.stats().failed != 2:
        time.sleep(0)
    with pytest.raises(
        LogDeliveryError,
        match=r"1 call was not delivered:\n  - log_scalar\(\) at step 8: OSError: again\n"
        r"The latest call was queued: do not repeat it",
    ) as caught:
        store.log_scalar("loss", 0.5, 9)
    assert (caught.value.store, caught.value.lost) == ("background", 1)
    assert caught.value.__cause__ is child.errors[1]
    store.close()
    assert child.calls[-1] == ("log_scalar", "loss", 0.5, 9)
    assert store.stats() == (3, 1, 0, 2, 0)


def test_many_errors_are_counted_and_the_first_are_shown() -> None:
    store, child = shut()
    child.errors = {n: OSError(f"error {n}") for n in range(1, 40)}
    for step in range(1, 40):
        store.log_scalar("loss", 0.5, step)
    child.gate.set()
    with pytest.raises(LogDeliveryError, match="39 calls were not delivered") as caught:
        store.close()
    assert caught.value.lost == 39
    assert len(caught.value.reasons) == 10
    store.close()


def test_an_error_that_can_not_be_shown_is_reported_by_its_class() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    store, child = shut()
    child.errors[0] = Mute()
    child.gate.set()
    with pytest.raises(LogDeliveryError, match=r"log_scalar\(\) at step 0: Mute$"):
        store.flush()
    store.log_scalar("loss", 0.5, 1)
    store.close()
    assert store.stats() == (2, 1, 0, 1, 0)


def test_an_error_of_the_childs_close_is_raised_by_close(monkeypatch: pytest.MonkeyPatch) -> None:
    store, child = opened()

    def fail() -> None:
        raise OSError("the server is gone")

    monkeypatch.setattr(child, "close", fail)
    with pytest.raises(LogDeliveryError, match=r"closing the child failed:\n.*server is gone"):
        store.close()
    store.close()


# A full queue, and a child that hangs.


def test_with_drop_a_call_that_finds_the_queue_full_is_dropped_counted_and_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, child = shut(capacity=3, on_full="drop")
    with caplog.at_level(logging.WARNING):
        for step in range(1, 10):
            store.log_scalar("loss", 0.5, step)
    assert store.stats() == (10, 0, 7, 0, 3)
    assert [record.getMessage() for record in caplog.records] == [
        "background: the queue for the child (gated) is full (3). Calls dropped so far: 1"
    ]
    child.gate.set()
    store.close()
    assert [call[3] for call in child.calls] == [0, 1, 2]


def test_with_block_a_call_waits_for_room() -> None:
    store, child = shut(capacity=1)
    thread = threading.Thread(target=store.log_scalar, args=("loss", 0.5, 1))
    thread.start()
    while not vars(vars(store)["_delivery"])["_waiting"]:
        time.sleep(0)
    assert store.stats() == (1, 0, 0, 0, 1)
    child.gate.set()
    thread.join(LONG)
    store.close()
    assert [call[3] for call in child.calls] == [0, 1]


def test_with_block_only_the_first_call_waits_for_a_child_that_hangs() -> None:
    store, child = shut(capacity=1, close_timeout=0.05)
    with pytest.raises(
        LogDeliveryError,
        match=r"at step 1: the queue .* is full \(1\), and had no room for 0.05 s",
    ):
        store.log_scalar("loss", 0.5, 1)
    vars(vars(store)["_delivery"])["_close_timeout"] = LONG
    with pytest.raises(LogDeliveryError, match="dropped at once until the child takes calls"):
        store.log_scalar("loss", 0.5, 2)
    child.gate.set()
    assert store.flush()
    store.log_scalar("loss", 0.5, 3)
    store.close()
    assert [call[3] for call in child.calls] == [0, 3]
    assert store.stats() == (4, 2, 2, 0, 0)


def test_close_gives_up_on_a_child_that_hangs_and_says_how_many_calls_were_not_delivered() -> None:
    others = set(threading.enumerate())  # The threads of other tests may still be ending.
    store, child = shut(close_timeout=0.05)
    store.log_scalar("loss", 0.5, 1)
    store.log_scalar("loss", 0.5, 2)
    with pytest.raises(
        LogDeliveryError,
        match=r"3 calls were not delivered:\n  - the child \(gated\) did not take them within 0.05",
    ):
        store.close()
    store.close()
    assert store.stats() == (3, 0, 2, 0, 1)
    with pytest.raises(LogStoreClosedError):
        store.log_scalar("loss", 0.5, 3)
    with pytest.raises(LogStoreClosedError):
        store.log_scalar("first", 0.0, 0)  # equal to the call in progress, which stays
    assert store.stats() == (3, 0, 2, 0, 1)
    child.gate.set()
    for thread in set(threading.enumerate()) - others:
        thread.join(LONG)
    assert [call[3] for call in child.calls] == [0]
    assert child.closes == 1
    assert store.stats() == (3, 1, 2, 0, 0)


def test_a_call_that_waits_for_room_is_refused_when_the_store_is_closed() -> None:
    store, child = shut(capacity=1, close_timeout=0.05)
    refused: list[BaseException] = []

    def log() -> None:
        vars(vars(store)["_delivery"])["_close_timeout"] = LONG
        try:
            store.log_scalar("loss", 0.5, 1)
        except LogStoreClosedError as error:
            refused.append(error)

    thread = threading.Thread(target=log)
    thread.start()
    while not vars(vars(store)["_delivery"])["_waiting"]:
        time.sleep(0)
    vars(vars(store)["_delivery"])["_close_timeout"] = 0.05
    with pytest.raises(LogDeliveryError, match="1 call was not delivered"):
        store.close()
    thread.join(LONG)
    assert len(refused) == 1
    child.gate.set()


def test_flush_waits_for_the_calls_before_it_and_says_if_it_took_too_long() -> None:
    store, child = shut()
    assert not store.flush(0.01)
    child.gate.set()
    assert store.flush()
    assert store.stats() == (1, 1, 0, 0, 0)
    store.close()
    assert store.flush()


# Threads.


def test_a_call_during_close_is_delivered_or_refused() -> None:
    for _ in range(20):
        store, child = opened()
        returned: list[list[int]] = [[], [], []]
        started = threading.Barrier(4)

        def work(
            number: int,
            store: BackgroundLogStore = store,
            returned: list[list[int]] = returned,
            started: threading.Barrier = started,
        ) -> None:
            started.wait()
            try:
                for step in range(10_000):
                    store.log_scalar(f"{number}", 0.5, step)
                    returned[number].append(step)
            except LogStoreClosedError:
                pass

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        started.wait()
        store.close()
        for thread in threads:
            thread.join()
        for number, steps in enumerate(returned):
            assert [call[3] for call in child.calls if call[1] == f"{number}"] == steps
        assert store.stats().delivered == len(child.calls)
        assert add_up(store.stats())


def test_a_closed_store_refuses_every_write_and_may_be_closed_again() -> None:
    store, child = opened()
    store.close()
    store.close()
    writes: list[tuple[str, tuple[Any, ...]]] = [
        ("log_scalar", ("loss", 0.5, 0)),
        ("log_metrics", ({}, 0)),
        ("log_hyperparams", ({},)),
        ("log_artifact", ("model", "model.pt")),
    ]
    for method, arguments in writes:
        with pytest.raises(LogStoreClosedError, match=rf"{method}\(\) was called after close"):
            getattr(store, method)(*arguments)
    assert child.calls == []
    assert child.closes == 1
    assert store.stats() == (0, 0, 0, 0, 0)


# Configuration.


def test_problems_of_a_file_name_the_child(tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text("""
log_store:
  kind: background
  params:
    child:
      kind: jsonl
      params: { log_dirs: logs }
    capacity: 0
    on_full: wait
""")
    with pytest.raises(LogStoreConfigError) as caught:
        load_log_store_spec(config)
    text = str(caught.value)
    assert "log_store.params.child.params.log_dirs: " in text
    assert "log_store.params.capacity: " in text
    assert "log_store.params.on_full: " in text


def test_parameters_are_checked_when_it_is_built_from_python() -> None:
    with pytest.raises(ValidationError, match="capacity"):
        BackgroundLogStore(child=GATED, capacity=0)
    with pytest.raises(OSError, match="no space left") as caught:
        BackgroundLogStore(child={"kind": "gated", "params": {"broken": True}})
    assert "while building the log store of kind 'gated'" in caught.value.__notes__


def test_two_children_of_a_multiplex_at_one_destination_are_found(tmp_path: Path) -> None:
    jsonl = {"kind": "jsonl", "params": {"log_dir": str(tmp_path)}}
    children = [jsonl, {"kind": "background", "params": {"child": jsonl}}]
    with (
        pytest.raises(LogStoreConfigError, match="same destination"),
        open_log_store({"kind": "multiplex", "params": {"children": children}}),
    ):
        pass


def test_it_reads_back_what_the_child_holds(tmp_path: Path) -> None:
    params: dict[str, Any] = {
        "child": {"kind": "jsonl", "params": {"log_dir": str(tmp_path)}},
        "capacity": 5,
    }
    with open_log_store({"kind": "background", "params": params}) as store:
        store.log_scalar("loss", 0.5, 3)
    [row] = BackgroundLogStore.read_run(**params).metrics
    assert row == MetricRow(step=3, split="train", metrics={"loss": 0.5}, ts=row.ts)


def test_a_child_that_can_not_be_read_back_is_named() -> None:
    with pytest.raises(LogStoreConfigError, match="the kind 'gated' has no read_run"):
        BackgroundLogStore.read_run(child=GATED)


def unpickled(store: BackgroundLogStore) -> BackgroundLogStore:
    other: BackgroundLogStore = pickle.loads(pickle.dumps(store))
    return other


@pytest.mark.parametrize("duplicate", [unpickled, copy.copy, copy.deepcopy])
def test_a_pickled_or_copied_store_is_another_one_with_a_child_at_the_same_place(
    duplicate: Callable[[BackgroundLogStore], BackgroundLogStore], tmp_path: Path
) -> None:
    store = BackgroundLogStore(child={"kind": "jsonl", "params": {"log_dir": str(tmp_path)}})
    store.log_scalar("loss", 0.0, 0)
    assert store.flush()
    other = duplicate(store)
    other.log_scalar("loss", 1.0, 1)
    other.close()
    store.log_scalar("loss", 2.0, 2)
    store.close()
    assert [row.step for row in JSONLLogStore.read_run(log_dir=tmp_path).metrics] == [0, 1, 2]
    with pytest.raises(TypeError, match="closed leaves nothing to pickle"):
        pickle.dumps(store)

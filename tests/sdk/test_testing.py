"""The store for tests: what its users see beyond the contract, which the kit certifies."""

import os
from typing import Any

import pytest

from evsys_sdk import ArtifactPointer, LogStoreError, MetricRow, RunLog, open_log_store
from evsys_sdk.testing import InMemoryLogStore


@pytest.fixture(autouse=True)
def no_named_logs() -> Any:
    yield
    InMemoryLogStore.clear()


def test_the_log_so_far_can_be_compared() -> None:
    store = InMemoryLogStore()
    store.log_scalar("loss", 1, 0)
    store.log_metrics({"loss": 0.5}, 1, split="val")
    store.log_hyperparams({"lr": 0.1})
    store.log_artifact("weights", "w.pt", kind="model")
    expected = RunLog(
        metrics=[MetricRow(0, "train", {"loss": 1.0}), MetricRow(1, "val", {"loss": 0.5})],
        hyperparams={"lr": 0.1},
        artifacts=[ArtifactPointer("weights", "w.pt", "model")],
    )
    assert store.log == expected
    store.close()
    assert store.log == expected


def test_the_log_is_a_copy() -> None:
    store = InMemoryLogStore()
    store.log_metrics({"loss": 0.5}, 0)
    store.log.metrics[0].metrics["loss"] = 7.0
    store.log.metrics.clear()
    assert store.log.metrics == [MetricRow(0, "train", {"loss": 0.5})]


def test_stores_without_a_destination_have_separate_logs() -> None:
    first, second = InMemoryLogStore(), InMemoryLogStore()
    first.log_metrics({"loss": 0.5}, 0)
    assert second.log.metrics == []


def test_stores_with_one_destination_continue_one_log_until_it_is_cleared() -> None:
    for step in range(2):
        with open_log_store({"kind": "memory", "params": {"destination": "run"}}) as store:
            store.log_metrics({"loss": 0.5}, step)
    run_log = InMemoryLogStore.read_run(destination="run")
    assert [row.step for row in run_log.metrics] == [0, 1]
    InMemoryLogStore.clear()
    assert InMemoryLogStore.read_run(destination="run").metrics == []
    assert InMemoryLogStore(destination="run").log.metrics == []


def test_two_children_at_one_destination_are_a_problem_of_the_configuration() -> None:
    child = {"kind": "memory", "params": {"destination": "run"}}
    with (
        pytest.raises(LogStoreError, match="memory:run"),
        open_log_store({"kind": "multiplex", "params": {"children": [child, child]}}),
    ):
        pass


def test_a_write_in_a_forked_child_raises_and_harms_nothing() -> None:
    store = InMemoryLogStore()
    store.log_metrics({"loss": 0.5}, 0)
    child = os.fork()
    if child == 0:
        try:
            store.log_metrics({"loss": 0.5}, 1)
        except LogStoreError as error:
            store.close()
            os._exit(0 if "has this log in its memory" in str(error) else 2)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    store.log_metrics({"loss": 0.5}, 2)
    assert [row.step for row in store.log.metrics] == [0, 2]

"""What MLflow has recorded, read with its own client."""

import logging
import math
import sys

import pytest
from mlflow import MlflowClient, MlflowException
from mlflow.entities import Metric, Run

from evsys_mlflow import MlflowLogStore
from evsys_mlflow.local_server import MlflowServer
from evsys_sdk import open_log_store


def the_run(client: MlflowClient, name: str) -> Run:
    home = client.get_experiment_by_name("Default")
    assert home is not None
    (found,) = client.search_runs([home.experiment_id], f"attributes.run_name = '{name}'")
    return found


def test_an_infinity_stands_as_mlflow_does_it_and_is_read_back_as_it_was(
    server: MlflowServer, client: MlflowClient, run: str, store: MlflowLogStore
) -> None:
    logged = [math.inf, sys.float_info.max, -math.inf, -0.0, 0.0, 0.5]
    for step, value in enumerate(logged):
        store.log_metrics({"loss": value}, step, split="val")
    history = client.get_metric_history(the_run(client, run).info.run_id, "loss:val")
    shown = {metric.step: metric.value for metric in history}
    largest = sys.float_info.max
    assert [shown[step] for step in range(6)] == [largest, largest, -largest, 0.0, 0.0, 0.5]
    read = MlflowLogStore.read_run(tracking_uri=server.tracking_uri, run=run)
    assert repr([row.metrics["loss"] for row in read.metrics]) == repr(logged)
    assert {row.split for row in read.metrics} == {"val"}


def test_hyperparameters_fill_the_table_of_parameters_and_may_change(
    server: MlflowServer,
    client: MlflowClient,
    run: str,
    store: MlflowLogStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        store.log_hyperparams({"lr": 0.5, "model": {"layers": 2}, "a//b": 1, "long": "x" * 7000})
        assert not caplog.messages
        store.log_hyperparams({"lr": 0.25, "seed": "7"})
    (warning,) = caplog.messages
    assert warning.startswith("lr was '0.5' and is now '0.25'; MLflow's table of parameters keeps")
    params = the_run(client, run).data.params
    assert params == {"lr": "0.5", "model": '{"layers": 2}', "seed": "7"}
    read = MlflowLogStore.read_run(tracking_uri=server.tracking_uri, run=run).hyperparams
    assert read["lr"] == 0.25
    assert read["a//b"] == 1
    assert read["long"] == "x" * 7000


def test_a_call_of_more_metrics_than_a_request_takes(
    server: MlflowServer, run: str, store: MlflowLogStore
) -> None:
    wide = {f"grad/{n}": float(n) for n in range(1500)}
    store.log_metrics(wide, 3)
    store.log_hyperparams({f"p{n}": n for n in range(250)})
    store.close()
    (row,) = MlflowLogStore.read_run(tracking_uri=server.tracking_uri, run=run).metrics
    assert row.metrics == wide


def test_a_request_that_is_sent_twice_is_recorded_once(
    client: MlflowClient, run: str, store: MlflowLogStore
) -> None:
    run_id = the_run(client, run).info.run_id
    for _ in range(2):  # what MLflow's client does where an answer gets lost
        client.log_batch(run_id, [Metric("loss", 0.5, 1000, 1), Metric("acc", math.nan, 1000, 1)])
    assert len(client.get_metric_history(run_id, "loss")) == 1
    assert len(client.get_metric_history(run_id, "acc")) == 1
    for _ in range(2):  # and two calls are two points
        store.log_metrics({"lr": 0.5}, 1)
    assert len(client.get_metric_history(run_id, "lr")) == 2


def test_a_run_is_running_while_it_is_open(
    server: MlflowServer, client: MlflowClient, run: str
) -> None:
    for _ in range(2):
        store = MlflowLogStore(tracking_uri=server.tracking_uri, run=run)
        assert the_run(client, run).info.status == "RUNNING"
        store.close()
        assert the_run(client, run).info.status == "FINISHED"


def test_two_runs_of_one_name_are_an_error_that_names_both(
    server: MlflowServer, client: MlflowClient, run: str
) -> None:
    made = [client.create_run("0", run_name=run).info.run_id for _ in range(2)]
    with pytest.raises(ValueError, match="has several runs with the name") as raised:
        MlflowLogStore(tracking_uri=server.tracking_uri, run=run)
    assert all(run_id in str(raised.value) for run_id in made)


def test_a_name_that_mlflow_could_not_be_asked_for_is_refused(server: MlflowServer) -> None:
    for name in ("", "a'b", 'a"b', "a\0b"):
        with pytest.raises(ValueError, match="run must"):
            MlflowLogStore(tracking_uri=server.tracking_uri, run=name)
    with pytest.raises(LookupError, match="experiment 'Default' has no run 'none'"):
        MlflowLogStore.read_run(tracking_uri=server.tracking_uri, run="none")


def test_a_server_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(MlflowException, match="refused"):
        MlflowLogStore(tracking_uri="http://127.0.0.1:1", run="a")


def test_it_is_named_in_yaml(server: MlflowServer, run: str) -> None:
    params = {"tracking_uri": server.tracking_uri, "run": run, "experiment": "another"}
    with open_log_store({"kind": "mlflow", "params": params}) as store:
        store.log_metrics({"loss": 0.5}, 7)
        store.log_artifact("model", "/no/such/file", kind="checkpoint")
    read = MlflowLogStore.read_run(**params)
    assert [(row.step, row.metrics) for row in read.metrics] == [(7, {"loss": 0.5})]
    assert [(a.name, a.path, a.kind) for a in read.artifacts] == [
        ("model", "/no/such/file", "checkpoint")
    ]

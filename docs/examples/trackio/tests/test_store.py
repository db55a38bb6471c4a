"""What trackio has of a run, seen through its own classes."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trackio
from hypothesis import example, given
from hypothesis import strategies as st
from trackio.sqlite_storage import SQLiteStorage

from evsys_conformance.strategies import other_texts, plain_texts, values
from evsys_sdk import open_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_trackio import TrackioLogStore, rows

README = Path(__file__).parents[1] / "README.md"
TEXTS = plain_texts() | other_texts() | st.sampled_from(["val", "val/loss", "step", rows.REST])
NOW = "2026-01-01T00:00:00.000000+00:00"


@given(
    metrics=st.dictionaries(TEXTS, values(), min_size=1, max_size=5),
    split=st.sampled_from(["train", "val"]) | TEXTS,
)
@example(metrics={"loss": 0.5, "val/loss": 0.25}, split="val")
@example(metrics={"step": 1.0, "evsys/step": 2.0, "__x": 3.0}, split="train")
def test_every_call_comes_back_from_its_row(metrics: dict[str, float], split: str) -> None:
    read = rows.from_row(rows.to_row(metrics, split) | {"step": 3, "timestamp": NOW})
    assert (read.step, read.split) == (3, split)
    assert {key: repr(value) for key, value in read.metrics.items()} == {
        key: repr(value) for key, value in metrics.items()
    }


def test_trackio_has_the_values_at_their_steps(store: TrackioLogStore, project: str) -> None:
    store.log_metrics({"loss": math.nan}, 5)
    store.log_metrics({"loss": -0.0}, 1, split="val")
    store.log_metrics({"loss": math.inf}, 2**63 - 1)
    logs = SQLiteStorage.get_logs(project, "a run")
    assert SQLiteStorage.get_project_db_path(project).parent == Path(os.environ["TRACKIO_DIR"])
    assert [row["step"] for row in logs] == [5, 1, 2**63 - 1]
    assert repr([logs[0]["loss"], logs[1]["val/loss"], logs[2]["loss"]]) == "[nan, -0.0, inf]"


def test_hyperparameters_are_in_the_config_of_the_run(store: TrackioLogStore, project: str) -> None:
    store.log_hyperparams({"lr": 0.5, "huge": 2**70, "nested": {"huge": [2**70]}})
    store.log_hyperparams({"lr": 0.25, "model": {"layers": 2}})
    (run,) = trackio.Api().runs(project)
    assert run.name == "a run"
    assert run.config == {"lr": 0.25, "model": {"layers": 2}}
    assert TrackioLogStore.read_run(project=project, run="a run").hyperparams == {
        "lr": 0.25,
        "huge": 2**70,
        "nested": {"huge": [2**70]},
        "model": {"layers": 2},
    }


def test_calls_stay_in_order_when_the_clock_is_set_back(
    store: TrackioLogStore, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step, now in enumerate((2e9, 1e9, 1e9)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        store.log_metrics({"loss": 0.5}, step)
    read = TrackioLogStore.read_run(project=project, run="a run")
    assert [row.step for row in read.metrics] == [0, 1, 2]


def test_it_is_named_in_yaml_and_prints_nothing(
    project: str, capfd: pytest.CaptureFixture[str]
) -> None:
    params: dict[str, Any] = {"project": project, "run": "yaml"}
    for _ in range(2):
        with open_log_store({"kind": "trackio", "params": params}) as store:
            store.log_artifact("model", "/no/such/file", kind="checkpoint")
    read = TrackioLogStore.read_run(**params)
    assert [(a.name, a.path, a.kind) for a in read.artifacts] == [
        ("model", "/no/such/file", "checkpoint")
    ] * 2
    assert capfd.readouterr() == ("", "")


def test_a_project_that_trackio_refuses_is_an_error() -> None:
    with pytest.raises(ValueError, match="registry-"):
        TrackioLogStore(project="registry-x", run="a run")


def test_beside_a_jsonl_log_it_has_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    (text,) = [block for block in blocks if block.startswith("# train.yaml\n")]
    Path("train.yaml").write_text(text)
    with open_log_store("train.yaml") as both:
        for step in range(20):
            both.log_metrics({"loss": 0.5 + step}, step, split="val")
    read = TrackioLogStore.read_run(project="digits", run="digits-42")
    beside = JSONLLogStore.read_run(log_dir="logs")
    assert [(row.step, row.split, row.metrics) for row in read.metrics] == [
        (row.step, row.split, row.metrics) for row in beside.metrics
    ]
    assert len(beside.metrics) == 20


def test_the_command_of_trackio_shows_the_points(store: TrackioLogStore, project: str) -> None:
    for step, loss in ((5, 0.1), (1, 0.5), (5, 0.2)):
        store.log_metrics({"loss": loss}, step, split="val")
    command = Path(sys.executable).with_name("trackio")
    metric = ["--project", project, "--run", "a run", "--metric", "val/loss", "--json"]
    done = subprocess.run([command, "get", "metric", *metric], capture_output=True, check=True)
    points = json.loads(done.stdout)["values"]
    assert [(point["step"], point["value"]) for point in points] == [(5, 0.1), (1, 0.5), (5, 0.2)]

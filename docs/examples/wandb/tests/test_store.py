"""What W&B has of a run, and what it does to the program."""

import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wandb

from evsys_sdk import open_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_wandb import WandbLogStore
from evsys_wandb.run import id_of
from evsys_wandb.wandb_file import records


def rows(file: Path) -> list[dict[str, str]]:
    """The JSON of each column of W&B's history, without those that W&B adds."""
    return [
        {
            name: item.value_json
            for item in record.history.item
            if not (name := item.nested_key[0]).startswith("_")
        }
        for record in records(file)
        if record.HasField("history")
    ]


def test_a_step_that_goes_back_is_kept_and_is_the_x_axis(
    store: WandbLogStore, finished: Callable[[], Path], tmp_path: Path
) -> None:
    for step in (5, 1, 5, 2**63 - 1):
        store.log_metrics({"loss": 0.5}, step)
    assert [row["evsys/step"] for row in rows(finished())] == ["5", "1", "5", str(2**63 - 1)]
    (metric,) = [record.metric for record in records(finished()) if record.HasField("metric")]
    assert (metric.glob_name, metric.step_metric) == ("*", "evsys/step")
    read = WandbLogStore.read_run(project="tests", run="a run", log_dir=tmp_path)
    assert [row.step for row in read.metrics] == [5, 1, 5, 2**63 - 1]


def test_values_that_json_has_no_number_for_are_kept(
    store: WandbLogStore, finished: Callable[[], Path], tmp_path: Path
) -> None:
    logged = [math.nan, math.inf, -math.inf, -0.0, 5e-324, 0.1]
    for step, value in enumerate(logged):
        store.log_metrics({"loss": value}, step, split="val")
    shown = [row["val/loss"] for row in rows(finished())]
    assert shown == ["NaN", "Infinity", "-Infinity", "-0", "5e-324", "0.1"]
    read = WandbLogStore.read_run(project="tests", run="a run", log_dir=tmp_path)
    assert repr([row.metrics["loss"] for row in read.metrics]) == repr(logged)


def test_hyperparameters_are_in_the_config_as_far_as_wandb_can_show_them(
    store: WandbLogStore, finished: Callable[[], Path], tmp_path: Path
) -> None:
    shown = {"lr": 0.25, "model": {"layers": [1, None]}, "wide": 2**53 + 1}
    hidden = {
        "-lr-": 1,
        "_wandb": 2,
        "data": "wandb-artifact://entity/project/name:v0",
        "ref": [{"_type": "artifactVersion"}],
        "huge": 2**70,
    }
    store.log_hyperparams({"lr": 0.5, **hidden})
    store.log_hyperparams(shown)
    found = [record.config for record in records(finished()) if record.HasField("config")]
    config = {item.key: item.value_json for update in found for item in update.update}
    assert config == {
        "lr": "0.25",
        "model": '{"layers":[1,null]}',
        "wide": str(2**53 + 1),
    }
    read = WandbLogStore.read_run(project="tests", run="a run", log_dir=tmp_path)
    assert read.hyperparams == {**hidden, **shown}


def test_a_run_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    params: dict[str, Any] = {"project": "tests", "run": "again", "log_dir": tmp_path}
    for session in range(3):  # within a second, which is as exact as W&B's names of folders are
        with open_log_store({"kind": "wandb", "params": {**params, "mode": "offline"}}) as store:
            store.log_metrics({"loss": float(session)}, 0)
            store.log_artifact("model", "/no/such/file", kind="checkpoint")
    read = WandbLogStore.read_run(**params)
    assert [row.metrics["loss"] for row in read.metrics] == [0.0, 1.0, 2.0]
    assert [(a.name, a.path, a.kind) for a in read.artifacts] == [
        ("model", "/no/such/file", "checkpoint")
    ] * 3


def test_runs_whose_names_begin_alike_and_other_projects_are_kept_apart(tmp_path: Path) -> None:
    names = [("tests", "a"), ("tests", "a-1"), ("others", "a")]
    for value, (project, run) in enumerate(names):
        store = WandbLogStore(project=project, run=run, mode="offline", log_dir=tmp_path)
        store.log_metrics({"loss": float(value)}, 0)
        store.close()
    for value, (project, run) in enumerate(names):
        read = WandbLogStore.read_run(project=project, run=run, log_dir=tmp_path)
        assert [row.metrics for row in read.metrics] == [{"loss": float(value)}]
    with pytest.raises(LookupError, match="project 'others' has no run 'a-1' in"):
        WandbLogStore.read_run(project="others", run="a-1", log_dir=tmp_path)


def test_ids_are_names_that_wandb_takes() -> None:
    assert id_of("digits-42_b") == "digits-42_b"
    ids = {id_of(name) for name in ("a b", "a-b", "a/b", "/", "ü", "x" * 65, "x" * 66)}
    assert len(ids) == 7
    assert all(len(run_id) <= 64 and run_id.replace("-", "a").isalnum() for run_id in ids)


SILENT = """
import os, sys
from evsys_wandb import WandbLogStore
store = WandbLogStore(project="tests", run="silent", mode="offline", log_dir=sys.argv[1])
children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
assert len(children) == 1, children
store.log_metrics({"loss": 0.5}, 1)
store.close()
assert not open(f"/proc/self/task/{os.getpid()}/children").read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for child processes in /proc")
def test_offline_it_prints_nothing_connects_to_nothing_and_ends_its_process(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-c", SILENT, str(tmp_path)],
            env=os.environ | {"WANDB_BASE_URL": address, "WANDB_API_KEY": "k" * 40},
            capture_output=True,
            text=True,
            check=False,
        )
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_run_of_the_program_itself_is_left_alone(tmp_path: Path) -> None:
    settings = wandb.Settings(silent=True, console="off")
    store = WandbLogStore(project="tests", run="ours", mode="offline", log_dir=tmp_path)
    theirs = wandb.init(
        project="tests",
        id="theirs",
        mode="offline",
        dir=str(tmp_path),
        reinit="create_new",
        settings=settings,
    )
    store.close()
    theirs.log({"loss": 0.5})
    theirs.finish()
    wandb.teardown()
    (path,) = tmp_path.glob("wandb/offline-run-*-theirs/*.wandb")
    assert [r for r in records(path) if r.HasField("history")]


def test_beside_a_jsonl_log_it_has_the_same(
    readme: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = readme("train.yaml").replace(
        "kind: wandb, params: {", "kind: wandb, params: { mode: offline,"
    )
    Path("train.yaml").write_text(text)
    with open_log_store("train.yaml") as both:
        for step in range(20):
            both.log_metrics({"loss": 0.5 + step}, step, split="val")
    read = WandbLogStore.read_run(project="digits", run="digits-42", log_dir="logs")
    beside = JSONLLogStore.read_run(log_dir="logs")
    assert [(row.step, row.split, row.metrics) for row in read.metrics] == [
        (row.step, row.split, row.metrics) for row in beside.metrics
    ]
    assert len(beside.metrics) == 20


def test_online_without_a_key_it_is_an_error_and_not_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    with pytest.raises(wandb.Error, match="API key"):
        WandbLogStore(project="tests", run="online", log_dir=tmp_path)

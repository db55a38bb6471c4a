"""Online, by the same calls: what the server is sent, and what happens if it goes away."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evsys_sdk import RunLog
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_wandb import WandbLogStore
from evsys_wandb.fake_server import FakeServer
from evsys_wandb.run import id_of


def log(store: WandbLogStore) -> None:
    """Make calls of each kind, which W&B alone would alter."""
    store.log_hyperparams({"lr": 0.5, "-lr-": 1})
    for step in (5, 1, 5):
        store.log_metrics({"loss": float("nan"), "_step": 0.25}, step, split="val")
    store.log_artifact("model", "/no/such/file")
    store.close()


def without_times(log: RunLog) -> Any:
    """A log with the times of its calls left out, as text, in which NaN is equal to itself."""
    metrics = [(row.step, row.split, sorted(row.metrics.items())) for row in log.metrics]
    return repr((metrics, log.hyperparams, [(each.name, each.path) for each in log.artifacts]))


def history(server: FakeServer, run: str) -> list[dict[str, Any]]:
    """The rows that the server has, without their times."""
    times = {"_timestamp", "_runtime"}
    return [{name: row[name] for name in row.keys() - times} for row in server.runs[run].history]


def test_online_and_synced_later_the_server_has_the_same(
    server: FakeServer, store: WandbLogStore, finished: Callable[[], Path], tmp_path: Path
) -> None:
    params: dict[str, Any] = {"project": "tests", "run": "online", "log_dir": tmp_path}
    log(WandbLogStore(**params))
    log(store)
    command = [sys.executable, "-m", "wandb", "sync", str(finished().parent)]
    subprocess.run(command, cwd=tmp_path, check=True)
    rows = history(server, "online")
    assert [row.get("evsys/step") for row in rows] == [None, 5, 1, 5, None]
    assert rows == history(server, id_of("a run"))
    for run in server.runs.values():
        assert '"lr":{"value":0.5}' in run.config
    read = WandbLogStore.read_run(**params)
    there = WandbLogStore.read_run(project="tests", run="a run", log_dir=tmp_path)
    assert without_times(read) == without_times(there)


def test_a_run_that_the_server_has_is_continued(server: FakeServer, tmp_path: Path) -> None:
    params: dict[str, Any] = {"project": "tests", "run": "again", "log_dir": tmp_path}
    for _session in range(2):
        log(WandbLogStore(**params))
    assert [row["_step"] for row in history(server, "again")] == list(range(10))
    read = WandbLogStore.read_run(**params)
    assert [row.step for row in read.metrics] == [5, 1, 5, 5, 1, 5]


TRAINING = """
from evsys_sdk import open_log_store

with open_log_store("train.yaml") as store:
    print("opened", flush=True)
    input()
    for step in range(100):
        store.log_metrics({"loss": 0.5}, step)
"""


def test_training_goes_on_and_ends_if_the_server_goes_away(
    server: FakeServer, readme: Callable[[str], str], tmp_path: Path
) -> None:
    text = readme("train.yaml").replace("close_timeout: 300", "close_timeout: 1")
    (tmp_path / "train.yaml").write_text(text)
    with subprocess.Popen(
        [sys.executable, "-c", TRAINING],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as training:
        assert training.stdout is not None
        assert training.stdout.readline() == "opened\n"
        server.is_away.set()
        _, said = training.communicate("\n", timeout=120)
    assert training.returncode == 0
    assert "the child (wandb) did not return from close() within 1 s" in said
    assert len(JSONLLogStore.read_run(log_dir=tmp_path / "logs").metrics) == 100

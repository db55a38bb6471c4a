"""Logs to look at, and the command that looks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from evsys_sdk.command import main
from evsys_sdk.log_stores.jsonl import JSONLLogStore

HOSTILE = "<script>document.title='hit'</script><b>x</b> %{x} \x1b[2J\n\u202e$a_b$ &amp;"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evsys_sdk", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def status_of(*arguments: str) -> int:
    """The exit status of a command line in this process, also of a wrong one."""
    try:
        return main(arguments)
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else 1


def write_log(directory: Path, points: list[tuple[dict[str, float], int, str]]) -> Path:
    store = JSONLLogStore(log_dir=directory)
    for metrics, step, split in points:
        store.log_metrics(metrics, step, split=split)
    store.close()
    return directory


def usual_log(directory: Path) -> Path:
    points: list[tuple[dict[str, float], int, str]] = []
    for step in range(100):
        points.append(({"train/loss": 1 / (step + 1)}, step, "train"))
        if step % 20 == 19:
            points.append(({"val/loss": 2 / step}, step, "val"))
    write_log(directory, points)
    store = JSONLLogStore(log_dir=directory)
    store.log_hyperparams({"learning_rate": 0.25, "layers": [64, 32]})
    store.log_artifact("model", "checkpoints/final.npz", kind="checkpoint")
    store.close()
    return directory


def hostile_log(directory: Path) -> Path:
    far = 2**63 - 1
    steps = [far - 3, far - 1, far, -(2**63), -5, 7, 7, 3]
    values = [1.0, float("nan"), 1.7e308, -1.7e308, float("inf"), float("-inf"), 5e-324, 0.0]
    pairs = zip(steps, values, strict=True)
    write_log(directory, [({HOSTILE: v, "k" * 2000: 1.0}, s, HOSTILE[:20]) for s, v in pairs])
    store = JSONLLogStore(log_dir=directory)
    store.log_hyperparams({HOSTILE: HOSTILE, "nested": {HOSTILE: [None]}})
    store.log_artifact(HOSTILE, HOSTILE, kind=HOSTILE)
    store.close()
    return directory


def log_of_others(directory: Path) -> Path:
    """A log whose rows have no ts, and of which some have no split."""
    directory.mkdir()
    rows = [{"step": step, "metrics": {"loss": 0.5, "/loss": 0.25}} for step in range(9)]
    rows += [{"step": 8, "split": "val", "metrics": {"val/loss": 0.125}}]
    content = "".join(json.dumps(each) + "\n" for each in rows)
    (directory / "metrics.jsonl").write_text(content)
    return directory


def row(step: int, **metrics: Any) -> bytes:
    content = {"ts": 1.0, "step": step, "split": "train", "metrics": metrics}
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"

"""What one writes without a logger: open the file, append a line, close it, for each call."""

import json
import time
from pathlib import Path

from benchmarks.peers.readers import read_json_lines
from benchmarks.subject import Opened, Subject

__all__ = ["NAIVE_JSON"]


def _open(directory: Path) -> Opened:
    path = directory / "metrics.jsonl"

    def log(metrics: dict[str, float], step: int) -> None:
        with path.open("a") as file:
            row = {"ts": time.time(), "step": step, "split": "train", "metrics": metrics}
            file.write(json.dumps(row) + "\n")

    return Opened(log, lambda: None)


NAIVE_JSON = Subject(
    name="json, file reopened per call",
    group="peer",
    open=_open,
    read=read_json_lines,
)

"""A store that appends one JSON line per call, with one write each."""

import json
import os
import threading
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakSet

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.front import Forbidding, Front
from zoo.stores import correct

OPEN: "WeakSet[Jsonl]" = WeakSet()


def renew_locks() -> None:
    """Free, in a forked child, the locks that threads of its parent held."""
    for store in list(OPEN):
        store.lock = threading.RLock()


os.register_at_fork(after_in_child=renew_locks)


class Jsonl(Front):
    """Every record is a line of ``log.jsonl``; hyperparameters are lines too, merged by the reader.

    A line begins with the newline, so that an incomplete line of a killed process can't spoil
    the next one.
    """

    name: ClassVar[str] = "zoo_jsonl"

    class Config(Forbidding):
        directory: Path

    def __init__(self, *, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.path = directory / "log.jsonl"
        self.file = self.open()
        self.lock = threading.RLock()
        OPEN.add(self)

    def open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def write(self, record: dict[str, Any]) -> None:
        os.write(self.file, b"\n" + json.dumps(record).encode())

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.write({"step": step, "split": split, "metrics": points})

    def merge(self, params: dict[str, Any]) -> None:
        self.write({"hyperparams": params})

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.write({"name": name, "path": path, "kind": kind})

    def release(self) -> None:
        os.close(self.file)


def read_lines(path: Path) -> RunLog:
    """The log in a file of JSON lines; a line that was cut by a kill is passed over."""
    log = RunLog([], {}, [])
    if not path.exists():
        return log
    for line in path.read_bytes().split(b"\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        add_record(log, record)
    return log


def add_record(log: RunLog, record: Any) -> None:
    """Add one decoded line to the log."""
    if "metrics" in record:
        log.metrics.append(MetricRow(**record))
    elif "hyperparams" in record:
        log.hyperparams.update(record["hyperparams"])
    else:
        log.artifacts.append(ArtifactPointer(**record))


@correct("appends to a file, and claims everything but composite")
class JsonlHarness(StoreHarness):
    """Reads the file."""

    store: Any = Jsonl
    capabilities = {"split", "float64", "resume", "crash", "threads", "processes", "fork"}

    def params(self, directory: Path) -> dict[str, Any]:
        return {"directory": directory}

    def read(self, params: dict[str, Any]) -> RunLog:
        return read_lines(params["directory"] / "log.jsonl")

"""A store that hands its records to a thread, which writes them."""

import json
import queue
import threading
from pathlib import Path
from typing import Any, ClassVar

from evsys_conformance import StoreHarness
from evsys_sdk import RunLog
from zoo.backends.jsonl import read_lines
from zoo.front import Forbidding, Front
from zoo.stores import correct


class Background(Front):
    """A queue and one thread per instance; ``close`` waits until all is written."""

    name: ClassVar[str] = "zoo_background"

    class Config(Forbidding):
        path: Path

    def __init__(self, *, path: Path) -> None:
        self.path = path
        self.queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.lock = threading.Lock()

    def run(self) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            while (record := self.queue.get()) is not None:
                self.deliver(file, record)

    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        # As in Jsonl: an incomplete line of a killed process must not spoil the next one.
        file.write("\n" + json.dumps(record))

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.queue.put({"step": step, "split": split, "metrics": points})

    def merge(self, params: dict[str, Any]) -> None:
        self.queue.put({"hyperparams": params})

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.queue.put({"name": name, "path": path, "kind": kind})

    def release(self) -> None:
        self.queue.put(None)
        self.thread.join()


@correct("a queue and a thread; what is logged is written later")
class BackgroundHarness(StoreHarness):
    """Reads the file."""

    store: Any = Background
    capabilities = {"split", "float64", "resume", "threads"}

    def params(self, directory: Path) -> dict[str, Any]:
        return {"path": directory / "queue.jsonl"}

    def read(self, params: dict[str, Any]) -> RunLog:
        return read_lines(params["path"])

"""Untrue claims of threads: CAP-THREADS. A fault that needs a race holds it open."""

import json
import os
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

from evsys_sdk import MetricRow
from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import ARTIFACT, EXTRA, HYPERPARAMS, LOST, ORDER

THREADS = {"split", "float64", "threads"}


def take_turns() -> None:
    """Let another thread run."""
    time.sleep(0)


@fault(
    "CAP-THREADS",
    "reads its rows, adds one, and puts them back",
    habitat=MemoryHarness,
    message=LOST,
    capabilities=THREADS,
)
class RowsPutBack(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        rows = list(self.log.metrics)
        take_turns()
        self.log.metrics = [*rows, MetricRow(step, split, points)]


@fault(
    "CAP-THREADS",
    "reads its hyperparameters, merges, and puts them back",
    habitat=MemoryHarness,
    message=HYPERPARAMS,
    capabilities=THREADS,
)
class HyperparamsPutBack(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def merge(self, params: dict[str, Any]) -> None:
        before = dict(self.log.hyperparams)
        take_turns()
        self.log.hyperparams = {**before, **params}


@fault(
    "CAP-THREADS",
    "reads its artifacts, adds one, and puts them back",
    habitat=MemoryHarness,
    message=ARTIFACT,
    capabilities=THREADS,
)
class ArtifactsPutBack(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        before = self.log.artifacts
        self.log.artifacts = []
        super().add_artifact(name, path, kind)
        take_turns()
        self.log.artifacts = before + self.log.artifacts


@fault(
    "CAP-THREADS",
    "writes a row in two pieces",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=THREADS,
)
class RowsInPieces(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        row = b"\n" + json.dumps({"step": step, "split": split, "metrics": points}).encode()
        os.write(self.file, row[:9])
        take_turns()
        os.write(self.file, row[9:])


@fault(
    "CAP-THREADS",
    "hands its rows to four workers, which lose their order",
    habitat=JsonlHarness,
    message=ORDER,
    capabilities=THREADS,
)
class FourWorkers(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.pool = ThreadPoolExecutor(4)
        self.number = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.number += 1
        self.pool.submit(self.write_late, self.number % 2, (step, split, points))

    def write_late(self, turns: int, row: tuple[int, str, dict[str, float]]) -> None:
        for _ in range(turns * 20):
            take_turns()
        super().record(*row)

    def release(self) -> None:
        self.pool.shutdown()
        super().release()


@fault(
    "CAP-THREADS",
    "loses a write that close overtakes",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=THREADS,
)
class CloseOvertakes(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()
        self.file_lock = threading.Lock()

    def write(self, record: dict[str, Any]) -> None:
        take_turns()
        with self.file_lock:
            if not self.closed:
                super().write(record)

    def release(self) -> None:
        with self.file_lock:
            super().release()


@fault(
    "CAP-THREADS",
    "records a write that close overtakes, and raises",
    habitat=MemoryHarness,
    message=EXTRA,
    capabilities=THREADS,
)
class RaisesThoughRecorded(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        take_turns()
        self.refuse_if_closed("log_metrics")


@fault(
    "CAP-THREADS",
    "takes writes into its queue after close has emptied it",
    habitat=BackgroundHarness,
    message=LOST,
    capabilities=THREADS,
)
class QueuedAfterEnd(Background):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        take_turns()
        super().record(step, split, points)


@fault(
    "CAP-THREADS",
    "writes a row again if it had to wait",
    habitat=JsonlHarness,
    message=EXTRA,
    capabilities=THREADS,
)
class WritesAgain(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()
        self.busy = False

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        waited, self.busy = self.busy, True
        take_turns()
        super().record(step, split, points)
        if waited:
            super().record(step, split, points)
        self.busy = False


@fault(
    "CAP-THREADS",
    "drops a row if another thread is writing",
    habitat=SqliteHarness,
    message=LOST,
    capabilities=THREADS,
)
class DropsWhenBusy(Sqlite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.write_lock, self.lock = self.lock, nullcontext()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if self.write_lock.acquire(blocking=False):
            try:
                take_turns()
                super().record(step, split, points)
            finally:
                self.write_lock.release()

    def merge(self, params: dict[str, Any]) -> None:
        with self.write_lock:
            super().merge(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        with self.write_lock:
            super().add_artifact(name, path, kind)

    def release(self) -> None:
        # SQLite crashes the process if a connection is closed while another thread uses it.
        with self.write_lock:
            super().release()


@fault(
    "CAP-THREADS",
    "works in the thread that opened it only",
    habitat=SqliteHarness,
    message="in one of 4 threads, .* raised",
    capabilities=THREADS,
)
class OneThreadOnly(Sqlite):
    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=60, isolation_level=None)


@fault(
    "CAP-THREADS",
    "keeps a buffer per thread, and writes that of the closing one",
    habitat=BufferedHarness,
    message=LOST,
    capabilities=THREADS,
)
class BufferPerThread(Buffered):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.local = threading.local()
        self.lock = threading.RLock()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.local.rows = [*getattr(self.local, "rows", []), MetricRow(step, split, points)]

    def release(self) -> None:
        self.log.metrics = getattr(self.local, "rows", [])
        super().release()


@fault(
    "CAP-THREADS",
    "keeps the row that it is writing in an attribute",
    habitat=JsonlHarness,
    message=f"{LOST}|{EXTRA}",
    capabilities=THREADS,
)
class RowInAttribute(Jsonl):
    row: Any = None

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.row = (step, split, points)
        take_turns()
        super().record(*self.row)


@fault(
    "CAP-THREADS",
    "keeps the split that it is writing in an attribute",
    habitat=MemoryHarness,
    message=f"{LOST}|{EXTRA}",
    capabilities=THREADS,
)
class SplitInAttribute(Memory):
    current = "train"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.current = split
        take_turns()
        super().record(step, self.current, points)


@fault(
    "CAP-THREADS",
    "takes two locks in either order",
    habitat=MemoryHarness,
    message="did not return",
    capabilities=THREADS,
)
class TwoLocks(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()
        self.rows_lock, self.params_lock = threading.Lock(), threading.Lock()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        with self.rows_lock:
            take_turns()
            with self.params_lock:
                super().record(step, split, points)

    def merge(self, params: dict[str, Any]) -> None:
        with self.params_lock:
            take_turns()
            with self.rows_lock:
                super().merge(params)


@fault(
    "CAP-THREADS",
    "opens its file with the first write, maybe in two threads at once",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=THREADS,
)
class OpensTwice(Jsonl):
    opened = False

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def write(self, record: dict[str, Any]) -> None:
        if not self.opened:
            for _ in range(100):
                take_turns()
            os.truncate(self.path, 0)
            self.opened = True
        super().write(record)


@fault(
    "CAP-THREADS",
    "goes through a dict on close that others still fill",
    habitat=BufferedHarness,
    message=r"close\(\), (racing writes|while others write), raised|missing|is not recorded",
    capabilities=THREADS,
)
class DictGrowsOnClose(Buffered):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.series: dict[int, MetricRow] = {}

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.series[len(self.series)] = MetricRow(step, split, points)

    def shut(self) -> None:
        if not self.closed:
            for row in self.series.values():
                take_turns()
                self.log.metrics.append(row)
        super().shut()


@fault(
    "CAP-THREADS",
    "replaces its hyperparameters by a copy, and holds no race open",
    habitat=MemoryHarness,
    message=HYPERPARAMS,
    capabilities=THREADS,
)
class HyperparamsReplaced(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.lock = nullcontext()

    def merge(self, params: dict[str, Any]) -> None:
        merged = dict(self.log.hyperparams)
        merged.update(params)
        self.log.hyperparams = merged

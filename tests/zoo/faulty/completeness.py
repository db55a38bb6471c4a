"""Faults in what is there after close: CL-1."""

import shutil
from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import ARTIFACT, EXTRA, HYPERPARAMS, LOST


@fault("CL-1", "loses the last row", habitat=BufferedHarness, message=LOST)
class LastRowLost(Buffered):
    def release(self) -> None:
        del self.log.metrics[-1:]
        super().release()


@fault("CL-1", "writes each row when the next one comes", habitat=JsonlHarness, message=LOST)
class OneBehind(Jsonl):
    waiting: tuple[int, str, dict[str, float]] | None = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if self.waiting:
            super().record(*self.waiting)
        self.waiting = (step, split, points)


@fault("CL-1", "writes the last row twice", habitat=HttpHarness, message=EXTRA)
class LastRowTwice(Http):
    last: tuple[int, str, dict[str, float]] | None = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        self.last = (step, split, points)

    def release(self) -> None:
        if self.last:
            super().record(*self.last)
        super().release()


@fault("CL-1", "marks its end by a row", habitat=CsvHarness, message=EXTRA)
class EndMarked(Csv):
    def release(self) -> None:
        self.record(-1, "train", {"end": 1.0})
        super().release()


@fault(
    "CL-1",
    "gives up what waits in its queue when it is closed",
    habitat=BackgroundHarness,
    message=LOST,
)
class QueueGivenUp(Background):
    def __init__(self, **params: Any) -> None:
        self.held: list[dict[str, Any]] = []
        super().__init__(**params)

    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        # Delivers in pairs, so that the fault does not depend on timing.
        self.held.append(record)
        if len(self.held) == 2:
            for each in self.held:
                super().deliver(file, each)
            self.held = []


@fault(
    "CL-1",
    "writes nothing if there were fewer than five rows",
    habitat=BufferedHarness,
    message=LOST,
)
class ShortRunsLost(Buffered):
    def release(self) -> None:
        if len(self.log.metrics) < 5:
            self.log.metrics.clear()
        super().release()


@fault("CL-1", "writes again when it is collected", habitat=JsonlHarness, message=EXTRA)
class WritesWhenCollected(Jsonl):
    last: tuple[int, str, dict[str, float]] | None = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        self.last = (step, split, points)

    def __del__(self) -> None:
        if self.last and self.directory.exists():
            self.file = self.open()
            super().record(*self.last)
            self.release()


@fault("CL-1", "takes its files along when it is collected", habitat=CsvHarness, message=LOST)
class CleansUpWhenCollected(Csv):
    def __del__(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@fault(
    "CL-1",
    "writes hyperparameters only with metrics",
    habitat=BufferedHarness,
    message=HYPERPARAMS,
)
class HyperparamsNeedMetrics(Buffered):
    def release(self) -> None:
        if not self.log.metrics:
            self.log.hyperparams.clear()
        super().release()


@fault("CL-1", "writes artifacts only with metrics", habitat=BufferedHarness, message=ARTIFACT)
class ArtifactsNeedMetrics(Buffered):
    def release(self) -> None:
        if not self.log.metrics:
            self.log.artifacts.clear()
        super().release()


@fault("CL-1", "loses scalars that no log_metrics followed", habitat=SqliteHarness, message=LOST)
class ScalarsWait(Sqlite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.waiting: list[tuple[int, str, dict[str, float]]] = []

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.refuse_if_closed("log_scalar")
        self.waiting.append((self.step(step), "train", self.points({key: value})))

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        for row in self.waiting:
            super().record(*row)
        self.waiting = []
        super().record(step, split, points)


@fault("CL-1", "never writes", habitat=BufferedHarness, message="your reader|FileNotFoundError")
class NeverWrites(Buffered):
    def release(self) -> None:
        pass


@fault("CL-1", "rolls the open transaction back", habitat=SqliteHarness, message=LOST)
class RolledBack(Sqlite):
    count = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if self.count % 4 == 0:
            self.database.execute("begin")
        rows = [(step, split, key, repr(value)) for key, value in points.items()]
        self.database.executemany("insert into points values (?, ?, ?, ?)", rows)
        self.count += 1
        self.end_transaction()

    def end_transaction(self) -> None:
        if self.count % 4 == 0:
            self.database.execute("commit")

    def merge(self, params: dict[str, Any]) -> None:
        self.finish()
        super().merge(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.finish()
        super().add_artifact(name, path, kind)

    def finish(self) -> None:
        if self.database.in_transaction:
            self.database.execute("commit")
            self.count = 0


@fault("CL-1", "loses the last hyperparameters", habitat=CsvHarness, message=HYPERPARAMS)
class LastHyperparamsLost(Csv):
    waiting: dict[str, Any] | None = None

    def merge(self, params: dict[str, Any]) -> None:
        super().merge(self.waiting or {})
        self.waiting = params


@fault("CL-1", "loses the last artifact", habitat=MemoryHarness, message=ARTIFACT)
class LastArtifactLost(Memory):
    def release(self) -> None:
        del self.log.artifacts[-1:]

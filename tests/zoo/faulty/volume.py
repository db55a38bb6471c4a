"""Faults that only many calls show, planted in what CL-1, MET-1 and ART-1 promise."""

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


class Counting(Memory):
    """Counts its calls."""

    count = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.count += 1
        super().record(step, split, points)


@fault("MET-1", "doubles every 64th call", habitat=MemoryHarness, message=EXTRA)
class SixtyFourthDoubled(Counting):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        if self.count % 64 == 0:
            self.log.metrics.append(self.log.metrics[-1])


@fault("MET-1", "loses every 100th call", habitat=CsvHarness, message=LOST)
class HundredthLost(Csv):
    count = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.count += 1
        if self.count % 100:
            super().record(step, split, points)


@fault("MET-1", "loses everything after the thousandth call", habitat=JsonlHarness, message=LOST)
class AThousandOnly(Jsonl):
    count = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.count += 1
        if self.count <= 1000:
            super().record(step, split, points)


@fault("MET-1", "keeps the last thousand calls", habitat=MemoryHarness, message=LOST)
class LastThousand(Memory):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        del self.log.metrics[:-1000]


@fault("MET-1", "loses the 5000th call", habitat=MemoryHarness, message=LOST)
class FiveThousandthLost(Counting):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        if self.count == 5000:
            self.log.metrics.pop()


@fault("MET-1", "drops calls when its queue is full", habitat=BackgroundHarness, message=LOST)
class QueueOverflows(Background):
    sent = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        # Counted, not measured, so that the fault does not depend on the speed of the machine.
        self.sent += 1
        if self.sent % 2048 < 2000:
            super().record(step, split, points)


@fault(
    "MET-1",
    "loses the batch that fills while hyperparameters are written",
    habitat=HttpHarness,
    message=LOST,
)
class HyperparamsDropBatch(Http):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.batch: list[dict[str, Any]] = []

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.batch.append({"step": step, "split": split, "metrics": points})
        if len(self.batch) == 10:
            self.flush()

    def flush(self) -> None:
        for record in self.batch:
            self.send(record)
        self.batch = []

    def merge(self, params: dict[str, Any]) -> None:
        self.batch = []
        super().merge(params)

    def release(self) -> None:
        self.flush()
        super().release()


@fault(
    "MET-1",
    "starts a second file after 512 rows and forgets the first",
    habitat=JsonlHarness,
    message=LOST,
)
class RotatesAway(Jsonl):
    count = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.count += 1
        if self.count % 512 == 0:
            self.path.rename(self.path.with_suffix(".1"))
            super().release()
            self.file = self.open()
        super().record(step, split, points)


@fault(
    "MET-1",
    "learns no more keys once it knows a hundred",
    habitat=SqliteHarness,
    message=LOST,
)
class HundredKeys(Sqlite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.keys: set[str] = set()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if len(self.keys) < 100:
            self.keys.update(points)
        super().record(step, split, {k: v for k, v in points.items() if k in self.keys})


@fault(
    "CL-1",
    "loses what is buffered if the number of calls is a multiple of 64",
    habitat=BufferedHarness,
    message=LOST,
)
class MultipleOf64Lost(Buffered):
    def release(self) -> None:
        if self.log.metrics and len(self.log.metrics) % 64 == 0:
            del self.log.metrics[-64:]
        super().release()


@fault(
    "CL-1",
    "flushes every hundred rows, and not on close",
    habitat=SqliteHarness,
    message=LOST,
)
class LastHundredLost(Sqlite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.batch: list[tuple[int, str, dict[str, float]]] = []

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.batch.append((step, split, points))
        if len(self.batch) == 100:
            for row in self.batch:
                super().record(*row)
            self.batch = []


@fault("ART-1", "keeps ten artifacts", habitat=MemoryHarness, message=ARTIFACT)
class TenArtifacts(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, kind)
        del self.log.artifacts[:-10]


@fault("ART-1", "keeps a hundred artifacts", habitat=SqliteHarness, message=ARTIFACT)
class HundredArtifacts(Sqlite):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, kind)
        with self.transaction() as database:
            database.execute("delete from artifacts where rowid <= last_insert_rowid() - 100")


@fault("HP-2", "keeps fifty hyperparameters", habitat=MemoryHarness, message=HYPERPARAMS)
class FiftyHyperparams(Memory):
    def merge(self, params: dict[str, Any]) -> None:
        super().merge(params)
        for key in list(self.log.hyperparams)[50:]:
            del self.log.hyperparams[key]

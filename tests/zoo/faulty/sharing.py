"""Faults between instances (ID-4)."""

from pathlib import Path
from typing import Any, ClassVar, Self

from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import ARTIFACT, EXTRA, FAILED, HYPERPARAMS, LOST, SPLIT, STEP

INDEPENDENT = {"split", "float64"}


@fault("ID-4", "buffers in a list of the class", habitat=BufferedHarness, message=f"{LOST}|{EXTRA}")
class ClassBuffer(Buffered):
    rows: ClassVar[list[MetricRow]] = []

    def __init__(self, *, path: Path) -> None:
        super().__init__(path=path)
        self.log = RunLog(self.rows, {}, [])

    def release(self) -> None:
        super().release()
        self.rows.clear()


@fault(
    "ID-4",
    "keeps hyperparameters in a dict of the class",
    habitat=CsvHarness,
    message=HYPERPARAMS,
)
class ClassHyperparams(Csv):
    shared: ClassVar[dict[str, Any]] = {}

    def __init__(self, *, folder: str) -> None:
        super().__init__(folder=folder)
        self.params = self.shared


@fault("ID-4", "has a mutable default argument", habitat=BufferedHarness, message=ARTIFACT)
class MutableDefault(Buffered):
    def __init__(self, *, path: Path, artifacts: list[ArtifactPointer] = []) -> None:  # noqa: B006 - the fault
        super().__init__(path=path)
        self.log.artifacts = artifacts


BY_NAME: dict[str, RunLog] = {}


@fault(
    "ID-4",
    "keeps the log in a module-level dict by the name of the store",
    habitat=BufferedHarness,
    message=f"{LOST}|{EXTRA}",
)
class SharedByName(Buffered):
    def __init__(self, *, path: Path) -> None:
        super().__init__(path=path)
        self.log = BY_NAME.setdefault(self.name, RunLog([], {}, []))

    def release(self) -> None:
        super().release()
        BY_NAME.pop(self.name, None)


@fault("ID-4", "is a singleton while it is open", habitat=MemoryHarness, message=f"{LOST}|{EXTRA}")
class Singleton(Memory):
    instance: ClassVar[Any] = None

    def __new__(cls, *, destination: str) -> Self:
        cls.instance = cls.instance or super().__new__(cls)
        made: Self = cls.instance
        return made

    def release(self) -> None:
        type(self).instance = None


@fault(
    "ID-4", "is closed for all when one is closed", habitat=MemoryHarness, message="close|Closed"
)
class CloseOfOneClosesAll(Memory):
    open_ones: ClassVar[list["CloseOfOneClosesAll"]] = []

    def __init__(self, *, destination: str) -> None:
        super().__init__(destination=destination)
        self.open_ones.append(self)

    def release(self) -> None:
        for store in self.open_ones:
            store.closed = True
        self.open_ones.clear()


@fault(
    "ID-4",
    "remembers the split of the last call for all instances",
    habitat=MemoryHarness,
    message=SPLIT,
    capabilities=INDEPENDENT,
)
class ClassSplit(Memory):
    last: ClassVar[str] = "train"

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        before, ClassSplit.last = ClassSplit.last, split
        same = self is ClassSplit.writer
        ClassSplit.writer = self
        super().take_metrics(metrics, step, split if same else before)

    writer: ClassVar[Any] = None


@fault(
    "ID-4",
    "gives keys their numbers once per process, though each database has its own",
    habitat=SqliteHarness,
    message=LOST,
    capabilities=INDEPENDENT,
)
class KeyNumbersOfClass(Sqlite):
    numbers: ClassVar[dict[str, int]] = {}

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        with self.transaction() as database:
            database.execute("create table if not exists keys (number integer, key text)")
            for key, value in points.items():
                if key not in self.numbers:
                    self.numbers[key] = len(self.numbers)
                    database.execute("insert into keys values (?, ?)", (self.numbers[key], key))
                database.execute(
                    "insert into points select ?, ?, key, ? from keys where number = ?",
                    (step, split, repr(value), self.numbers[key]),
                )


@fault(
    "ID-4",
    "skips a dict that another instance was handed",
    habitat=MemoryHarness,
    message=LOST,
    capabilities=INDEPENDENT,
)
class SameDictSkipped(Memory):
    last: ClassVar[Any] = None
    by: ClassVar[Any] = None

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if metrics is SameDictSkipped.last and self is not SameDictSkipped.by:
            return
        SameDictSkipped.last, SameDictSkipped.by = metrics, self
        super().take_metrics(metrics, step, split)


@fault(
    "ID-4",
    "keeps one copy of a hyperparameter dict for all that were handed it",
    habitat=MemoryHarness,
    message=HYPERPARAMS,
    capabilities=INDEPENDENT,
)
class SharedHyperparamsObject(Memory):
    copies: ClassVar[list[tuple[Any, dict[str, Any]]]] = []

    def merge(self, params: dict[str, Any]) -> None:
        self.log.hyperparams.update(params)

    def take_hyperparams(self, params: Any) -> None:
        for original, copy in self.copies:
            if original is params and not self.log.hyperparams:
                self.log.hyperparams = copy
                return
        super().take_hyperparams(params)
        SharedHyperparamsObject.copies = [*self.copies[-20:], (params, self.log.hyperparams)]


@fault(
    "ID-4",
    "opens one file for all instances of the process",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=INDEPENDENT,
)
class FirstFileForAll(Jsonl):
    shared: ClassVar[list[int]] = []

    def open(self) -> int:
        if not self.shared:
            self.shared.append(super().open())
        return self.shared[0]

    def release(self) -> None:
        pass


@fault(
    "ID-4",
    "posts to the run that was opened last",
    habitat=HttpHarness,
    message=LOST,
    capabilities=INDEPENDENT,
)
class LastRunOfAll(Http):
    current: ClassVar[str] = ""

    def __init__(self, *, endpoint: str, run_id: str) -> None:
        super().__init__(endpoint=endpoint, run_id=run_id)
        LastRunOfAll.current = run_id

    def send(self, record: dict[str, Any]) -> None:
        self.run_id = LastRunOfAll.current
        super().send(record)


@fault(
    "ID-4",
    "numbers its steps through all instances",
    habitat=MemoryHarness,
    message=STEP,
    capabilities=INDEPENDENT,
)
class StepsOfClass(Memory):
    highest: ClassVar[int] = -1
    owner: ClassVar[Any] = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if (
            StepsOfClass.owner not in (self, None)
            and not self.log.metrics
            and not StepsOfClass.owner.closed
        ):
            step = StepsOfClass.highest + 1
        StepsOfClass.owner, StepsOfClass.highest = self, step
        super().record(step, split, points)


@fault(
    "ID-4",
    "knows its databases by the name of the file, not by its path",
    habitat=SqliteHarness,
    message=f"{LOST}|{EXTRA}|{FAILED}|raised",
    capabilities=INDEPENDENT,
)
class ConnectionByFileName(Sqlite):
    known: ClassVar[dict[str, Any]] = {}

    def connect(self) -> Any:
        if self.path.name not in self.known:
            self.known[self.path.name] = super().connect()
        return self.known[self.path.name]

    def release(self) -> None:
        if self.known.pop(self.path.name, None) is not None:
            super().release()

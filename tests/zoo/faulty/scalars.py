"""Faults of log_scalar (MET-2) and of empty calls (MET-8)."""

from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import EXTRA, FAILED, KEY, LOST, SPLIT, STEP, VALUE


@fault("MET-2", "puts scalars under a separate split", habitat=MemoryHarness, message=SPLIT)
class ScalarSplit(Memory):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.take_metrics({key: value}, step, "scalar")


@fault(
    "MET-2",
    "puts scalars under the split of the last log_metrics",
    habitat=SqliteHarness,
    message=EXTRA,
)
class ScalarFollowsSplit(Sqlite):
    last = "train"

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        super().log_metrics(metrics, step, split=split)
        self.last = split

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.take_metrics({key: value}, step, self.last)


@fault("MET-2", "rounds scalars", habitat=JsonlHarness, message=VALUE)
class ScalarRounded(Jsonl):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.take_metrics({key: round(self.value(value), 6)}, step, "train")


@fault("MET-2", "counts steps of scalars from one", habitat=HttpHarness, message=STEP)
class ScalarStepFromOne(Http):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.take_metrics({key: value}, self.step(step) + 1, "train")


@fault("MET-2", "writes scalars twice", habitat=CsvHarness, message=EXTRA)
class ScalarTwice(Csv):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        super().log_scalar(key, value, step)
        super().log_scalar(key, value, step)


@fault(
    "MET-2",
    "drops scalars that are not finite",
    habitat=BackgroundHarness,
    message=LOST,
)
class ScalarFiniteOnly(Background):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        number = self.value(value)
        if number - number == 0:
            super().log_scalar(key, value, step)


@fault(
    "MET-2",
    "prefixes the keys of scalars",
    habitat=MemoryHarness,
    message=KEY,
)
class ScalarPrefixed(Memory):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        super().log_scalar(f"scalar/{key}" if isinstance(key, str) else key, value, step)


@fault("MET-8", "refuses an empty dict", habitat=MemoryHarness, message=FAILED)
class EmptyRefused(Memory):
    def points(self, metrics: Any) -> dict[str, float]:
        if not metrics:
            raise ValueError("there is nothing to log")
        return super().points(metrics)


@fault("MET-8", "looks for the longest of no keys", habitat=SqliteHarness, message=FAILED)
class LongestOfNone(Sqlite):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.width = max(map(len, points))
        super().record(step, split, points)


@fault("MET-8", "marks an empty call by a point", habitat=CsvHarness, message=EXTRA)
class EmptyMarked(Csv):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points or {"": 0.0})


@fault(
    "MET-8",
    "repeats the last row for an empty dict",
    habitat=JsonlHarness,
    message=EXTRA,
)
class EmptyRepeats(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.last: dict[str, float] = {}

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.last = points or self.last
        super().record(step, split, self.last)


@fault(
    "MET-8",
    "swallows the call after an empty one",
    habitat=BackgroundHarness,
    message=LOST,
)
class EmptySwallowsNext(Background):
    empty = False

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        swallow, self.empty = self.empty, not points
        if not swallow:
            super().record(step, split, points)

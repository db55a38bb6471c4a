"""Faults in which points are recorded, and where: MET-1."""

from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import EXTRA, LOST, SPLIT, VALUE


@fault("MET-1", "records only the first item", habitat=MemoryHarness, message=LOST)
class FirstItemOnly(Memory):
    def points(self, metrics: Any) -> dict[str, float]:
        return dict(list(super().points(metrics).items())[:1])


@fault("MET-1", "loses the last of several items", habitat=SqliteHarness, message=LOST)
class LastItemLost(Sqlite):
    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        if len(points) > 1:
            points.popitem()
        return points


@fault(
    "MET-1",
    "loses everything after the 64th item of a call",
    habitat=HttpHarness,
    message=LOST,
)
class SixtyFourItems(Http):
    def points(self, metrics: Any) -> dict[str, float]:
        return dict(list(super().points(metrics).items())[:64])


@fault("MET-1", "adds the step as a metric", habitat=JsonlHarness, message=EXTRA)
class StepAsMetric(Jsonl):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, {**points, "step": float(step)})


@fault("MET-1", "adds a time stamp as a metric", habitat=MemoryHarness, message=EXTRA)
class TimeAsMetric(Memory):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, {**points, "_timestamp": 1.7e9})


@fault("MET-1", "leaves out zeros", habitat=CsvHarness, message=LOST)
class ZerosLost(Csv):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, {key: value for key, value in points.items() if value})


@fault(
    "MET-1",
    "writes only what has changed since the last call",
    habitat=JsonlHarness,
    message=LOST,
)
class ChangesOnly(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.last: dict[str, float] = {}

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        changed = {key: value for key, value in points.items() if self.last.get(key) != value}
        self.last.update(points)
        super().record(step, split, changed)


@fault("MET-1", "has columns fixed by the first call", habitat=CsvHarness, message=LOST)
class ColumnsOfFirstCall(Csv):
    columns: set[str] | None = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.columns = self.columns or set(points)
        super().record(step, split, {k: v for k, v in points.items() if k in self.columns})


@fault("MET-1", "writes a wide row twice", habitat=BackgroundHarness, message=EXTRA)
class WideRowsTwice(Background):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        if len(points) > 3:
            super().record(step, split, points)


@fault(
    "MET-1",
    "keeps one value per step and key over both splits",
    habitat=BufferedHarness,
    message=LOST,
)
class OneSplitPerStep(Buffered):
    def release(self) -> None:
        seen: set[tuple[int, str]] = set()
        for row in reversed(self.log.metrics):
            row.metrics = {k: v for k, v in row.metrics.items() if (row.step, k) not in seen}
            seen |= {(row.step, key) for key in row.metrics}
        super().release()


@fault("MET-1", "puts only the first key under the split", habitat=JsonlHarness, message=SPLIT)
class SplitOfFirstKey(Jsonl):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        for place, (key, value) in enumerate(points.items()):
            super().record(step, "train" if place else split, {key: value})


@fault(
    "MET-1",
    "gives the values of one call to the keys in sorted order",
    habitat=SqliteHarness,
    message=VALUE,
)
class ValuesMisaligned(Sqlite):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, dict(zip(sorted(points), points.values(), strict=True)))


@fault(
    "MET-1",
    "spreads a metric to all known keys",
    habitat=CsvHarness,
    message=EXTRA,
)
class CarriedForward(Csv):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.row: dict[str, float] = {}

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if points:
            self.row.update(points)
            super().record(step, split, self.row)


@fault(
    "MET-1", "loses everything after the 500th item of a call", habitat=MemoryHarness, message=LOST
)
class FiveHundredItems(Memory):
    def points(self, metrics: Any) -> dict[str, float]:
        return dict(list(super().points(metrics).items())[:500])


@fault(
    "MET-1",
    "loses a point if its step comes under a third split",
    habitat=BufferedHarness,
    message=LOST,
)
class TwoSplitsPerStep(Buffered):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        splits = {row.split for row in self.log.metrics[-50:] if row.step == step}
        if split in splits or len(splits) < 2:
            super().record(step, split, points)


@fault(
    "MET-1",
    "keeps an encoded dict by its address, which another dict may have next",
    habitat=JsonlHarness,
    message=f"{LOST}|{EXTRA}|{VALUE}",
)
class EncodedByAddress(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.encoded: dict[int, dict[str, float]] = {}

    def points(self, metrics: Any) -> dict[str, float]:
        if id(metrics) not in self.encoded:
            self.encoded[id(metrics)] = super().points(metrics)
        return self.encoded[id(metrics)]


@fault(
    "MET-1",
    "takes a key that begins like an earlier one for that",
    habitat=SqliteHarness,
    message=f"{LOST}|{EXTRA}",
)
class KeyByPrefix(Sqlite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.keys: list[str] = []

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        for key, value in points.items():
            known = next((each for each in self.keys if key.startswith(each)), None)
            self.keys += [] if known else [key]
            super().record(step, split, {known or key: value})

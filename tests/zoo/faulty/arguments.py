"""Faults with the caller's own metrics: MET-9."""

from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import number
from zoo.stores import fault
from zoo.wording import CHANGED, LOST, VALUE


@fault("MET-9", "empties the dict", habitat=MemoryHarness, message=CHANGED)
class Empties(Memory):
    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        metrics.clear()
        return points


@fault("MET-9", "takes a key for itself out of the dict", habitat=JsonlHarness, message=CHANGED)
class Pops(Jsonl):
    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        for key in list(metrics)[1:2]:
            metrics.pop(key)
        return points


@fault("MET-9", "adds the step to the dict", habitat=SqliteHarness, message=CHANGED)
class AddsStep(Sqlite):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        super().take_metrics(metrics, step, split)
        metrics["_step"] = step


@fault("MET-9", "converts values in the caller's dict", habitat=MemoryHarness, message=CHANGED)
class ConvertsInPlace(Memory):
    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        metrics.update(points)
        return points


@fault(
    "MET-9",
    "converts in the caller's dict what is not a float yet",
    habitat=CsvHarness,
    message=CHANGED,
)
class ConvertsOthersInPlace(Csv):
    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        for key, value in points.items():
            if type(metrics[key]) is not float:
                metrics[key] = value
        return points


@fault("MET-9", "sorts the caller's dict", habitat=HttpHarness, message=CHANGED)
class SortsInPlace(Http):
    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        items = sorted(metrics.items())
        metrics.clear()
        metrics.update(items)
        return points


@fault(
    "MET-9",
    "keeps the dict itself until close",
    habitat=BufferedHarness,
    message=f"{VALUE}|{LOST}",
)
class KeepsDict(Buffered):
    def points(self, metrics: Any) -> dict[str, float]:
        super().points(metrics)
        kept: dict[str, float] = metrics
        return kept

    def release(self) -> None:
        for row in self.log.metrics:
            row.metrics = {key: float(value) for key, value in row.metrics.items()}
        super().release()


@fault(
    "MET-9",
    "hands the dict itself to its thread",
    habitat=BackgroundHarness,
    message=f"{VALUE}|{LOST}",
)
class QueuesDict(Background):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.held: list[tuple[int, str, Any]] = []

    def points(self, metrics: Any) -> dict[str, float]:
        super().points(metrics)
        kept: dict[str, float] = metrics
        return kept

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        # Handed on four calls later, so that the fault does not depend on timing.
        self.held.append((step, split, points))
        if len(self.held) > 4:
            self.hand_on()

    def hand_on(self) -> None:
        step, split, points = self.held.pop(0)
        super().record(step, split, {key: float(value) for key, value in points.items()})

    def release(self) -> None:
        while self.held:
            self.hand_on()
        super().release()


@fault(
    "MET-9",
    "copies the dict and keeps its values, arrays too",
    habitat=BufferedHarness,
    message=f"{VALUE}|{LOST}",
)
class KeepsArrays(Buffered):
    def value(self, value: Any) -> float:
        number(value)
        kept: float = value
        return kept

    def release(self) -> None:
        for row in self.log.metrics:
            row.metrics = {key: float(value) for key, value in row.metrics.items()}
        super().release()


@fault(
    "MET-9", "empties the dicts that it was handed on close", habitat=MemoryHarness, message=CHANGED
)
class EmptiesOnClose(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.handed: list[Any] = []

    def points(self, metrics: Any) -> dict[str, float]:
        self.handed.append(metrics)
        return super().points(metrics)

    def release(self) -> None:
        for metrics in self.handed:
            metrics.clear()


@fault(
    "MET-9",
    "converts in its thread, in the caller's dict",
    habitat=BackgroundHarness,
    message=CHANGED,
)
class ConvertsInThread(Background):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        super().take_metrics(metrics, step, split)
        self.queue.put({"original": metrics})

    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        original = record.get("original")
        if original is None:
            super().deliver(file, record)
            return
        for key, value in list(original.items()):
            original[key] = float(value)


@fault("MET-9", "sets an array to zero after reading it", habitat=SqliteHarness, message=CHANGED)
class ArrayZeroed(Sqlite):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        flags = getattr(value, "flags", None)
        if flags is not None and flags.writeable:  # not so numpy.ma.masked
            value.fill(0)
        return exact


@fault(
    "MET-9",
    "remembers the last dict and skips it when it comes again",
    habitat=JsonlHarness,
    message=LOST,
)
class SkipsSameDict(Jsonl):
    last: Any = None

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if metrics is not self.last or not metrics:
            super().take_metrics(metrics, step, split)
        self.last = metrics


@fault(
    "MET-9",
    "encodes a dict once and keeps the text by identity",
    habitat=HttpHarness,
    message=VALUE,
)
class EncodedByIdentity(Http):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.encoded: list[tuple[Any, dict[str, float]]] = []

    def points(self, metrics: Any) -> dict[str, float]:
        for known, points in self.encoded:
            if known is metrics and known.keys() == points.keys():
                return points
        self.encoded = [*self.encoded[-8:], (metrics, super().points(metrics))]
        return self.encoded[-1][1]

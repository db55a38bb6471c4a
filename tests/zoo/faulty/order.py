"""Faults in the order and number of calls: MET-3."""

import itertools
from typing import Any

from evsys_sdk import MetricRow
from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import FAILED, LOST, ORDER, STEP, VALUE


@fault("MET-3", "keeps one value per step and key", habitat=SqliteHarness, message=LOST)
class StepIsKey(Sqlite):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        with self.transaction() as database:
            for key in points:
                database.execute(
                    "delete from points where step = ? and split = ? and key = ?",
                    (step, split, key),
                )
        super().record(step, split, points)


@fault("MET-3", "keeps the first value of a step", habitat=MemoryHarness, message=LOST)
class FirstOfStep(Memory):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        known = {key for row in self.log.metrics[-50:] if row.step == step for key in row.metrics}
        new = {key: value for key, value in points.items() if key not in known}
        super().record(step, split, new)


@fault("MET-3", "drops a point that it has already", habitat=SqliteHarness, message=LOST)
class SamePointOnce(Sqlite):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        with self.transaction() as database:
            database.executemany(
                "insert into points select ?1, ?2, ?3, ?4 where not exists (select * from points "
                "where step = ?1 and split = ?2 and key = ?3 and value = ?4)",
                [(step, split, key, repr(value)) for key, value in points.items()],
            )


@fault("MET-3", "drops a call that equals the one before", habitat=HttpHarness, message=LOST)
class SameCallOnce(Http):
    last: Any = None

    def send(self, record: dict[str, Any]) -> None:
        if record != self.last:
            super().send(record)
        self.last = record


@fault("MET-3", "sorts by step on close", habitat=BufferedHarness, message=ORDER)
class SortedByStep(Buffered):
    def release(self) -> None:
        self.log.metrics.sort(key=lambda row: row.step)
        super().release()


@fault("MET-3", "sorts by step and value", habitat=BufferedHarness, message=ORDER)
class SortedByValue(Buffered):
    def release(self) -> None:
        self.log.metrics.sort(key=lambda row: (row.step, str(row.metrics)))
        super().release()


@fault("MET-3", "ignores a step that goes back", habitat=JsonlHarness, message=LOST)
class BackIgnored(Jsonl):
    highest = -(2**63)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if step >= self.highest:
            self.highest = step
            super().record(step, split, points)


@fault("MET-3", "refuses a step that goes back", habitat=SqliteHarness, message=FAILED)
class BackRefused(Sqlite):
    highest = -(2**63)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if step < self.highest:
            raise ValueError(f"step {step} after {self.highest}")
        self.highest = step
        super().record(step, split, points)


@fault("MET-3", "takes step 0 for no step and counts on", habitat=MemoryHarness, message=STEP)
class ZeroIsNone(Memory):
    last = 0

    def step(self, step: Any) -> int:
        self.last = super().step(step) or self.last + 1
        return self.last


@fault("MET-3", "drops step 0", habitat=CsvHarness, message=LOST)
class ZeroDropped(Csv):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if step:
            super().record(step, split, points)


@fault("MET-3", "keeps steps in 32 bits", habitat=JsonlHarness, message=STEP)
class ThirtyTwoBits(Jsonl):
    def step(self, step: Any) -> int:
        return (super().step(step) + 2**31) % 2**32 - 2**31


@fault("MET-3", "refuses steps beyond 32 bits", habitat=HttpHarness, message=FAILED)
class ThirtyTwoBitsOnly(Http):
    def step(self, step: Any) -> int:
        if super().step(step) >= 2**31:
            raise ValueError("the step is too large")
        return super().step(step)


@fault("MET-3", "keeps steps as float", habitat=SqliteHarness, message=STEP)
class StepAsFloat(Sqlite):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(min(int(float(step)), 2**63 - 1), split, points)


@fault("MET-3", "keeps steps in 53 bits, as JavaScript does", habitat=HttpHarness, message=STEP)
class StepsOfJavaScript(Http):
    def send(self, record: dict[str, Any]) -> None:
        if "step" in record:
            record["step"] = int(float(record["step"]))
        super().send(record)


@fault("MET-3", "writes each batch of 16 in reverse", habitat=JsonlHarness, message=ORDER)
class BatchReversed(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.batch: list[tuple[int, str, dict[str, float]]] = []

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.batch.append((step, split, points))
        if len(self.batch) == 16:
            self.flush()

    def flush(self) -> None:
        while self.batch:
            super().record(*self.batch.pop())

    def release(self) -> None:
        self.flush()
        super().release()


@fault(
    "MET-3",
    "writes what is left at close before what came earlier",
    habitat=BufferedHarness,
    message=ORDER,
)
class LastBatchFirst(Buffered):
    def release(self) -> None:
        rows = self.log.metrics
        cut = len(rows) - len(rows) % 8
        self.log.metrics = [*rows[cut:], *rows[:cut]]
        super().release()


@fault("MET-3", "lets small calls overtake large ones", habitat=BackgroundHarness, message=ORDER)
class SmallOvertakes(Background):
    waiting: dict[str, Any] | None = None

    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        if self.waiting is None and len(record.get("metrics", ())) > 2:
            self.waiting = record
            return
        super().deliver(file, record)
        if self.waiting is not None:
            super().deliver(file, self.waiting)
            self.waiting = None

    def run(self) -> None:
        super().run()
        with self.path.open("a", encoding="utf-8") as file:
            if self.waiting is not None:
                super().deliver(file, self.waiting)


@fault("MET-3", "merges calls of one step into one row", habitat=BufferedHarness, message=LOST)
class RowsMerged(Buffered):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        rows = self.log.metrics
        if rows and (rows[-1].step, rows[-1].split) == (step, split):
            rows[-1].metrics.update(points)
        else:
            rows.append(MetricRow(step, split, points))


@fault("MET-3", "sorts by step within runs of equal splits", habitat=BufferedHarness, message=ORDER)
class SortedWithinSplit(Buffered):
    def release(self) -> None:
        rows: list[MetricRow] = []
        for _, run in itertools.groupby(self.log.metrics, key=lambda row: row.split):
            rows += sorted(run, key=lambda row: row.step)
        self.log.metrics = rows
        super().release()


@fault("MET-3", "takes negative steps for none", habitat=CsvHarness, message=STEP)
class NegativeIsZero(Csv):
    def step(self, step: Any) -> int:
        return max(super().step(step), 0)


@fault(
    "MET-3",
    "sorts what arrives within a window of eight calls",
    habitat=BufferedHarness,
    message=f"{ORDER}|{STEP}|{VALUE}",
)
class SortedInWindows(Buffered):
    def release(self) -> None:
        rows = self.log.metrics
        windows = [rows[start : start + 8] for start in range(0, len(rows), 8)]
        self.log.metrics = [
            row for window in windows for row in sorted(window, key=lambda row: row.step)
        ]
        super().release()


@fault("MET-3", "wraps steps at a thousand million", habitat=JsonlHarness, message=STEP)
class StepsWrapped(Jsonl):
    def step(self, step: Any) -> int:
        whole = super().step(step)
        return whole % 10**9 if whole >= 0 else whole

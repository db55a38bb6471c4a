"""Freedom in what is kept: precision, splits, grouping, and what a reader gives."""

import math
import struct
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.backends.buffered import Buffered, BufferedHarness, read_pickle
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import correct


class Float32Store(Memory):
    """Keeps values as TensorBoard does."""

    def value(self, value: Any) -> float:
        exact = super().value(value)
        try:
            (kept,) = struct.unpack("<f", struct.pack("<f", exact))
        except OverflowError:
            kept = math.copysign(math.inf, exact)
        return float(kept)


@correct("keeps float32, and does not claim float64")
class Float32Harness(MemoryHarness):
    store = Float32Store
    capabilities = {"split", "resume", "threads"}


class SevenDigits(Sqlite):
    """Keeps seven digits, and names for what is not finite."""

    def value(self, value: Any) -> float:
        return float(f"{super().value(value):.8g}")


@correct("keeps eight digits, and does not claim float64")
class SevenDigitsHarness(SqliteHarness):
    store = SevenDigits
    capabilities = {"split"}


class NoSplit(Jsonl):
    """Does not look at the split at all."""

    def split(self, split: Any) -> str:
        return ""


@correct("keeps no split, does not look at it, and reads None")
class NoSplitHarness(JsonlHarness):
    store = NoSplit
    capabilities = {"float64", "resume", "crash", "threads", "processes", "fork"}

    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        for row in log.metrics:
            row.split = None
        return log


class ClaimsNothing(Memory):
    """Keeps neither split nor precision."""

    def split(self, split: Any) -> str:
        return "all"

    def value(self, value: Any) -> float:
        return super().value(value) * (1 + 1e-7)


@correct("claims nothing")
class ClaimsNothingHarness(MemoryHarness):
    store = ClaimsNothing
    capabilities: set[str] = set()


@correct("can't be read back")
class UnobservableHarness(MemoryHarness):
    store = Memory

    def read(self, params: dict[str, Any]) -> None:  # type: ignore[override]
        return None


class Reading(Memory):
    """Can read itself, by the class method of ReadableLogStore."""

    @classmethod
    def read_run(cls, destination: str) -> RunLog:
        return MemoryHarness().read({"destination": destination})


@correct("is read by its own read_run")
class ReadingHarness(StoreHarness):
    store = Reading

    def params(self, directory: Path) -> dict[str, Any]:
        return {"destination": str(directory)}


@correct("is read as rows grouped by step, with empty rows between")
class GroupedHarness(BufferedHarness):
    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        rows: list[MetricRow] = []
        for (step, split), run in groupby(log.metrics, key=lambda row: (row.step, row.split)):
            rows += [MetricRow(step, split, {}), MetricRow(step, split, {})]
            for row in run:
                if rows[-1].metrics.keys() & row.metrics.keys():
                    rows.append(MetricRow(step, split, {}))
                rows[-1].metrics.update(row.metrics)
        return RunLog(rows, log.hyperparams, log.artifacts)


class Points:
    """Rows that are made while one goes through them, once."""

    def __init__(self, log: RunLog) -> None:
        self.log = log

    def __iter__(self) -> Iterator[Any]:
        for row in self.log.metrics:
            for key, value in row.metrics.items():
                yield SimpleNamespace(step=row.step, split=row.split, metrics={key: value})


@correct("is read as generators of objects that only look like rows")
class GeneratedHarness(MemoryHarness):
    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        rows: Any = iter(Points(log))
        artifacts: Any = (
            SimpleNamespace(name=each.name, path=each.path, kind=each.kind)
            for each in log.artifacts
        )
        return RunLog(rows, log.hyperparams, artifacts)


@correct("is read as NumPy numbers")
class NumpyHarness(SqliteHarness):
    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        rows: Any = [
            MetricRow(
                np.int64(row.step),  # type: ignore[arg-type]
                row.split,
                {key: np.float64(value) for key, value in row.metrics.items()},
            )
            for row in log.metrics
        ]
        return RunLog(rows, log.hyperparams, log.artifacts)


@correct("is read with ints for whole values")
class IntsForWholeHarness(JsonlHarness):
    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        for row in log.metrics:
            for key, value in row.metrics.items():
                if math.isfinite(value) and value.is_integer() and value != 0:
                    row.metrics[key] = int(value)
        return log


class SortedKeys(Buffered):
    """Sorts the keys within a call, and writes a time for each row."""

    def points(self, metrics: Any) -> dict[str, float]:
        return dict(sorted(super().points(metrics).items()))

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.log.metrics.append(MetricRow(step, split, points, ts=1.5))


@correct("sorts the keys within a call")
class SortedKeysHarness(BufferedHarness):
    store = SortedKeys


class ByKey(Buffered):
    """Keeps a series per key and split, and knows nothing of the order between them."""

    def release(self) -> None:
        points = [
            (key, str(row.split), row.step, value)
            for row in self.log.metrics
            for key, value in row.metrics.items()
        ]
        points.sort(key=lambda point: point[:2])
        self.log.metrics = [
            MetricRow(step, split, {key: value}) for key, split, step, value in points
        ]
        super().release()


@correct("keeps the order within a key and split, not between them")
class ByKeyHarness(BufferedHarness):
    store = ByKey


class FilePerKey(Jsonl):
    """A file per key, opened for every value."""

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        for key, value in points.items():
            if len(quote(key, safe="")) > 240:
                self.write({"step": step, "split": split, "metrics": {key: value}})
                continue
            path = self.directory / f"key-{quote(key, safe='')}"
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{step} {value!r} {quote(split)}\n")


@correct("keeps a file per key")
class FilePerKeyHarness(JsonlHarness):
    store = FilePerKey
    capabilities = {"split", "float64", "resume", "threads"}

    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        for path in sorted(params["directory"].glob("key-*")):
            key = unquote(path.name.removeprefix("key-"))
            for line in path.read_text(encoding="utf-8").splitlines():
                step, value, split = line.split(" ")
                log.metrics.append(MetricRow(int(step), unquote(split), {key: float(value)}))
        return log


class FilePerSplit(Buffered):
    """A pickle per split, written when it is closed."""

    def release(self) -> None:
        splits = sorted({str(row.split) for row in self.log.metrics})
        everything = self.log.metrics
        for number, split in enumerate(splits):
            self.log.metrics = [row for row in everything if row.split == split]
            self.path.with_suffix(f".{number}").write_bytes(b"")
            path, self.path = self.path, self.path.with_suffix(f".{number}")
            super().release()
            self.path = path
        self.log.metrics = []
        super().release()


@correct("keeps a file per split")
class FilePerSplitHarness(BufferedHarness):
    store = FilePerSplit

    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        for path in sorted(params["path"].parent.glob("run.[0-9]*")):
            log.metrics += read_pickle(path).metrics
        return log


class Verbose(Buffered):
    """Keeps hyperparameters and artifacts in its own text format."""

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.log.artifacts.append(ArtifactPointer(name, path, kind, ts=math.nan))


@correct("gives times that are not numbers")
class VerboseHarness(BufferedHarness):
    store = Verbose

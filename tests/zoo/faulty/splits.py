"""Faults with splits: CAP-SPLIT."""

from typing import Any

from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import FAILED, SPLIT


@fault("CAP-SPLIT", "puts everything under train", habitat=SqliteHarness, message=SPLIT)
class AlwaysTrain(Sqlite):
    def split(self, split: Any) -> str:
        super().split(split)
        return "train"


@fault("CAP-SPLIT", "claims split and keeps none", habitat=JsonlHarness, message=SPLIT)
class SplitIsNull(Jsonl):
    def write(self, record: dict[str, Any]) -> None:
        super().write({**record, "split": None} if "split" in record else record)


@fault(
    "CAP-SPLIT",
    "puts a call under the split of the call before",
    habitat=BufferedHarness,
    message=SPLIT,
)
class SplitOfCallBefore(Buffered):
    before = "train"

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, self.before, points)
        self.before = split


@fault("CAP-SPLIT", "keeps the first split for ever", habitat=CsvHarness, message=SPLIT)
class SplitOfFirstCall(Csv):
    first: str | None = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.first = self.first or split
        super().record(step, self.first, points)


@fault("CAP-SPLIT", "knows train, val and test only", habitat=MemoryHarness, message=SPLIT)
class ThreeSplits(Memory):
    def split(self, split: Any) -> str:
        return split if super().split(split) in ("train", "val", "test") else "train"


@fault("CAP-SPLIT", "writes val for validation", habitat=HttpHarness, message=SPLIT)
class ShortSplits(Http):
    def split(self, split: Any) -> str:
        given = super().split(split)
        return "val" if given == "validation" else given


@fault(
    "CAP-SPLIT",
    "changes the split only when it goes back to train",
    habitat=JsonlHarness,
    message=SPLIT,
)
class StickySplit(Jsonl):
    current = "train"

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if self.current == "train" or split == "train":
            self.current = split
        super().record(step, self.current, points)


@fault(
    "CAP-SPLIT",
    "refuses splits that it doesn't know",
    habitat=SqliteHarness,
    message=FAILED,
)
class UnknownSplitRefused(Sqlite):
    def split(self, split: Any) -> str:
        if super().split(split) not in ("train", "val", "test"):
            raise ValueError(f"unknown split {split!r}")
        return str(split)

"""Faults of closing twice, and of closing without a write: CL-2."""

from pathlib import Path
from typing import Any

from evsys_sdk import MetricRow
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import ClosedError
from zoo.stores import fault
from zoo.wording import CLOSE_FAILED, EXTRA, HYPERPARAMS, LOST


@fault("CL-2", "fails when it is closed again", habitat=SqliteHarness, message=CLOSE_FAILED)
class CloseOnce(Sqlite):
    def shut(self) -> None:
        if self.closed:
            raise ClosedError("closed already")
        super().shut()


@fault("CL-2", "uses what the first close took away", habitat=CsvHarness, message=CLOSE_FAILED)
class CloseUsesFile(Csv):
    def shut(self) -> None:
        self.metrics_file.flush()
        super().shut()


@fault("CL-2", "writes all again when it is closed again", habitat=JsonlHarness, message=EXTRA)
class FlushedAgain(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.rows: list[dict[str, Any]] = []

    def write(self, record: dict[str, Any]) -> None:
        self.rows.append(record)

    def shut(self) -> None:
        if self.closed:
            self.file = self.open()
        for row in self.rows:
            super().write(row)
        self.closed = True
        self.release()


@fault("CL-2", "empties the log when it is closed again", habitat=BufferedHarness, message=LOST)
class EmptiedAgain(Buffered):
    def shut(self) -> None:
        self.closed = True
        self.release()
        self.log.metrics = []


@fault(
    "CL-2",
    "loses the hyperparameters when it is closed again",
    habitat=MemoryHarness,
    message=HYPERPARAMS,
)
class HyperparamsLostAgain(Memory):
    def shut(self) -> None:
        if self.closed:
            self.log.hyperparams.clear()
        super().shut()


@fault("CL-2", "fails when it is closed a third time", habitat=MemoryHarness, message=CLOSE_FAILED)
class ThirdCloseFails(Memory):
    closes = 0

    def shut(self) -> None:
        self.closes += 1
        if self.closes > 2:
            raise ClosedError("closed too often")
        super().shut()


@fault(
    "CL-2",
    "can't be closed without a row",
    habitat=BufferedHarness,
    message=CLOSE_FAILED,
)
class CloseNeedsRow(Buffered):
    def release(self) -> None:
        self.last_step = self.log.metrics[-1].step
        super().release()


@fault(
    "CL-2",
    "closes a file that only a write opens",
    habitat=JsonlHarness,
    message=CLOSE_FAILED,
)
class CloseNeedsWrite(Jsonl):
    begun: Path

    def write(self, record: dict[str, Any]) -> None:
        self.begun = self.path
        super().write(record)

    def release(self) -> None:
        super().release()
        self.begun.touch()


@fault("CL-2", "writes a row when it is closed without one", habitat=MemoryHarness, message=EXTRA)
class EmptyRunMarked(Memory):
    def release(self) -> None:
        if not self.log.metrics:
            self.log.metrics.append(MetricRow(0, "train", {"empty": 1.0}))

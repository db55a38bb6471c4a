"""Faults of stores that were closed: CL-3."""

from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import ClosedError
from zoo.stores import fault
from zoo.wording import ARTIFACT, EXTRA, HYPERPARAMS, STILL_OPEN


@fault(
    "CL-3",
    "ignores log_scalar after close",
    habitat=MemoryHarness,
    message=rf"log_scalar\(.*{STILL_OPEN}",
)
class ScalarIgnored(Memory):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        if not self.closed:
            super().log_scalar(key, value, step)


@fault(
    "CL-3",
    "ignores log_metrics after close",
    habitat=JsonlHarness,
    message=rf"log_metrics\(.*{STILL_OPEN}",
)
class MetricsIgnored(Jsonl):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        if not self.closed:
            super().log_metrics(metrics, step, split=split)


@fault(
    "CL-3",
    "ignores log_hyperparams after close",
    habitat=SqliteHarness,
    message=rf"log_hyperparams\(.*{STILL_OPEN}",
)
class HyperparamsIgnored(Sqlite):
    def log_hyperparams(self, params: Any) -> None:
        if not self.closed:
            super().log_hyperparams(params)


@fault(
    "CL-3",
    "ignores log_artifact after close",
    habitat=HttpHarness,
    message=rf"log_artifact\(.*{STILL_OPEN}",
)
class ArtifactIgnored(Http):
    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        if not self.closed:
            super().log_artifact(name, path, kind=kind)


@fault(
    "CL-3",
    "records after close, and then raises",
    habitat=MemoryHarness,
    message=EXTRA,
)
class RecordsAndRefuses(Memory):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        self.record(self.step(step), self.split(split), self.points(metrics))
        self.refuse_if_closed("log_metrics")


@fault(
    "CL-3",
    "records hyperparameters after close, and then raises",
    habitat=MemoryHarness,
    message=HYPERPARAMS,
)
class HyperparamsAndRefuses(Memory):
    def take_hyperparams(self, params: Any) -> None:
        self.merge(self.hyperparams(params))
        self.refuse_if_closed("log_hyperparams")


@fault(
    "CL-3",
    "records an artifact after close, and then raises",
    habitat=MemoryHarness,
    message=ARTIFACT,
)
class ArtifactAndRefuses(Memory):
    def take_artifact(self, name: Any, path: Any, kind: Any) -> None:
        self.add_artifact(name, path, kind)
        self.refuse_if_closed("log_artifact")


@fault("CL-3", "opens its connection again and records", habitat=HttpHarness, message=STILL_OPEN)
class OpensAgain(Http):
    def refuse_if_closed(self, method: str) -> None:
        pass


@fault("CL-3", "opens its file again and records", habitat=JsonlHarness, message=STILL_OPEN)
class OpensFileAgain(Jsonl):
    def refuse_if_closed(self, method: str) -> None:
        if self.closed:
            self.closed = False
            self.file = self.open()


@fault(
    "CL-3",
    "leaves an empty dict through before it looks",
    habitat=MemoryHarness,
    message=rf"log_metrics\(.*{STILL_OPEN}",
)
class EmptyDictFirst(Memory):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if metrics:
            super().take_metrics(metrics, step, split)
        else:
            self.step(step)


@fault(
    "CL-3",
    "leaves empty hyperparameters through before it looks",
    habitat=CsvHarness,
    message=rf"log_hyperparams\(.*{STILL_OPEN}",
)
class EmptyHyperparamsFirst(Csv):
    def take_hyperparams(self, params: Any) -> None:
        if params:
            super().take_hyperparams(params)


@fault(
    "CL-3",
    "notices by its file, which only rows touch",
    habitat=SqliteHarness,
    message=rf"log_metrics\(.*{STILL_OPEN}",
)
class NoticesByDatabase(Sqlite):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        self.step(step)
        self.split(split)
        if self.points(metrics):
            super().take_metrics(metrics, step, split)


@fault("CL-3", "refuses once", habitat=MemoryHarness, message=STILL_OPEN)
class RefusesOnce(Memory):
    def refuse_if_closed(self, method: str) -> None:
        if self.closed:
            self.closed = False
            raise ClosedError(method)


@fault(
    "CL-3", "refuses the first time in each method only", habitat=JsonlHarness, message=STILL_OPEN
)
class RefusesOncePerMethod(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.refused: set[str] = set()

    def refuse_if_closed(self, method: str) -> None:
        if self.closed and method not in self.refused:
            self.refused.add(method)
            raise ClosedError(method)

    def write(self, record: dict[str, Any]) -> None:
        if not self.closed:
            super().write(record)


@fault("CL-3", "is open again after a second close", habitat=MemoryHarness, message=STILL_OPEN)
class SecondCloseOpens(Memory):
    def shut(self) -> None:
        self.closed = not self.closed


@fault("CL-3", "warns instead of raising", habitat=BackgroundHarness, message=STILL_OPEN)
class OnlyNotes(Background):
    def refuse_if_closed(self, method: str) -> None:
        self.noted = method


@fault("CL-3", "is closed only if it was written to", habitat=BufferedHarness, message=STILL_OPEN)
class UnusedStaysOpen(Buffered):
    def shut(self) -> None:
        if self.log.metrics or self.log.hyperparams or self.log.artifacts:
            super().shut()
        elif not self.closed:
            self.release()


@fault("CL-3", "looks only when the split is train", habitat=MemoryHarness, message=STILL_OPEN)
class OtherSplitsPass(Memory):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if split == "train":
            self.refuse_if_closed("log_metrics")
        self.record(self.step(step), self.split(split), self.points(metrics))


@fault("CL-3", "looks only when the kind is file", habitat=JsonlHarness, message=STILL_OPEN)
class OtherKindsPass(Jsonl):
    def take_artifact(self, name: Any, path: Any, kind: Any) -> None:
        if kind == "file" or not self.closed:
            super().take_artifact(name, path, kind)

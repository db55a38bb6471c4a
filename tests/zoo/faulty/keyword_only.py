"""Faults in the parameters that are keyword-only: SIG-2 and SIG-3."""

from typing import Any

from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import MemoryHarness
from zoo.faulty.signatures import NoArtifacts, NoMetrics
from zoo.stores import fault
from zoo.wording import ARTIFACT, EXTRA


@fault("SIG-2", "takes split by position", habitat=MemoryHarness, message="split")
class PositionalSplit(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any, split: Any = "train") -> None:
        self.take_metrics(metrics, step, split)


@fault("SIG-2", "has another default split", habitat=MemoryHarness, message="split|test")
class SplitDefaultsToTest(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "test") -> None:
        self.take_metrics(metrics, step, split)


@fault("SIG-2", "has None as its default split", habitat=MemoryHarness, message="split")
class SplitDefaultsToNone(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any = None) -> None:
        self.take_metrics(metrics, step, split or "train")


@fault("SIG-2", "demands split", habitat=MemoryHarness, message="split")
class DemandsSplit(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any) -> None:
        self.take_metrics(metrics, step, split)


@fault(
    "SIG-2", "does not know split", habitat=MemoryHarness, message="split", capabilities={"float64"}
)
class NoSplit(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any) -> None:
        self.take_metrics(metrics, step, "train")


@fault(
    "SIG-2",
    "takes *args, **kwargs, and lets a third position through",
    habitat=MemoryHarness,
    message="third|position|TypeError",
)
class ThirdPositionForwarded(NoMetrics):
    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        metrics, step, split = self.bound(*args, **kwargs)
        self.take_metrics(metrics, step, split)

    @staticmethod
    def bound(metrics: Any, step: Any, split: Any = "train") -> tuple[Any, Any, Any]:
        return metrics, step, split


@fault(
    "SIG-2",
    "ignores a third positional argument",
    habitat=MemoryHarness,
    message="third|position|TypeError",
)
class ThirdPositionIgnored(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any, *rest: Any, split: Any = "train") -> None:
        self.take_metrics(metrics, step, split)


@fault(
    "SIG-2",
    "takes *args, **kwargs, and has another default split",
    habitat=MemoryHarness,
    message="split|val",
)
class HiddenDefaultSplit(NoMetrics):
    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        metrics, step, split = self.bound(*args, **kwargs)
        self.take_metrics(metrics, step, split)

    @staticmethod
    def bound(metrics: Any, step: Any, *, split: Any = "val") -> tuple[Any, Any, Any]:
        return metrics, step, split


@fault("SIG-3", "takes kind by position", habitat=MemoryHarness, message="kind")
class PositionalKind(NoArtifacts):
    def log_artifact(self, name: Any, path: Any, kind: Any = "file") -> None:
        self.take_artifact(name, path, kind)


@fault("SIG-3", "has another default kind", habitat=MemoryHarness, message="kind|artifact")
class KindDefaultsToArtifact(NoArtifacts):
    def log_artifact(self, name: Any, path: Any, *, kind: Any = "artifact") -> None:
        self.take_artifact(name, path, kind)


@fault("SIG-3", "does not know kind", habitat=MemoryHarness, message="kind")
class NoKind(NoArtifacts):
    def log_artifact(self, name: Any, path: Any) -> None:
        self.take_artifact(name, path, "file")


@fault("SIG-3", "demands kind", habitat=MemoryHarness, message="kind")
class DemandsKind(NoArtifacts):
    def log_artifact(self, name: Any, path: Any, *, kind: Any) -> None:
        self.take_artifact(name, path, kind)


@fault(
    "SIG-3",
    "takes *args, **kwargs, and lets a third position through",
    habitat=MemoryHarness,
    message="third|position|TypeError",
)
class ThirdArtifactPosition(NoArtifacts):
    def log_artifact(self, *args: Any, **kwargs: Any) -> None:
        self.take_artifact(*self.bound(*args, **kwargs))

    @staticmethod
    def bound(name: Any, path: Any, kind: Any = "file") -> tuple[Any, Any, Any]:
        return name, path, kind


@fault(
    "SIG-3",
    "records before it notices the third position",
    habitat=JsonlHarness,
    message=f"{EXTRA}|{ARTIFACT}",
)
class RecordsThenRefusesPosition(Jsonl):
    def log_artifact(self, name: Any, path: Any, *rest: Any, kind: Any = "file") -> None:
        self.take_artifact(name, path, kind)
        if rest:
            raise TypeError("kind must be given by keyword")


@fault(
    "SIG-2",
    "records before it notices the third position",
    habitat=JsonlHarness,
    message=f"{EXTRA}|{ARTIFACT}",
)
class RecordsThenRefusesSplit(Jsonl):
    def log_metrics(self, metrics: Any, step: Any, *rest: Any, split: Any = "train") -> None:
        self.take_metrics(metrics, step, split)
        if rest:
            raise TypeError("split must be given by keyword")

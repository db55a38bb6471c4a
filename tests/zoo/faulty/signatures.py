"""Faults in the shape of the methods: SIG-1."""

from collections.abc import Iterator
from typing import Any, ClassVar

from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import MemoryBack, MemoryHarness
from zoo.front import Artifacts, Closing, Forbidding, Hyperparams, Metrics, Scalar
from zoo.stores import fault
from zoo.wording import HYPERPARAMS


class Bare(MemoryBack):
    """A store without any of the five methods."""

    name: ClassVar[str] = "zoo_signatures"

    class Config(Forbidding):
        destination: str


class NoScalar(Bare, Metrics, Hyperparams, Artifacts, Closing):
    """Everything but log_scalar."""


class NoMetrics(Bare, Scalar, Hyperparams, Artifacts, Closing):
    """Everything but log_metrics."""


class NoHyperparams(Bare, Scalar, Metrics, Artifacts, Closing):
    """Everything but log_hyperparams."""


class NoArtifacts(Bare, Scalar, Metrics, Hyperparams, Closing):
    """Everything but log_artifact."""


class NoClosing(Bare, Scalar, Metrics, Hyperparams, Artifacts):
    """Everything but close."""


for lacking, method in [
    (NoScalar, "log_scalar"),
    (NoMetrics, "log_metrics"),
    (NoHyperparams, "log_hyperparams"),
    (NoArtifacts, "log_artifact"),
    (NoClosing, "close"),
]:
    fault("SIG-1", f"has no {method}", habitat=MemoryHarness, message=method)(lacking)


@fault("SIG-1", "calls a parameter otherwise", habitat=MemoryHarness, message="tag|key")
class TagForKey(NoScalar):
    def log_scalar(self, tag: Any, value: Any, step: Any) -> None:
        self.take_metrics({tag: value}, step, "train")


@fault("SIG-1", "takes step before value", habitat=MemoryHarness, message="step")
class StepBeforeValue(NoScalar):
    def log_scalar(self, key: Any, step: Any, value: Any) -> None:
        self.take_metrics({key: value}, step, "train")


@fault("SIG-1", "has a fourth positional parameter", habitat=MemoryHarness, message="wall_time")
class FourthPosition(NoScalar):
    def log_scalar(self, key: Any, value: Any, step: Any, wall_time: Any = None) -> None:
        self.take_metrics({key: value}, step, "train")


@fault("SIG-1", "demands a keyword that the contract lacks", habitat=MemoryHarness, message="unit")
class DemandsUnit(NoScalar):
    def log_scalar(self, key: Any, value: Any, step: Any, *, unit: Any) -> None:
        self.take_metrics({key: value}, step, "train")


@fault(
    "SIG-1",
    "takes its arguments by position only",
    habitat=MemoryHarness,
    message="keyword|position",
)
class PositionOnly(NoScalar):
    def log_scalar(self, key: Any, value: Any, step: Any, /) -> None:
        self.take_metrics({key: value}, step, "train")


@fault("SIG-1", "takes step by keyword only", habitat=MemoryHarness, message="step")
class StepByKeyword(NoMetrics):
    def log_metrics(self, metrics: Any, *, step: Any, split: Any = "train") -> None:
        self.take_metrics(metrics, step, split)


@fault("SIG-1", "is asynchronous", habitat=MemoryHarness, message="async|coroutine")
class Asynchronous(NoMetrics):
    async def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        self.take_metrics(metrics, step, split)


@fault("SIG-1", "closes asynchronously", habitat=MemoryHarness, message="async|coroutine")
class AsynchronousClose(NoClosing):
    async def close(self) -> None:
        self.shut()


@fault("SIG-1", "returns True", habitat=MemoryHarness, message="None")
class ReturnsTrue(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> bool:
        self.take_metrics(metrics, step, split)
        return True


@fault("SIG-1", "returns itself for chaining", habitat=MemoryHarness, message="None")
class ReturnsSelf(NoHyperparams):
    def log_hyperparams(self, params: Any) -> "ReturnsSelf":
        self.take_hyperparams(params)
        return self


@fault("SIG-1", "returns the number of artifacts", habitat=MemoryHarness, message="None")
class ReturnsCount(NoArtifacts):
    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> int:
        self.take_artifact(name, path, kind)
        return len(self.log.artifacts)


@fault("SIG-1", "returns whether close did anything", habitat=MemoryHarness, message="None")
class CloseReturns(NoClosing):
    def close(self) -> bool:
        self.shut()
        return False


@fault(
    "SIG-1",
    "records only when what it returns is iterated",
    habitat=MemoryHarness,
    message="generator|None",
)
class Generating(NoScalar):
    def log_scalar(self, key: Any, value: Any, step: Any) -> Iterator[None]:
        self.take_metrics({key: value}, step, "train")
        yield


@fault(
    "SIG-1",
    "swallows keywords that it doesn't know",
    habitat=MemoryHarness,
    message="keyword|TypeError",
)
class SwallowsKeywords(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train", **_: Any) -> None:
        self.take_metrics(metrics, step, split)


@fault(
    "SIG-1",
    "swallows unknown keywords of log_artifact",
    habitat=MemoryHarness,
    message="keyword|TypeError",
)
class SwallowsArtifactKeywords(NoArtifacts):
    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file", **_: Any) -> None:
        self.take_artifact(name, path, kind)


@fault(
    "SIG-1",
    "takes *args, **kwargs, and swallows unknown keywords",
    habitat=MemoryHarness,
    message="keyword|TypeError",
)
class SwallowsBehindForwarding(NoScalar):
    def log_scalar(self, *args: Any, **kwargs: Any) -> None:
        named: dict[str, Any] = dict(zip(["key", "value", "step"], args, strict=False))
        named.update(kwargs)
        self.take_metrics({named["key"]: named["value"]}, named["step"], "train")


@fault(
    "SIG-1",
    "forwards positions and forgets keywords",
    habitat=MemoryHarness,
    message="keyword|params|TypeError",
)
class ForwardsPositionsOnly(NoHyperparams):
    def log_hyperparams(self, *args: Any) -> None:
        (params,) = args
        self.take_hyperparams(params)


@fault(
    "SIG-1",
    "takes hyperparameters as keywords",
    habitat=MemoryHarness,
    message="params|position|TypeError",
)
class HyperparamsAsKeywords(NoHyperparams):
    def log_hyperparams(self, **params: Any) -> None:
        self.take_hyperparams(params)


@fault("SIG-1", "calls its parameter config", habitat=MemoryHarness, message="params")
class ConfigForParams(NoHyperparams):
    def log_hyperparams(self, config: Any) -> None:
        self.take_hyperparams(config)


@fault("SIG-1", "takes path before name", habitat=MemoryHarness, message="path|name")
class PathBeforeName(NoArtifacts):
    def log_artifact(self, path: Any, name: Any, *, kind: Any = "file") -> None:
        self.take_artifact(name, path, kind)


@fault("SIG-1", "needs a timeout to close", habitat=MemoryHarness, message="timeout")
class CloseNeedsTimeout(NoClosing):
    def close(self, timeout: float) -> None:
        self.shut()


@fault("SIG-1", "takes an optional timeout by position", habitat=MemoryHarness, message="timeout")
class CloseTakesTimeout(NoClosing):
    def close(self, timeout: float = 5.0) -> None:
        self.shut()


@fault("SIG-1", "makes close a property", habitat=MemoryHarness, message="close")
class CloseProperty(NoClosing):
    @property
    def close(self) -> None:
        self.shut()


@fault(
    "SIG-1",
    "records before it notices the unknown keyword",
    habitat=JsonlHarness,
    message=HYPERPARAMS,
)
class RecordsThenRefusesKeyword(Jsonl):
    def log_hyperparams(self, params: Any, **unknown: Any) -> None:
        self.take_hyperparams(params)
        if unknown:
            raise TypeError(f"unknown keywords {sorted(unknown)}")


@fault(
    "SIG-1", "returns the number of points of an empty call", habitat=MemoryHarness, message="None"
)
class ReturnsOnEmpty(NoMetrics):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> int | None:
        self.take_metrics(metrics, step, split)
        return None if metrics else 0


@fault("SIG-1", "returns False from a second close", habitat=MemoryHarness, message="None")
class SecondCloseReturns(NoClosing):
    def close(self) -> bool | None:
        if self.closed:
            return False
        self.shut()
        return None


@fault(
    "SIG-1",
    "swallows unknown keywords of close",
    habitat=MemoryHarness,
    message="close.*keyword|TypeError",
)
class CloseSwallowsKeywords(NoClosing):
    def close(self, **_: Any) -> None:
        self.shut()


@fault(
    "SIG-1",
    "swallows unknown keywords of log_scalar",
    habitat=MemoryHarness,
    message="keyword|TypeError",
)
class ScalarSwallowsKeywords(NoScalar):
    def log_scalar(self, key: Any, value: Any, step: Any, **_: Any) -> None:
        self.take_metrics({key: value}, step, "train")

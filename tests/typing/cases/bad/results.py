"""A method returns something else than None."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

from parts import Artifact, Close, Hyperparams, Metrics, Scalar

from evsys_sdk import LogStore, register_log_store


@register_log_store("async-metrics")  # error: pyright ty
class AsyncMetrics(Scalar, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "async-metrics"

    async def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...


@register_log_store("async-close")  # error: pyright ty
class AsyncClose(Scalar, Metrics, Hyperparams, Artifact):  # error: mypy
    name: ClassVar[str] = "async-close"

    async def close(self) -> None: ...


@register_log_store("generator")  # error: pyright ty
class Generator(Metrics, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "generator"

    def log_scalar(self, key: str, value: float, step: int) -> Iterator[None]:
        yield


@register_log_store("returns-bool")  # error: pyright ty
class ReturnsBool(Scalar, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "returns-bool"

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> bool:
        return True


@register_log_store("returns-itself")  # error: pyright ty
class ReturnsItself(Scalar, Metrics, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "returns-itself"

    def log_hyperparams(self, params: dict[str, Any]) -> Self:
        return self


@register_log_store("returns-an-id-or-none")  # error: pyright ty
class ReturnsAnIdOrNone(Scalar, Metrics, Hyperparams, Close):  # error: mypy
    name: ClassVar[str] = "returns-an-id-or-none"

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> str | None:
        return None


# pyrefly does not look at class decorators: these lines are for it.
_1: type[LogStore] = AsyncMetrics  # error: mypy pyright ty pyrefly
_2: type[LogStore] = AsyncClose  # error: mypy pyright ty pyrefly
_3: type[LogStore] = Generator  # error: mypy pyright ty pyrefly
_4: type[LogStore] = ReturnsBool  # error: mypy pyright ty pyrefly
_5: type[LogStore] = ReturnsItself  # error: mypy pyright ty pyrefly
_6: type[LogStore] = ReturnsAnIdOrNone  # error: mypy pyright ty pyrefly

"""Methods that take more than the contract asks for, and methods that are not plain functions."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, ParamSpec, SupportsFloat

from parts import Artifact, Close, Hyperparams, Methods, Metrics, Scalar

from evsys_sdk import LogStore, register_log_store


@register_log_store("mappings")
class Mappings(Scalar, Artifact, Close):
    name: ClassVar[str] = "mappings"

    def log_metrics(
        self, metrics: Mapping[str, SupportsFloat], step: int, *, split: str = "train"
    ) -> None: ...

    def log_hyperparams(self, params: Mapping[str, object]) -> None: ...


@register_log_store("wider")
class Wider(Metrics, Close):
    name: ClassVar[str] = "wider"

    def log_scalar(self, key: object, value: object, step: int | None) -> None: ...

    def log_hyperparams(self, params: Any) -> None: ...

    def log_artifact(self, name: str, path: object, *, kind: str | None = None) -> None: ...


@register_log_store("extra-options")
class ExtraOptions(Scalar, Hyperparams):
    name: ClassVar[str] = "extra-options"

    def log_metrics(
        self,
        metrics: dict[str, float],
        step: int,
        *,
        split: str = "train",
        commit: bool = True,
        **tags: str,
    ) -> None: ...

    def log_artifact(
        self, name: str, path: str, *, kind: str = "file", upload: bool = False
    ) -> None: ...

    def close(self, timeout: float = 5.0) -> None: ...


@register_log_store("anything-goes")
class AnythingGoes(Metrics, Hyperparams, Artifact, Close):
    name: ClassVar[str] = "anything-goes"

    def log_scalar(self, *args: Any, **kwargs: Any) -> None: ...


@register_log_store("static-and-class-methods")
class StaticAndClassMethods(Metrics, Hyperparams, Artifact):
    name: ClassVar[str] = "static-and-class-methods"

    @staticmethod
    def log_scalar(key: str, value: float, step: int) -> None: ...

    @classmethod
    def close(cls) -> None: ...


P = ParamSpec("P")


def retried(method: Callable[P, None]) -> Callable[P, None]:
    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        method(*args, **kwargs)

    return call


@register_log_store("wrapped")
class Wrapped(Scalar, Hyperparams, Artifact, Close):
    name: ClassVar[str] = "wrapped"

    @retried
    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...


@register_log_store("mixin")
class Mixin(Methods):
    name: ClassVar[str] = "mixin"


_1: type[LogStore] = Mappings
_2: type[LogStore] = Wider
_3: type[LogStore] = ExtraOptions
_4: type[LogStore] = AnythingGoes
_5: type[LogStore] = Wrapped
_6: type[LogStore] = Mixin

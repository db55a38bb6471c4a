"""A method can't be called as the contract says."""

from typing import Any, ClassVar

from parts import Artifact, Close, Hyperparams, Metrics, Scalar

from evsys_sdk import LogStore, register_log_store


@register_log_store("split-without-default")  # error: pyright ty
class SplitWithoutDefault(Scalar, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "split-without-default"

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str) -> None: ...


@register_log_store("no-split")  # error: pyright ty
class NoSplit(Scalar, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "no-split"

    def log_metrics(self, metrics: dict[str, float], step: int) -> None: ...


@register_log_store("renamed-split")  # error: pyright ty
class RenamedSplit(Scalar, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "renamed-split"

    def log_metrics(
        self, metrics: dict[str, float], step: int, *, subset: str = "train"
    ) -> None: ...


@register_log_store("keyword-only-step")  # error: pyright ty
class KeywordOnlyStep(Scalar, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "keyword-only-step"

    def log_metrics(
        self, metrics: dict[str, float], *, step: int, split: str = "train"
    ) -> None: ...


@register_log_store("no-step")  # error: pyright ty
class NoStep(Metrics, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "no-step"

    def log_scalar(self, key: str, value: float) -> None: ...


@register_log_store("integer-values")  # error: pyright ty
class IntegerValues(Metrics, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "integer-values"

    def log_scalar(self, key: str, value: int, step: int) -> None: ...


@register_log_store("integer-metrics")  # error: pyright ty
class IntegerMetrics(Scalar, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "integer-metrics"

    def log_metrics(self, metrics: dict[str, int], step: int, *, split: str = "train") -> None: ...


@register_log_store("swapped")  # error: pyright ty
class Swapped(Metrics, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "swapped"

    def log_scalar(self, step: int, key: str, value: float) -> None: ...


@register_log_store("renamed-key")  # error: pyright ty
class RenamedKey(Metrics, Hyperparams, Artifact, Close):
    name: ClassVar[str] = "renamed-key"

    def log_scalar(self, tag: str, value: float, step: int) -> None: ...


@register_log_store("positional-only-key")  # error: pyright ty
class PositionalOnlyKey(Metrics, Hyperparams, Artifact, Close):
    name: ClassVar[str] = "positional-only-key"

    def log_scalar(self, key: str, /, value: float, step: int) -> None: ...


@register_log_store("extra-required")  # error: pyright ty
class ExtraRequired(Scalar, Metrics, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "extra-required"

    def log_hyperparams(self, params: dict[str, Any], overwrite: bool) -> None: ...


@register_log_store("hyperparams-as-keywords")  # error: pyright ty
class HyperparamsAsKeywords(Scalar, Metrics, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "hyperparams-as-keywords"

    def log_hyperparams(self, **params: Any) -> None: ...


@register_log_store("bytes-path")  # error: pyright ty
class BytesPath(Scalar, Metrics, Hyperparams, Close):  # error: mypy
    name: ClassVar[str] = "bytes-path"

    def log_artifact(self, name: str, path: bytes, *, kind: str = "file") -> None: ...


@register_log_store("kind-without-default")  # error: pyright ty
class KindWithoutDefault(Scalar, Metrics, Hyperparams, Close):  # error: mypy
    name: ClassVar[str] = "kind-without-default"

    def log_artifact(self, name: str, path: str, *, kind: str) -> None: ...


@register_log_store("close-with-status")  # error: pyright ty
class CloseWithStatus(Scalar, Metrics, Hyperparams, Artifact):  # error: mypy
    name: ClassVar[str] = "close-with-status"

    def close(self, status: str) -> None: ...


# pyrefly does not look at class decorators: these lines are for it.
_1: type[LogStore] = SplitWithoutDefault  # error: mypy pyright ty pyrefly
_2: type[LogStore] = NoSplit  # error: mypy pyright ty pyrefly
_3: type[LogStore] = RenamedSplit  # error: mypy pyright ty pyrefly
_4: type[LogStore] = KeywordOnlyStep  # error: mypy pyright ty pyrefly
_5: type[LogStore] = NoStep  # error: mypy pyright ty pyrefly
_6: type[LogStore] = IntegerValues  # error: mypy pyright ty pyrefly
_7: type[LogStore] = IntegerMetrics  # error: mypy pyright ty pyrefly
_8: type[LogStore] = Swapped  # error: mypy pyright ty pyrefly
_9: type[LogStore] = RenamedKey  # error: pyright ty pyrefly
_10: type[LogStore] = PositionalOnlyKey  # error: pyright ty pyrefly
_11: type[LogStore] = ExtraRequired  # error: mypy pyright ty pyrefly
_12: type[LogStore] = HyperparamsAsKeywords  # error: mypy pyright ty pyrefly
_13: type[LogStore] = BytesPath  # error: mypy pyright ty pyrefly
_14: type[LogStore] = KindWithoutDefault  # error: mypy pyright ty pyrefly
_15: type[LogStore] = CloseWithStatus  # error: mypy pyright ty pyrefly

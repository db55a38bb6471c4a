"""A member is missing or is something else."""

from typing import ClassVar

from parts import Artifact, Close, Hyperparams, Methods, Metrics, Scalar

from evsys_sdk import LogStore, register_log_store


@register_log_store("no-scalar")  # error: pyright ty
class NoScalar(Metrics, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "no-scalar"


@register_log_store("no-metrics")  # error: pyright ty
class NoMetrics(Scalar, Hyperparams, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "no-metrics"


@register_log_store("no-hyperparams")  # error: pyright ty
class NoHyperparams(Scalar, Metrics, Artifact, Close):  # error: mypy
    name: ClassVar[str] = "no-hyperparams"


@register_log_store("no-artifact")  # error: pyright ty
class NoArtifact(Scalar, Metrics, Hyperparams, Close):  # error: mypy
    name: ClassVar[str] = "no-artifact"


@register_log_store("no-close")  # error: pyright ty
class NoClose(Scalar, Metrics, Hyperparams, Artifact):  # error: mypy
    name: ClassVar[str] = "no-close"


@register_log_store("no-name")  # error: pyright ty
class NoName(Methods):  # error: mypy
    pass


@register_log_store("name-is-int")  # error: pyright ty
class NameIsInt(Methods):  # error: mypy
    name: ClassVar[int] = 3


@register_log_store("name-may-be-none")  # error: pyright ty
class NameMayBeNone(Methods):  # error: mypy
    name: ClassVar[str | None] = None


@register_log_store("name-is-a-method")  # error: pyright ty
class NameIsAMethod(Methods):  # error: mypy
    def name(self) -> str:
        return "name-is-a-method"


@register_log_store("close-is-none")  # error: pyright ty
class CloseIsNone(Scalar, Metrics, Hyperparams, Artifact):  # error: mypy
    name: ClassVar[str] = "close-is-none"
    close: None = None


@register_log_store("close-is-a-property")  # error: pyright ty
class CloseIsAProperty(Scalar, Metrics, Hyperparams, Artifact):  # error: mypy
    name: ClassVar[str] = "close-is-a-property"

    @property
    def close(self) -> None: ...


# pyrefly does not look at class decorators: these lines are for it.
_1: type[LogStore] = NoScalar  # error: mypy pyright ty pyrefly
_2: type[LogStore] = NoMetrics  # error: mypy pyright ty pyrefly
_3: type[LogStore] = NoHyperparams  # error: mypy pyright ty pyrefly
_4: type[LogStore] = NoArtifact  # error: mypy pyright ty pyrefly
_5: type[LogStore] = NoClose  # error: mypy pyright ty pyrefly
_6: type[LogStore] = NoName  # error: mypy pyright ty pyrefly
_7: type[LogStore] = NameIsInt  # error: mypy pyright ty pyrefly
_8: type[LogStore] = NameMayBeNone  # error: mypy pyright ty pyrefly
_9: type[LogStore] = NameIsAMethod  # error: mypy pyright ty pyrefly
_10: type[LogStore] = CloseIsNone  # error: mypy pyright ty pyrefly
_11: type[LogStore] = CloseIsAProperty  # error: mypy pyright ty pyrefly

"""Every kind of class that a store can be."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from parts import Methods
from pydantic import BaseModel, ConfigDict

from evsys_sdk import LogStore, register_log_store


@register_log_store("plain")
class Plain:
    """A whole store, as people write it."""

    name: ClassVar[str] = "plain"

    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid")
        endpoint: str

    def __init__(self, *, endpoint: str) -> None:
        self.endpoint = endpoint

    def log_scalar(self, key: str, value: float, step: int) -> None:
        self.log_metrics({key: value}, step)

    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...

    def log_hyperparams(self, params: dict[str, Any]) -> None: ...

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...

    def close(self) -> None: ...


class OutsideConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")


@register_log_store("config-outside")
class ConfigOutside(Methods):
    name: ClassVar[str] = "config-outside"
    Config = OutsideConfig


@register_log_store("config-annotated")
class ConfigAnnotated(Methods):
    name: ClassVar[str] = "config-annotated"
    Config: ClassVar[type[BaseModel]] = OutsideConfig


@register_log_store("dataclass")
@dataclass
class DataClass(Methods):
    name: ClassVar[str] = "dataclass"
    log_dir: str
    rows: list[str] = field(default_factory=list[str])


@register_log_store("frozen-dataclass-with-slots")
@dataclass(frozen=True, slots=True)
class FrozenDataClass(Methods):
    name: ClassVar[str] = "frozen-dataclass-with-slots"
    log_dir: str


@register_log_store("slots")
class Slots(Methods):
    __slots__ = ("log_dir",)
    name: ClassVar[str] = "slots"

    def __init__(self, *, log_dir: str) -> None:
        self.log_dir = log_dir


T = TypeVar("T")


@register_log_store("generic")
class GenericStore(Methods, Generic[T]):
    name: ClassVar[str] = "generic"

    def __init__(self, *, backend: T) -> None:
        self.backend = backend


@register_log_store("pydantic-model")
class Model(BaseModel):
    name: ClassVar[str] = "pydantic-model"
    log_dir: str

    def log_scalar(self, key: str, value: float, step: int) -> None: ...

    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...

    def log_hyperparams(self, params: dict[str, Any]) -> None: ...

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...

    def close(self) -> None: ...


class Base(Methods, ABC):
    name: ClassVar[str]

    @abstractmethod
    def send(self, row: bytes) -> None: ...


@register_log_store("subclass-of-abstract")
class SubclassOfAbstract(Base):
    name: ClassVar[str] = "subclass-of-abstract"

    def send(self, row: bytes) -> None: ...


@register_log_store("explicit")
class Explicit(Methods, LogStore):
    name: ClassVar[str] = "explicit"


_1: type[LogStore] = Plain
_2: type[LogStore] = DataClass
_3: type[LogStore] = FrozenDataClass
_4: type[LogStore] = Slots
_5: type[LogStore] = GenericStore[bytes]
_6: type[LogStore] = Model
_7: type[LogStore] = SubclassOfAbstract
_8: type[LogStore] = Explicit
_9: LogStore = Plain(endpoint="http://127.0.0.1")

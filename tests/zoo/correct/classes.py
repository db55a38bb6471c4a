"""Classes of unusual kinds: no clause asks for a usual one."""

import abc
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final, Generic, NoReturn, Self, TypeVar

from pydantic import BaseModel, PrivateAttr

from evsys_sdk import LogStore, RunLog
from zoo.backends.memory import Memory, MemoryHarness
from zoo.correct.plain import PlainConfig, PlainHarness, begun, pointer, row
from zoo.front import ClosedError, Front, json_value, number, text, whole
from zoo.stores import correct


class Slots:
    """Nothing but its slots: no ``__dict__``, no weak references."""

    __slots__ = ("closed", "log")

    name: ClassVar[str] = "zoo_slots"
    Config = PlainConfig

    def __init__(self, destination: str) -> None:
        self.log = begun(destination)
        self.closed = False

    def _open_log(self) -> RunLog:
        if self.closed:
            raise ClosedError("closed")
        return self.log

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        rows = self._open_log().metrics
        points = {text(key): number(value) for key, value in metrics.items()}
        rows.append(row(whole(step), text(split), points))

    def log_hyperparams(self, params: Any) -> None:
        self._open_log().hyperparams.update(json_value(params))

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self._open_log().artifacts.append(pointer(text(name), text(path), text(kind)))

    def close(self) -> None:
        self.closed = True


@correct("has slots only, and can't be weakly referenced")
class SlotsHarness(PlainHarness):
    store = Slots


@dataclass(kw_only=True)
class DataclassStore(Front):
    """A dataclass, so unhashable; its fields beyond Config's are not for the constructor."""

    name: ClassVar[str] = "zoo_dataclass"
    Config: ClassVar[Any] = PlainConfig

    destination: str
    log: RunLog = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.log = begun(self.destination)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.log.metrics.append(row(step, split, points))

    def merge(self, params: dict[str, Any]) -> None:
        self.log.hyperparams.update(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.log.artifacts.append(pointer(name, path, kind))


@correct("is a dataclass, which is not hashable")
class DataclassHarness(PlainHarness):
    store = DataclassStore


@dataclass(frozen=True, slots=True)
class FrozenStore:
    """Never changes itself: what changes is the list that it holds."""

    name: ClassVar[str] = "zoo_frozen"
    Config: ClassVar[Any] = PlainConfig

    destination: str
    opened: list[Slots] = field(default_factory=list[Slots], init=False, compare=False)

    def __post_init__(self) -> None:
        self.opened.append(Slots(self.destination))

    def _inner(self) -> Slots:
        if not self.opened:
            raise ClosedError("closed")
        return self.opened[0]

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self._inner().log_scalar(key, value, step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        self._inner().log_metrics(metrics, step, split=split)

    def log_hyperparams(self, params: Any) -> None:
        self._inner().log_hyperparams(params)

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self._inner().log_artifact(name, path, kind=kind)

    def close(self) -> None:
        self.opened.clear()


@correct("is a frozen dataclass with slots")
class FrozenHarness(PlainHarness):
    store = FrozenStore


class Alike(Memory):
    """Equal to everything, and without a hash."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__: Any = None


@correct("is equal to everything, and not hashable")
class AlikeHarness(MemoryHarness):
    store = Alike


class Incomparable(Memory):
    """To compare it is a mistake."""

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("stores can't be compared")

    def __bool__(self) -> NoReturn:
        raise TypeError("a store is neither true nor false")

    def __repr__(self) -> NoReturn:
        raise RuntimeError("a store has no repr")

    __hash__: Any = None


@correct("can't be compared, tested for truth, or shown")
class IncomparableHarness(MemoryHarness):
    store = Incomparable


class Falsy(Memory):
    """Has a length of 0."""

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False


@correct("is falsy")
class FalsyHarness(MemoryHarness):
    store = Falsy


class PydanticStore(BaseModel):
    """A pydantic model; its Config is set below, since pydantic takes a nested one for its own."""

    name: ClassVar[str] = "zoo_pydantic"
    destination: str
    _inner: Slots = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        self._inner = Slots(self.destination)

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self._inner.log_scalar(key, value, step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        self._inner.log_metrics(metrics, step, split=split)

    def log_hyperparams(self, params: Any) -> None:
        self._inner.log_hyperparams(params)

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self._inner.log_artifact(name, path, kind=kind)

    def close(self) -> None:
        self._inner.close()


type.__setattr__(PydanticStore, "Config", PlainConfig)


@correct("is a pydantic model itself")
class PydanticHarness(PlainHarness):
    store = PydanticStore


class Sealed(type):
    """A metaclass whose classes can't be changed, and are called by its own method."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)

    def __setattr__(cls, name: str, value: Any) -> None:
        raise AttributeError(f"{cls.__name__} is sealed")


class SealedStore(Memory, metaclass=Sealed):
    """Its class takes no attributes."""


@correct("has a metaclass that lets nobody set attributes of the class")
class SealedHarness(MemoryHarness):
    store = SealedStore


Item = TypeVar("Item")


class GenericStore(Memory, Generic[Item]):
    """Generic over something."""


@correct("is generic")
class GenericHarness(MemoryHarness):
    store = GenericStore


class AbstractStore(abc.ABC):
    """What a company demands of its stores."""

    name: ClassVar[str] = "zoo_abstract"

    @abc.abstractmethod
    def log_scalar(self, key: str, value: float, step: int) -> None: ...


class OfHouse(Memory, AbstractStore):
    """Inherits an abstract class of its company."""


@correct("inherits an abstract class")
class OfHouseHarness(MemoryHarness):
    store = OfHouse


class Protocolled(Memory, LogStore):
    """Says that it is a LogStore."""


@correct("inherits from LogStore")
class ProtocolledHarness(MemoryHarness):
    store = Protocolled


class Kinds(StrEnum):
    SINK = "zoo_sink"


class NamedByEnum(Memory):
    """Its name is a str of an enum."""

    name: ClassVar[str] = Kinds.SINK


@correct("has a member of a StrEnum as its name")
class NamedByEnumHarness(MemoryHarness):
    store = NamedByEnum


class NamedFinal(Front):
    """Says Final for ClassVar; closes itself in any way that it ends."""

    name: Final = "zoo_final"
    Config = PlainConfig

    def __init__(self, *, destination: str) -> None:
        self.log = begun(destination)
        self.lock = threading.RLock()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.log.metrics.append(row(step, split, points))

    def merge(self, params: dict[str, Any]) -> None:
        self.log.hyperparams.update(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.log.artifacts.append(pointer(name, path, kind))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


@correct("is a context manager, and closes itself when it is collected")
class NamedFinalHarness(PlainHarness):
    store = NamedFinal

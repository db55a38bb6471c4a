"""Faults of the constructor beside its Config (ID-3)."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import MemoryBack, MemoryHarness
from zoo.front import Forbidding, Front
from zoo.stores import fault


class Nested(MemoryBack, Front):
    name: ClassVar[str] = "zoo_construction"


class Lines(Jsonl):
    """Jsonl with a Config that is yet to come."""

    Config: ClassVar[Any]


class Pickles(Buffered):
    """Buffered with a Config that is yet to come."""

    Config: ClassVar[Any]


class NestedHarness(MemoryHarness):
    """As in memory; the Configs differ."""

    def params(self, directory: Path) -> dict[str, Any]:
        return {**super().params(directory), "retry": {"times": 2}}


class Retry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    times: int


@fault("ID-3", "needs an argument that Config lacks", habitat=MemoryHarness, message="run_name")
class NeedsMore(Nested):
    class Config(Forbidding):
        destination: str

    def __init__(self, *, destination: str, run_name: str) -> None:
        super().__init__(destination=f"{destination}{run_name}")


@fault("ID-3", "does not take a field of Config", habitat=MemoryHarness, message="tags")
class FieldNotTaken(Nested):
    class Config(Forbidding):
        destination: str
        tags: list[str] = []


@fault("ID-3", "takes a field under its alias", habitat=MemoryHarness, message="destination")
class TakesAlias(Nested):
    class Config(Forbidding):
        model_config = ConfigDict(populate_by_name=True)
        destination: str = Field(alias="to")

    def __init__(self, *, to: str) -> None:
        super().__init__(destination=to)


@fault("ID-3", "misspells a field in its constructor", habitat=MemoryHarness, message="destination")
class MisspeltParameter(Nested):
    class Config(Forbidding):
        destination: str

    def __init__(self, *, destnation: str) -> None:
        super().__init__(destination=destnation)


@fault(
    "ID-3", "takes its parameters by position only", habitat=MemoryHarness, message="destination"
)
class PositionalOnlyConstructor(Nested):
    class Config(Forbidding):
        destination: str

    def __init__(self, destination: str, /) -> None:
        super().__init__(destination=destination)


@fault("ID-3", "takes the Config itself", habitat=MemoryHarness, message="config")
class TakesConfig(Nested):
    class Config(Forbidding):
        destination: str

    def __init__(self, config: Config) -> None:
        super().__init__(destination=config.destination)


@fault(
    "ID-3", "expects a nested model as a dict", habitat=NestedHarness, message="TypeError|subscript"
)
class TakesNestedDict(Nested):
    class Config(Forbidding):
        destination: str
        retry: Retry

    def __init__(self, *, destination: str, retry: dict[str, int]) -> None:
        self.times = retry["times"]
        super().__init__(destination=destination)


@fault(
    "ID-3",
    "takes keywords blindly and then needs one that Config lacks",
    habitat=MemoryHarness,
    message="run_name",
)
class BlindKeywords(Nested):
    class Config(Forbidding):
        destination: str

    def __init__(self, **params: str) -> None:
        super().__init__(destination=params["destination"] + params["run_name"])


@fault("ID-3", "has another default than its Config", habitat=JsonlHarness, message="fsync")
class AnotherDefault(Lines):
    class Config(Forbidding):
        directory: Path
        fsync: bool = False

    def __init__(self, *, directory: Path, fsync: bool = True) -> None:
        super().__init__(directory=directory)
        self.fsync = fsync


@fault(
    "ID-3",
    "has another number as default than its Config",
    habitat=BufferedHarness,
    message="protocol",
)
class AnotherNumber(Pickles):
    class Config(Forbidding):
        path: Path
        protocol: int = 5

    def __init__(self, *, path: Path, protocol: int = 4) -> None:
        super().__init__(path=path)
        self.protocol = protocol


@fault(
    "ID-3",
    "has a field under a name that its constructor shortens",
    habitat=BufferedHarness,
    message="path",
)
class FieldRenamed(Pickles):
    class Config(Forbidding):
        path: Path
        flush_secs: float = 1.0

    def __init__(self, *, path: Path, flush: float = 1.0) -> None:
        super().__init__(path=path)
        self.flush = flush


@fault("ID-3", "is built by a factory method only", habitat=MemoryHarness, message="open")
class FactoryOnly(Nested):
    class Config(Forbidding):
        destination: str

    def __init__(self, *, destination: str) -> None:
        raise TypeError("use FactoryOnly.open()")

    @classmethod
    def open(cls, destination: str) -> "FactoryOnly":
        store = cls.__new__(cls)
        MemoryBack.__init__(store, destination=destination)
        return store

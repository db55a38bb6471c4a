"""What a store may do to its surroundings, and they to it."""

import fcntl
import sys
import threading
import warnings
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from pydantic import ConfigDict

from evsys_sdk import RunLog
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.correct.classes import Slots
from zoo.correct.plain import PlainConfig, PlainHarness, pointer, row
from zoo.correct.refusing import PLAIN
from zoo.front import Forbidding, Front
from zoo.stores import correct


class Exclusive(Jsonl):
    """Lets nobody else open its file, and nobody read it, while it is open."""

    def open(self) -> int:
        file = super().open()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file


@correct("can't be opened twice at once, nor read while it is open")
class ExclusiveHarness(JsonlHarness):
    store = Exclusive
    capabilities = {"split", "float64", "resume"}

    def read(self, params: dict[str, Any]) -> RunLog:
        with (params["directory"] / "log.jsonl").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return super().read(params)


class Cautious(Memory):
    """Warns about everything unusual."""

    def points(self, metrics: Any) -> dict[str, float]:
        if not metrics:
            warnings.warn("there is nothing to log", stacklevel=3)
        for key, value in metrics.items():
            if not isinstance(value, float):
                warnings.warn(f"the value of {key!r} is not a float", RuntimeWarning, stacklevel=3)
        return super().points(metrics)

    def release(self) -> None:
        warnings.warn("this store is old", DeprecationWarning, stacklevel=3)


@correct("warns about empty dicts, about values that are not floats, and about itself")
class CautiousHarness(MemoryHarness):
    store = Cautious


class Talkative(Sqlite):
    """Prints what it does, and more."""

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        print(f"\r\x1b[2Kstep {step}", end="")
        print(ascii(points), file=sys.stderr)

    def release(self) -> None:
        super().release()
        print("\nD.!R.. done", flush=True)


@correct("prints on standard output and standard error")
class TalkativeHarness(SqliteHarness):
    store = Talkative
    capabilities = {"split", "float64", "resume", "crash"}


class Sink:
    """Where a program wants its log; it can't be pickled, copied or compared."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.log = RunLog([], {}, [])


class Injected(Front):
    """Writes to an object that it is handed."""

    name: ClassVar[str] = "zoo_injected"

    class Config(Forbidding):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        sink: Sink

    def __init__(self, *, sink: Sink) -> None:
        self.log = sink.log

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.log.metrics.append(row(step, split, points))

    def merge(self, params: dict[str, Any]) -> None:
        self.log.hyperparams.update(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.log.artifacts.append(pointer(name, path, kind))


@correct("is configured with a live object")
class InjectedHarness(PlainHarness):
    store = Injected

    def params(self, directory: Path) -> dict[str, Any]:
        return {"sink": Sink()}

    def read(self, params: dict[str, Any]) -> RunLog:
        log: RunLog = params["sink"].log
        return log


class Destination(NamedTuple):
    destination: str


class TupleStore(Destination):
    """Is a tuple of its parameters; its log is found by them."""

    name: ClassVar[str] = "zoo_tuple"
    Config: ClassVar[Any] = PlainConfig
    opened: ClassVar[dict[str, Slots]] = {}

    def inner(self) -> Slots:
        if self.destination not in self.opened:
            self.opened[self.destination] = Slots(self.destination)
        return self.opened[self.destination]

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.inner().log_scalar(key, value, step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        self.inner().log_metrics(metrics, step, split=split)

    def log_hyperparams(self, params: Any) -> None:
        self.inner().log_hyperparams(params)

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self.inner().log_artifact(name, path, kind=kind)

    def close(self) -> None:
        self.inner().close()


@correct("is a tuple")
class TupleHarness(PlainHarness):
    store = TupleStore


def local_class() -> Any:
    """A store class that nobody can import."""

    class Local(Memory):
        """Made by a function."""

    return Local


@correct("is made by a function, so that no module holds it")
class LocalHarness(MemoryHarness):
    store = local_class()


class PlainArtifacts(Memory):
    """Takes the text that it must take for artifacts, and no other."""

    def take_artifact(self, name: Any, path: Any, kind: Any) -> None:
        for each in (name, path, kind):
            if not all(PLAIN.fullmatch(character) for character in each) or len(each) > 4096:
                raise ValueError("not a plain text")
        super().take_artifact(name, path, kind)


@correct("refuses all text for artifacts that it need not take")
class PlainArtifactsHarness(MemoryHarness):
    store = PlainArtifacts

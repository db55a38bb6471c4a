"""Stores that misbehave: children of a multiplex, and one that the torture must catch."""

import subprocess
import sys
import time
from abc import abstractmethod
from typing import Any, ClassVar

from pydantic import BaseModel

from evsys_sdk import register_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore

__all__ = ["Buffered", "Hanging", "Raising", "Remote"]


class _Bad:
    """A store that records nothing, and does something bad in every call."""

    class Config(BaseModel, extra="forbid"):
        """No parameters."""

    @abstractmethod
    def misbehave(self) -> None: ...

    def log_scalar(self, key: str, value: float, step: int) -> None:
        self.misbehave()

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        metrics.clear()
        self.misbehave()

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        params.clear()
        self.misbehave()

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        self.misbehave()

    def close(self) -> None:
        self.misbehave()


@register_log_store("raising")
class Raising(_Bad):
    """Raises another kind of error in each call."""

    name: ClassVar[str] = "raising"
    errors: ClassVar[list[Exception]] = [
        OSError(5, "Input/output error"), RuntimeError("a bug"), MemoryError(), StopIteration(),
        RecursionError("a loop"), ExceptionGroup("two", [ValueError(), KeyError()]),
    ]  # fmt: skip

    def __init__(self) -> None:
        self._calls = 0

    def misbehave(self) -> None:
        self._calls += 1
        raise self.errors[self._calls % len(self.errors)]


@register_log_store("hanging")
class Hanging(_Bad):
    """Hangs for a while in every tenth call."""

    name: ClassVar[str] = "hanging"

    def __init__(self) -> None:
        self._calls = 0

    def misbehave(self) -> None:
        self._calls += 1
        if self._calls % 10 == 0:
            time.sleep(0.02)


@register_log_store("remote")
class Remote(_Bad):
    """Tells another process of every call, which may die."""

    name: ClassVar[str] = "remote"

    def __init__(self) -> None:
        command = [sys.executable, "-c", "for line in open(0): pass"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0)

    def misbehave(self) -> None:
        assert self.process.stdin
        self.process.stdin.write(b"call\n")

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@register_log_store("buffered")
class Buffered(JSONLLogStore):
    """Writes rows once it has eight of them."""

    name: ClassVar[str] = "buffered"

    def __init__(self, *, log_dir: str, **_: str) -> None:
        super().__init__(log_dir=log_dir)
        self._rows: list[tuple[dict[str, float], int]] = []

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self._rows.append((metrics, step))
        if len(self._rows) == 8:
            for row in self._rows:
                super().log_metrics(*row, split=split)
            self._rows.clear()

"""The half that the zoo's backends share: signatures, argument checks, the closed flag.

A backend defines the methods at the end of :class:`Checks`; a fault overrides one method. The five
methods are a class each, so that a store with a wrong signature can take the other four. Arguments
are typed ``Any``, since what a caller hands over may be anything.
"""

import operator
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeGuard

from pydantic import BaseModel, ConfigDict


class Forbidding(BaseModel):
    """A Config that refuses unknown parameters."""

    model_config = ConfigDict(extra="forbid")


class ClosedError(Exception):
    """A closed store of the zoo was written to."""


class Checks:
    """What the methods of a store have in common: the checks, and what a backend fills in."""

    closed: bool = False
    lock: Any = nullcontext()
    """Replaced by a real lock in the backends that claim ``threads``."""

    # What a method does, in named steps, so that a fault can be planted in each.

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        with self.lock:
            self.refuse_if_closed("log_metrics")
            self.record(self.step(step), self.split(split), self.points(metrics))

    def take_hyperparams(self, params: Any) -> None:
        with self.lock:
            self.refuse_if_closed("log_hyperparams")
            self.merge(self.hyperparams(params))

    def take_artifact(self, name: Any, path: Any, kind: Any) -> None:
        with self.lock:
            self.refuse_if_closed("log_artifact")
            self.add_artifact(self.string(name), self.string(path), self.string(kind))

    def shut(self) -> None:
        with self.lock:
            if not self.closed:
                self.closed = True
                self.release()

    # The checks.

    def refuse_if_closed(self, method: str) -> None:
        if self.closed:
            raise ClosedError(f"{method}() after close()")

    def step(self, step: Any) -> int:
        return whole(step)

    def string(self, value: Any) -> str:
        return text(value)

    def split(self, split: Any) -> str:
        return self.string(split)

    def key(self, key: Any) -> str:
        return self.string(key)

    def value(self, value: Any) -> float:
        return number(value)

    def points(self, metrics: Any) -> dict[str, float]:
        return {self.key(key): self.value(value) for key, value in metrics.items()}

    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {self.string(key): json_value(value, self.string) for key, value in params.items()}

    # What a backend does with checked arguments.

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        raise NotImplementedError

    def merge(self, params: dict[str, Any]) -> None:
        raise NotImplementedError

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        raise NotImplementedError

    def release(self) -> None:
        """Let go of what the instance opened."""


class Scalar(Checks):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.take_metrics({key: value}, step, "train")


class Metrics(Checks):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        self.take_metrics(metrics, step, split)


class Hyperparams(Checks):
    def log_hyperparams(self, params: Any) -> None:
        self.take_hyperparams(params)


class Artifacts(Checks):
    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self.take_artifact(name, path, kind)


class Closing(Checks):
    def close(self) -> None:
        self.shut()


class Front(Scalar, Metrics, Hyperparams, Artifacts, Closing):
    """A correct store but for the place where its records go."""


def text(value: Any) -> str:
    """``value`` if it is text that UTF-8 can hold."""
    if not isinstance(value, str):
        raise TypeError(f"expected a str, got {type(value).__name__}")
    value.encode()
    return value


def whole(step: Any) -> int:
    """``step`` as an int of 64 bits."""
    if isinstance(step, bool):
        raise TypeError("a step is a number of steps, not a bool")
    index = operator.index(step)
    if not -(2**63) <= index < 2**63:
        raise ValueError("a step must fit in 64 bits")
    return index


def number(value: Any) -> float:
    """``float(value)`` of everything that behaves as a number, and of nothing else."""
    if isinstance(value, str | bytes | bytearray):
        raise TypeError(f"expected a number, got {type(value).__name__}")
    return float(value)


def is_dict(value: Any) -> TypeGuard[dict[Any, Any]]:
    """Whether ``value`` is a dict of anything."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether ``value`` is a list of anything."""
    return isinstance(value, list)


def is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    """Whether ``value`` is a tuple of anything."""
    return isinstance(value, tuple)


def json_value(value: Any, string: Callable[[Any], str] = text, depth: int = 0) -> Any:
    """A deep copy of a JSON value, each string of it through ``string``; a tuple becomes a list."""
    if isinstance(value, str):
        return string(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > 200:
        raise ValueError("nested too deep, or in a circle")
    if is_list(value) or is_tuple(value):
        return [json_value(item, string, depth + 1) for item in value]
    if is_dict(value):
        return {string(key): json_value(item, string, depth + 1) for key, item in value.items()}
    raise TypeError(f"{type(value).__name__} has no JSON form")

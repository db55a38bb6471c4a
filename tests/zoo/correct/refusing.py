"""What a store may refuse, how it may do so, and what it may let pass."""

import math
import operator
import re
from collections.abc import Callable
from typing import Any, NoReturn

from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import is_dict, is_list, number
from zoo.stores import correct

PLAIN = re.compile(r"[A-Za-z0-9_./ -]{1,250}")
"""The text that a store must take."""


class PlainTextOnly(Sqlite):
    """Takes the text that it must take and no other."""

    def key(self, key: Any) -> str:
        if not PLAIN.fullmatch(super().key(key)):
            raise ValueError("a key is at most 250 letters, digits, and _ . / - or space")
        return str(key)

    def split(self, split: Any) -> str:
        return self.key(split)


@correct("refuses all text that it need not take, with ValueError")
class PlainTextOnlyHarness(SqliteHarness):
    store = PlainTextOnly


class TypeErrors(Jsonl):
    """Knows one kind of error."""

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        try:
            super().take_metrics(metrics, step, split)
        except ValueError as error:
            raise TypeError(str(error)) from error

    def take_hyperparams(self, params: Any) -> None:
        try:
            super().take_hyperparams(params)
        except ValueError as error:
            raise TypeError(str(error)) from error


@correct("raises TypeError for everything that is wrong")
class TypeErrorsHarness(JsonlHarness):
    store = TypeErrors


class WrongArgumentError(ValueError):
    """A value error of the store's own."""


class ValueErrors(Memory):
    """Knows another kind of error."""

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        try:
            super().take_metrics(metrics, step, split)
        except TypeError as error:
            raise WrongArgumentError(str(error)) from error

    def take_hyperparams(self, params: Any) -> None:
        try:
            super().take_hyperparams(params)
        except TypeError as error:
            raise WrongArgumentError(str(error)) from error


@correct("raises its own ValueError for everything that is wrong")
class ValueErrorsHarness(MemoryHarness):
    store = ValueErrors


def whole_float(step: Any) -> bool:
    """Whether a step is a float without a fraction."""
    return isinstance(step, float) and step.is_integer()


class Lenient(Memory):
    """Takes everything that the contract leaves open."""

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        super().take_metrics(dict(metrics), step, split)

    def step(self, step: Any) -> int:
        return int(step) if whole_float(step) else operator.index(step)

    def key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError("a key is a str")
        return key

    def split(self, split: Any) -> str:
        return self.key(split)

    def value(self, value: Any) -> float:
        if isinstance(value, bytes):
            return float(value.decode())
        return number(value.item() if getattr(value, "shape", ()) and value.size == 1 else value)

    def hyperparams(self, params: Any) -> dict[str, Any]:
        def named(value: Any) -> Any:
            if is_dict(value) and len(value) < 50:
                return {str(key): named(item) for key, item in value.items()}
            return value

        if not all(isinstance(key, str) for key in params):
            raise TypeError("a key is a str")
        try:
            return super().hyperparams({key: named(value) for key, value in params.items()})
        except RecursionError:
            raise ValueError("a value holds itself") from None


@correct("takes whole floats as steps, any str as key, arrays of one element, steps of any size")
class LenientHarness(MemoryHarness):
    store = Lenient


class Severe(Csv):
    """Refuses everything that the contract leaves open."""

    def key(self, key: Any) -> str:
        if not super().key(key) or key != key.strip("\0\n\r"):
            raise ValueError("not a key")
        return str(key)

    def split(self, split: Any) -> str:
        return self.key(split)

    def value(self, value: Any) -> float:
        if getattr(value, "shape", ()) != ():
            raise TypeError("not a number")
        return super().value(value)

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if not is_dict(metrics):
            raise TypeError("metrics is a dict")
        super().take_metrics(metrics, step, split)


@correct("refuses empty keys, arrays, and metrics that are not a dict")
class SevereHarness(CsvHarness):
    store = Severe


def changed_floats(value: Any, change: Callable[[float], Any]) -> Any:
    """A JSON value with every float that is not finite replaced by ``change(it)``."""
    if is_dict(value):
        return {key: changed_floats(item, change) for key, item in value.items()}
    if is_list(value):
        return [changed_floats(item, change) for item in value]
    return change(value) if isinstance(value, float) and not math.isfinite(value) else value


def refused(value: float) -> NoReturn:
    raise ValueError(f"{value} is not a JSON number")


class NoNanHyperparams(Sqlite):
    """JSON by the letter."""

    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked: dict[str, Any] = changed_floats(super().hyperparams(params), refused)
        return checked


@correct("refuses NaN and infinities in hyperparameters")
class NoNanHyperparamsHarness(SqliteHarness):
    store = NoNanHyperparams


class NamedNanHyperparams(Buffered):
    """JSON by the letter, with names for what has no number."""

    def hyperparams(self, params: Any) -> dict[str, Any]:
        names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
        checked: dict[str, Any] = changed_floats(
            super().hyperparams(params), lambda value: names[str(value)]
        )
        return checked


@correct("keeps NaN and infinities in hyperparameters as their names")
class NamedNanHyperparamsHarness(BufferedHarness):
    store = NamedNanHyperparams


class Asserting(Memory):
    """Says that it is closed by an assertion."""

    def refuse_if_closed(self, method: str) -> None:
        assert not self.closed, f"{method} after close"


@correct("raises AssertionError after close")
class AssertingHarness(MemoryHarness):
    store = Asserting


class GoneAfterClose(Memory):
    """Says that it is closed by having nothing to write to any more."""

    def refuse_if_closed(self, method: str) -> None:
        pass

    def release(self) -> None:
        del self.log


@correct("raises AttributeError after close, since its log is gone")
class GoneAfterCloseHarness(MemoryHarness):
    store = GoneAfterClose


class Interrupting(Memory):
    """Says that it is closed before it looks at anything, in its own words."""

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        if self.closed:
            raise EOFError
        super().log_metrics(metrics, step, split=split)


@correct("raises EOFError after close")
class InterruptingHarness(MemoryHarness):
    store = Interrupting

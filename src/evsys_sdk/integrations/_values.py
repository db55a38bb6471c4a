"""Values of any type: hyperparameters become JSON values, and nested metrics flat ones."""

import math
import os
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any, cast

from pydantic import BaseModel

from evsys_sdk.arguments import checked_hyperparams
from evsys_sdk.integrations._omegaconf import is_container, resolved

__all__ = ["Warn", "flattened", "json_params", "shortest"]

Warn = Callable[[str, str, Exception], None]
"""Takes the place of a value, like ``model.layers[2]``, the text that is recorded, and why."""

# The depth that every store accepts (clause HP-1).
_DEEPEST = 100
_LARGEST_ARRAY = 1000
_SIGNIFICANT_BITS = {"float16": 11, "bfloat16": 8, "float32": 24}


def json_params(params: object, warn: Warn) -> dict[str, Any]:
    """Return ``params`` as JSON values; no value in them raises.

    - None, bool, int, float and str stay. NumPy scalars, tensors and arrays of up to 1000 values
      become numbers and lists of numbers. A float16, bfloat16 or float32 becomes the shortest
      decimal number that is the same number in its type: ``np.float32(0.1)`` becomes 0.1.
    - Mappings, namespaces, dataclasses, pydantic models and OmegaConf containers become dicts with
      ``str(key)`` as keys; lists, tuples and sets become lists.
    - An enum member becomes its value, if that is a string or a number. A class or a function
      becomes its qualified name, and a path object its path.
    - Everything else becomes ``str(value)``, and so do larger arrays (as their shape and type),
      what contains itself and what is nested more than 100 levels deep.

    Args:
        params: A mapping or anything else that becomes a dict; None counts as empty.
        warn: Is called for each value that can't be read.

    Raises:
        TypeError: ``params`` does not become a dict.
    """
    converted: object = {} if params is None else _Conversion(warn).of(params, "")
    if not isinstance(converted, dict):
        raise TypeError(f"they must be a mapping, got {type(params).__name__}")
    return cast("dict[str, Any]", converted)


class _Conversion:
    """One conversion in progress."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self._around: list[object] = []

    def of(self, value: Any, place: str) -> Any:
        """Return the JSON value of ``value``; its text, with a warning, if it can't be read."""
        try:
            return self._converted(value, place)
        except Exception as error:  # noqa: BLE001 - properties and __str__ may raise anything
            text = _text_or_class(value)
            self._warn(place, text, error)
            return text

    def _converted(self, value: Any, place: str) -> Any:
        if _is_plain(value):
            return self._plain(value, place)
        if isinstance(value, Enum):
            return self._plain(value.value if _is_plain(value.value) else str(value), place)
        # First of all containers: keys of theirs look like attributes, and raise if missing.
        if is_container(value):
            return self._inside(value, resolved(value, place, self._warn), place)
        if _is_array(value):
            return self._array(value, place)
        return self._inside(value, _parts(value), place)

    def _inside(self, value: object, parts: Any, place: str) -> Any:
        """Return the JSON value of a container by its parts, and of anything else its text."""
        if not _is(parts, dict, list):
            return self._plain(_text(value) if parts is None else parts, place)
        if len(self._around) == _DEEPEST or any(value is each for each in self._around):
            return self._plain(_text(value), place)
        self._around.append(value)
        try:
            if _is(parts, list):
                return [self.of(part, f"{place}[{index}]") for index, part in enumerate(parts)]
            return dict(self._item(key, part, place) for key, part in parts.items())
        finally:
            self._around.pop()

    def _item(self, key: Any, part: Any, place: str) -> tuple[str, Any]:
        inside = f"{place}.{key}" if place else str(key)
        # str() of an enum member that is a str is not its text.
        return self._plain(key if _is(key, str) else str(key), inside), self.of(part, inside)

    def _plain(self, value: Any, place: str) -> Any:
        """Return a value that every store accepts: an exact str, int, float, bool or None."""
        try:
            return checked_hyperparams({"value": value})["value"]
        except ValueError as error:
            text = hex(value) if isinstance(value, int) else _as_utf8(value)
            self._warn(place, text, error)
            return text

    def _array(self, array: Any, place: str) -> Any:
        shape = tuple(int(length) for length in array.shape)
        if math.prod(shape) > _LARGEST_ARRAY:
            return f"{type(array).__name__} of shape {shape} and type {array.dtype}"
        bits = _SIGNIFICANT_BITS.get(str(array.dtype).rpartition(".")[2])
        return self._listed(array.tolist(), bits, place)

    def _listed(self, value: Any, bits: int | None, place: str) -> Any:
        if _is(value, list):
            return [self._listed(part, bits, f"{place}[{i}]") for i, part in enumerate(value)]
        if isinstance(value, float) and bits is not None:
            return shortest(value, bits)
        return self.of(value, place)


def flattened(values: Mapping[Any, Any], levels: int = 10) -> dict[Any, Any]:
    """Return ``{"f1/cat": 0.5}`` for ``{"f1": {"cat": 0.5}}``; dicts below so many levels stay."""
    flat: dict[Any, Any] = {}
    for key, value in values.items():
        if levels and _is(value, Mapping):
            inside = flattened(value, levels - 1)
            flat |= {f"{key}/{inner}": each for inner, each in inside.items()}
        else:
            flat[key] = value
    return flat


def shortest(value: float, bits: int) -> float:
    """Return the shortest float that rounds to ``value`` at this many significant bits.

    ``shortest(float(np.float32(0.1)), bits=24)`` is 0.1. A value that needs more bits stays.
    """
    if math.isfinite(value):
        for digits in range(16):
            short = float(f"{value:.{digits}e}")
            mantissa, exponent = math.frexp(short)
            if math.ldexp(round(math.ldexp(mantissa, bits)), exponent - bits) == value:
                return short
    return value


def _parts(value: Any) -> Any:
    """Return what a container holds as a dict or a list, or None for what is not a container."""
    if _is(value, Namespace, SimpleNamespace):
        return value.__dict__
    if _is(value, Mapping):
        return dict[Any, Any](value)
    if _is(value, list, tuple):
        return [*value]
    if _is(value, set, frozenset):
        return sorted(value, key=str)
    if isinstance(value, BaseModel):
        return value.model_dump(warnings=False)
    if is_dataclass(value) and not isinstance(value, type):
        # A field that its author keeps out of the repr may hold a password.
        return {each.name: getattr(value, each.name) for each in fields(value) if each.repr}
    return None


def _text(value: Any) -> str:
    if _is(value, os.PathLike):
        return str(value.__fspath__())
    if callable(value) and hasattr(value, "__qualname__"):
        # str() of a function has its address, which differs from run to run.
        return f"{value.__module__}.{value.__qualname__}"
    return str(value)


def _text_or_class(value: Any) -> str:
    try:
        return _as_utf8(str(value))
    except Exception:  # noqa: BLE001 - as in _Conversion.of
        return type(value).__name__


def _as_utf8(text: str) -> str:
    """Return ``text`` with every lone surrogate spelt out, as UTF-8 can't express it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _is_array(value: Any) -> bool:
    """Whether it is an array, a tensor or a NumPy scalar, told by what they have in common."""
    return not isinstance(value, type) and all(
        hasattr(value, each) for each in ("dtype", "shape", "tolist")
    )


def _is(value: object, *types: type) -> bool:
    # isinstance that does not narrow: type checkers conclude less than Any from it.
    return isinstance(value, types)

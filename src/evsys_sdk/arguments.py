"""The checks of a log call's arguments: those of the built-in stores, and for stores of your own.

Each function returns a plain copy of what it was given, or raises TypeError or ValueError before
anything is recorded. None changes what it is given, and each error says what was given, where it
stands, and what to do. Together they keep MET-5, MET-7, MET-9, HP-1, HP-3 and HP-4 of the
contract::

    def log_metrics(self, metrics, step, *, split="train"):
        values = checked_metrics(metrics)
        self._write(checked_step(step), checked_text(split, "split"), values)
"""

import math
import operator
import os
import reprlib
import sys
from collections.abc import Mapping
from typing import Any

__all__ = [
    "STEP_MAX",
    "STEP_MIN",
    "checked_hyperparams",
    "checked_metrics",
    "checked_path",
    "checked_step",
    "checked_text",
]

STEP_MIN, STEP_MAX = -(2**63), 2**63 - 1
"""The range of a step: int64."""

# The contract asks for 100 levels; JSON readers stop at 128 (those built on serde_json) and later.
_MAX_DEPTH = 120
# Where CPython's own limit for int <-> text stands, and with it what json.loads reads back.
_INT_LIMIT = 10**4300
# Values share their parts (YAML aliases do), so that a small structure can unfold into one that
# fills the memory. A value counts as 64 bytes and a text as its length.
_MAX_BYTES = 2**28
_VALUE_BYTES = 64


def checked_step(step: Any) -> int:
    """The step as an int, from anything with ``__index__`` (clause MET-5).

    Raises:
        TypeError: ``step`` is no integer, or a bool.
        ValueError: ``step`` does not fit into int64.
    """
    try:
        number = operator.index(step)
    except TypeError:
        number = None
    if number is None or isinstance(step, bool):
        raise TypeError(f"step must be an integer, got {_shown(step)}. Pass int(step) if it is one")
    if not STEP_MIN <= number <= STEP_MAX:
        raise ValueError(f"step must fit into int64 (-2**63 to 2**63 - 1), got {_shown(step)}")
    return number


def checked_text(value: object, what: str) -> str:
    """The value as a plain str: not empty, and text that UTF-8 can hold.

    Args:
        value: What was given.
        what: What it is called in errors, like ``"split"``.

    Raises:
        TypeError: ``value`` is no str.
        ValueError: ``value`` is empty or holds a lone surrogate.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a str, got {_shown(value)}")
    if not value:
        raise ValueError(f"{what} must not be empty")
    if not value.isascii():
        _check_utf8(value, what)
    # str() would call the __str__ of a subclass, which for an Enum is not its text.
    return value if type(value) is str else str.__str__(value)


def checked_path(path: Any, what: str = "path") -> str:
    """The path as text, just as it was given; a path object as ``os.fspath`` spells it.

    ``what`` is what it is called in errors.

    Raises:
        TypeError: ``path`` is neither a str nor a path object of text.
        ValueError: ``path`` is empty or holds a lone surrogate.
    """
    text = path.__fspath__() if _is_path(path) else path
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a str or a path object of text, got {_shown(path)}")
    return checked_text(text, what)


def checked_metrics(metrics: Any) -> dict[str, float]:
    """A new dict of the same items, every value an exact ``float``.

    Raises:
        TypeError: ``metrics`` is no mapping, a key is no str, or a value is no number: it has
            neither ``__float__`` nor ``__index__``, or is text, which ``float()`` would parse.
        ValueError: A key is empty or holds a lone surrogate.
        OverflowError: A value is an int beyond float64.
    """
    # The copy comes first: another thread may change the caller's dict during the checks.
    copy: dict[Any, Any] = (  # pyright: ignore[reportUnknownVariableType] - checked below
        metrics.copy() if type(metrics) is dict else _copy_of_mapping(metrics, "metrics")
    )
    # Two passes in C instead of one in Python: this runs in every log call.
    if list(map(type, copy.values())).count(float) == len(copy):
        try:
            if "".join(copy).isascii() and "" not in copy:
                return copy
        except TypeError:
            pass  # a key is no str: the loop below names it
    return {
        checked_text(key, "a metric key"): value
        if type(value) is float
        else _checked_number(value, key)
        for key, value in copy.items()
    }


def checked_hyperparams(params: Any) -> dict[str, Any]:
    """A deep copy of ``params`` as plain JSON values.

    Taken are None, bool, int up to 4,300 digits, float (NaN and infinities too), str, lists and
    tuples (as lists), and mappings with str keys, up to 120 levels deep and about 256 MB in all;
    besides them NumPy scalars and 0-d tensors (as the Python number they hold) and path objects (as
    text). Instances of subclasses become the plain type.

    Raises:
        TypeError: ``params`` is no mapping, a value has no JSON form, or a key is no str. The
            error names the place, like ``params["model"]["layers"][2]``.
        ValueError: A text holds a lone surrogate, a value contains itself, or a limit is exceeded.
    """
    try:
        return _JsonCopy().of_mapping(params)
    except RecursionError:
        raise ValueError(
            "params are nested too deep for what is left of the interpreter's stack. Log them from "
            "a function that is called less deep"
        ) from None


class _JsonCopy:
    """One deep copy under way: where it stands, and how much it has copied."""

    def __init__(self) -> None:
        self._place: list[str | int] = []
        self._open: dict[int, object] = {}  # by id, the containers on the way down to the place
        self._bytes = 0

    def of_mapping(self, mapping: Any) -> dict[str, Any]:
        self._enter(mapping)
        copy: dict[str, Any] = {}
        # From a first copy: another thread may change the original meanwhile.
        for key, value in _copy_of_mapping(mapping, "params").items():
            if not isinstance(key, str):
                raise TypeError(
                    f"{self._where()} has the key {_shown(key)}, and keys in JSON are text. "
                    f"Pass str(key)"
                )
            plain_key = self._text(key, "a key of ")
            self._place.append(plain_key)
            copy[plain_key] = self._of(value)
            self._place.pop()
        self._open.popitem()
        return copy

    def _of_sequence(self, sequence: Any) -> list[Any]:
        self._enter(sequence)
        copy: list[Any] = []
        for index, value in enumerate([*sequence]):
            self._place.append(index)
            copy.append(self._of(value))
            self._place.pop()
        self._open.popitem()
        return copy

    def _of(self, value: Any) -> Any:
        self._count(_VALUE_BYTES)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            return self._int(value)
        if isinstance(value, float):
            return float(value)
        if _is_sequence(value):
            return self._of_sequence(value)
        if _is_mapping(value):
            return self.of_mapping(value)
        return self._of_other(value)

    def _of_other(self, value: Any) -> Any:
        if _is_path(value):
            return self._of(os.fspath(value))
        if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
            item = _item(value)  # NumPy scalars, 0-d arrays, 0-d tensors
            if item is None or isinstance(item, bool | int | float | str):
                return self._of(item)
        raise TypeError(
            f"{self._where()} is {_shown(value)}, which has no JSON form. Pass a str, number, "
            f"bool, None, or a list or dict of these"
        )

    def _int(self, value: int) -> int:
        if not -_INT_LIMIT < value < _INT_LIMIT:
            raise ValueError(
                f"{self._where()} is an int of more than 4,300 digits, which JSON readers refuse. "
                f"Pass it as a str, hex(value) for example"
            )
        return operator.index(value)

    def _text(self, text: str, part: str = "") -> str:
        self._count(len(text))
        if not text.isascii():
            _check_utf8(text, part + self._where())
        return text if type(text) is str else str.__str__(text)

    def _enter(self, container: object) -> None:
        if id(container) in self._open:
            raise ValueError(f"{self._where()} contains itself, which JSON can't express")
        if len(self._open) >= _MAX_DEPTH:
            raise ValueError(
                f"{self._where()} is nested more than {_MAX_DEPTH} levels deep. Flatten it, or "
                f"write it to a file and log that as an artifact"
            )
        self._open[id(container)] = container

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > _MAX_BYTES:
            raise ValueError(
                f"params hold more than {_MAX_BYTES >> 20} MB, reached at {self._where()}. Write "
                f"large data to a file and log that as an artifact"
            )

    def _where(self) -> str:
        parts = self._place if len(self._place) <= 8 else [*self._place[:8], ...]
        return "params" + "".join(f"[{_quoted(part)}]" for part in parts)


def _checked_number(value: Any, key: str) -> float:
    """``float(value)``, for whatever behaves as a number and is not text."""
    where = f"metrics[{_quoted(key)}]"
    number = value
    if hasattr(value, "dtype") and hasattr(value, "item"):
        # A tensor that requires grad warns when float() reads it, and item() does not. Arrays of
        # text and of complex numbers have __float__ too; their item has not.
        try:
            number = _item(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise TypeError(f"{where} must be one number, got {_shown(value)}") from error
    readable = hasattr(number, "__float__") or hasattr(number, "__index__")
    if not readable or isinstance(number, str | bytes):
        hint = ". Pass float(value) if it is one" if isinstance(number, str | bytes) else ""
        raise TypeError(f"{where} must be a number, got {_shown(value)}{hint}")
    try:
        return float(number)
    except OverflowError as error:
        raise OverflowError(f"{where} is beyond the range of float64: {_shown(value)}") from error
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{where} must be a number, got {_shown(value)}") from error


def _item(value: Any) -> Any:
    """``value.item()``, but NaN for a masked number of NumPy, as ``float()`` has it.

    ``item()`` would give the number under the mask. ``float()`` would warn, which is an error to a
    program that turns warnings into errors, and a log call must not fail for that.
    """
    item = value.item()
    if hasattr(value, "mask") and hasattr(item, "__float__"):
        masked_arrays = sys.modules.get("numpy.ma")
        if masked_arrays is not None and masked_arrays.is_masked(value):
            return math.nan
    return item


# In functions of their own, which tell type checkers nothing: what they would conclude about a
# value of type Any is less than Any.


def _is_path(value: object) -> bool:
    return isinstance(value, os.PathLike)


def _is_mapping(value: object) -> bool:
    return type(value) is dict or isinstance(value, Mapping)


def _is_sequence(value: object) -> bool:
    return isinstance(value, list | tuple)


def _copy_of_mapping(value: Any, what: str) -> dict[Any, Any]:
    if not _is_mapping(value):
        raise TypeError(f"{what} must be a dict with str keys, got {_shown(value)}")
    return dict(value)


def _check_utf8(text: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{what} holds a lone surrogate, which UTF-8 can't express: {_shown(text)}"
        ) from error


_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60


def _shown(value: object) -> str:
    """The type and a short repr, also of what refuses to be printed."""
    kind = type(value).__name__
    try:
        return f"{kind} {_short.repr(value)}"
    except ValueError:  # an int of too many digits
        return f"{kind} (too long to show)"


def _quoted(part: object) -> str:
    """A key or an index as it would be written in Python, shortened."""
    if part is ...:
        return "..."
    text = _short.repr(part)
    return f'"{text[1:-1]}"' if isinstance(part, str) and '"' not in text else text

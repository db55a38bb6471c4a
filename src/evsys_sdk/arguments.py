"""The argument checks of the built-in stores, for other stores to use.

Each function returns a plain copy of its argument, or raises TypeError or ValueError. None changes
its argument, and each error says what was given, where, and what to pass instead. A store that
calls them before it records anything keeps MET-5, MET-7, MET-9, HP-1, HP-3 and HP-4 of the
contract::

    def log_metrics(self, metrics, step, *, split="train"):
        values = checked_metrics(metrics)
        self._write(checked_step(step), checked_text(split, "split"), values)
"""

import operator
from typing import Any

from evsys_sdk._arguments.json_copy import JsonCopy
from evsys_sdk._arguments.values import (
    check_utf8,
    copy_of_mapping,
    is_bool,
    is_deleted,
    is_path,
    item,
    quoted,
    shown,
)

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

_DELETED = ". JAX deleted the array: it was donated to a computation. Log value.copy() instead"


def checked_step(step: Any) -> int:
    """The step as an int, from anything with ``__index__`` (clause MET-5).

    Args:
        step: What was given: an int, an integer of NumPy, or a 0-d tensor of an integer type.

    Raises:
        TypeError: ``step`` is not an integer, or is a bool (also one of NumPy or torch).
        ValueError: ``step`` does not fit into int64.
    """
    number = step if type(step) is int else _index(step)
    if not STEP_MIN <= number <= STEP_MAX:
        raise ValueError(f"step must fit into int64 (-2**63 to 2**63 - 1), got {shown(step)}")
    return number


def checked_text(value: object, what: str) -> str:
    """The value as a plain str that is not empty and that UTF-8 can encode.

    Args:
        value: What was given.
        what: What it is called in errors, like ``"split"``.

    Raises:
        TypeError: ``value`` is not a string.
        ValueError: ``value`` is empty or holds a surrogate code point.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a string, got {shown(value)}")
    if not value:
        raise ValueError(f"{what} must not be empty")
    if not value.isascii():
        check_utf8(value, what)
    # str() would call the __str__ of a subclass, which for an Enum gives another string.
    return value if type(value) is str else str.__str__(value)


def checked_path(path: Any, what: str = "path") -> str:
    """The path as a plain str, unchanged; a path object as ``os.fspath`` spells it.

    Args:
        path: What was given.
        what: What it is called in errors.

    Raises:
        TypeError: ``path`` is neither a string nor a path object that gives one.
        ValueError: ``path`` is empty or holds a surrogate code point.
    """
    text = path.__fspath__() if is_path(path) else path
    if not isinstance(text, str):
        raise TypeError(
            f"{what} must be a string or a path object that gives one, got {shown(path)}"
        )
    return checked_text(text, what)


def checked_metrics(metrics: Any) -> dict[str, float]:
    """A new dict of the same items, every value an exact ``float`` (clause MET-5).

    A masked value of NumPy becomes NaN, without the warning that ``float()`` gives.

    Args:
        metrics: What was given: a mapping of keys to numbers. An array or a tensor is a number if
            it has one element, in any shape.

    Raises:
        TypeError: ``metrics`` is not a mapping, a key is not a string, or a value is not a number:
            it has neither ``__float__`` nor ``__index__``, or is a string, which ``float()`` would
            parse.
        ValueError: A key is empty or holds a surrogate code point.
        OverflowError: A value is an int beyond float64.
    """
    # The copy comes first: another thread may change the caller's dict during the checks.
    copy: dict[Any, Any] = (  # pyright: ignore[reportUnknownVariableType] - checked below
        metrics.copy() if type(metrics) is dict else copy_of_mapping(metrics, "metrics")
    )
    # Two passes in C instead of one in Python: this runs in every log call.
    if list(map(type, copy.values())).count(float) == len(copy):
        try:
            if "".join(copy).isascii() and "" not in copy:
                return copy
        except TypeError:
            pass  # a key is not a string: the loop below names it
    return {
        checked_text(key, "a metric key"): value
        if type(value) is float
        else _checked_number(value, key)
        for key, value in copy.items()
    }


def checked_hyperparams(params: Any) -> dict[str, Any]:
    """A deep copy of ``params`` as plain JSON values.

    It takes None, bool, int up to 4,300 digits, float (NaN and infinities too), str, lists and
    tuples (as lists), and mappings with string keys, up to 120 levels deep and about 256 MB in all.
    It also takes NumPy scalars and 0-d tensors, as the Python number that they hold, and path
    objects, as strings. Instances of subclasses become the plain type.

    Args:
        params: What was given.

    Raises:
        TypeError: ``params`` is not a mapping, a value has no JSON form, or a key is not a string.
            The error names the place and says what to pass instead, like
            ``params["model"]["kind"].value``.
        ValueError: A string holds a surrogate code point, a value contains itself, or a limit is
            exceeded.
    """
    try:
        return JsonCopy().of_mapping(params)
    except RecursionError:
        raise ValueError(
            "params are nested too deep for the rest of the interpreter's stack. Log them from a "
            "function with fewer callers"
        ) from None


def _index(step: Any) -> int:
    try:
        number = operator.index(step)
        if number not in (0, 1) or not is_bool(step):
            return number
    except (TypeError, DeprecationWarning):  # the latter from bools of NumPy 1, as an error
        pass
    advice = ". Pass int(step)" if _is_whole(step) else ""
    raise TypeError(f"step must be an integer, got {shown(step)}{advice}")


def _is_whole(step: Any) -> bool:
    """Whether ``int(step)`` is the step that the caller means."""
    if isinstance(step, str):
        return step.strip().removeprefix("-").isdecimal()
    # Not of a bool, which has the method since Python 3.12.
    is_integer = None if is_bool(step) else getattr(step, "is_integer", None)
    return callable(is_integer) and is_integer() is True


def _checked_number(value: Any, key: str) -> float:
    """``float(value)``, for anything that behaves as a number and is not a string."""
    where = f"metrics[{quoted(key)}]"
    number = value
    if hasattr(value, "dtype") and hasattr(value, "item"):
        # A tensor that requires grad warns when float() reads it, and item() does not. Arrays of
        # strings and of complex numbers have __float__ too, but their items do not.
        try:
            number = item(value)
        except (TypeError, ValueError, RuntimeError) as error:
            deleted = isinstance(error, RuntimeError) and is_deleted(value)
            advice = _DELETED if deleted else ""
            raise TypeError(f"{where} must be one number, got {shown(value)}{advice}") from error
    readable = hasattr(number, "__float__") or hasattr(number, "__index__")
    if not readable or isinstance(number, str | bytes):
        advice = ". Pass float(value)" if _spells_a_number(number) else ""
        raise TypeError(f"{where} must be a number, got {shown(value)}{advice}")
    try:
        return float(number)
    except OverflowError as error:
        raise OverflowError(f"{where} is beyond the range of float64: {shown(value)}") from error
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{where} must be a number, got {shown(value)}") from error


def _spells_a_number(value: Any) -> bool:
    if not isinstance(value, str | bytes):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True

"""Functions that inspect a value of any type, without importing the library that it comes from."""

import math
import os
import reprlib
import sys
from collections.abc import Mapping
from typing import Any

from evsys_sdk._arguments.remedies import dict_remedy

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60


def shown(value: object) -> str:
    """A short repr of the value and its type, for errors: ``1.5 (a float)``."""
    if value is None:
        return "None"
    kind = type(value).__name__
    article = "an" if kind[0] in "aeiouAEIOU" else "a"
    try:
        text = _short.repr(value)
    except ValueError:  # an int of too many digits
        text = "a value too long to show"
    return f"{text} ({article} {kind})"


def quoted(part: object) -> str:
    """A short form of a key or an index as Python source."""
    if part is ...:
        return "..."
    text = _short.repr(part)
    return f'"{text[1:-1]}"' if isinstance(part, str) and '"' not in text else text


def item(value: Any) -> Any:
    """``value.item()``, but NaN for a masked number of NumPy, as ``float()`` defines it.

    ``item()`` would give the number under the mask. ``float()`` would warn, which is an error in a
    program that turns warnings into errors, and a log call must not fail for that.
    """
    number = value.item()
    if hasattr(value, "mask") and hasattr(number, "__float__"):
        masked_arrays = sys.modules.get("numpy.ma")
        if masked_arrays is not None and masked_arrays.is_masked(value):
            return math.nan
    return number


def copy_of_mapping(value: Any, what: str) -> dict[Any, Any]:
    """A dict of the same items.

    Raises:
        TypeError: ``value`` is not a mapping. ``what`` is what the error calls it.
    """
    if not is_mapping(value):
        remedy = dict_remedy(value)
        advice = f". Pass {remedy.replace('{}', what)}" if remedy else ""
        raise TypeError(f"{what} must be a dict with string keys, got {shown(value)}{advice}")
    return dict(value)


def check_utf8(text: str, what: str) -> None:
    """Raise ValueError if UTF-8 cannot encode ``text``; ``what`` is what the error calls it."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{what} holds a surrogate code point, which UTF-8 can't encode: {shown(text)}"
        ) from error


# The functions below are not written out where they are used, because type checkers would conclude
# from each test that a value of type Any is less than Any.


def is_bool(value: Any) -> bool:
    """Whether the value is a bool of Python, NumPy or torch."""
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) in {"bool", "torch.bool"}


def is_deleted(value: Any) -> bool:
    """Whether the value is an array of JAX whose memory another computation has taken."""
    return hasattr(value.__class__, "is_deleted") and bool(value.is_deleted())


def is_path(value: object) -> bool:
    """Whether the value is a path object."""
    return isinstance(value, os.PathLike)


def is_mapping(value: object) -> bool:
    """Whether the value is a mapping; the usual dict is recognised fast."""
    return type(value) is dict or isinstance(value, Mapping)


def is_sequence(value: object) -> bool:
    """Whether the value is a list or a tuple."""
    return isinstance(value, list | tuple)

"""Values of unusual types: numbers that every store takes, and values that it refuses."""

import importlib.util
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from evsys_conformance.programs import calls


class NumberLike:
    """An object that behaves as a number without being one, as a 0-d tensor does (MET-5)."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value

    def __int__(self) -> int:
        return int(self.value)

    def __repr__(self) -> str:
        return f"NumberLike({calls.source(self.value)})"


class IndexLike:
    """An object that behaves as an integer without being one: it has ``__index__`` (MET-5)."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"IndexLike({self.value})"


class FloatSubclass(float):
    """An instance of a subclass of float, as NumPy's float64 is (MET-5)."""

    def __repr__(self) -> str:
        return f"FloatSubclass({calls.source(float(self))})"


class StrSubclass(str):
    """An instance of a subclass of str, as NumPy's str_ is: not a number either (MET-7)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"StrSubclass({str(self)!r})"


def numpy_numbers() -> list[Any]:
    """NumPy scalars, 0-d arrays and masked values, where NumPy is installed (MET-5)."""
    if not importlib.util.find_spec("numpy"):
        return []
    import numpy as np

    plain = [getattr(np, kind)(value) for kind, value in _NUMPY_NUMBERS]
    # float() of a masked value is NaN, and item() is the number under the mask.
    masked: list[Any] = [np.ma.masked, np.ma.array(5.0, mask=True), np.ma.array(3, mask=True)]
    return [*plain, *masked, np.ma.array(0.5)]


_NUMPY_NUMBERS = (
    ("float64", 0.5),
    ("float32", 0.1),
    ("float16", 0.1),
    ("int64", -7),
    ("int8", 3),
    ("uint64", 2**53 + 1),
    ("bool_", True),
    ("longdouble", 0.5),
    ("array", 0.25),
    ("array", 3),
    ("array", True),
)


NO_NUMBERS: Sequence[Any] = (
    "1.5",
    "7",
    "",
    "abc",
    "nan",
    None,
    [1.0],
    [],
    {},
    {"a": 1.0},
    (1.0, 2.0),
    1 + 2j,
    StrSubclass("1.5"),
    object(),
)
"""Values that are not numbers (MET-7)."""

NO_TEXTS: Sequence[Any] = (None, 1, 1.5, True, b"loss", ("loss",))
"""Keys and splits that are not strings (MET-7)."""

NO_STEPS: Sequence[Any] = (
    1.5,
    -0.5,
    1e-3,
    math.nan,
    Decimal("2.5"),
    "1",
    "1.0",
    "",
    None,
    [1],
    object(),
)
"""Steps that are not integers (MET-7)."""


def endless_list() -> list[Any]:
    """Make a list that holds itself, which has no JSON form (HP-3)."""
    endless: list[Any] = [1]
    endless.append(endless)
    return endless


def endless_dict() -> dict[str, Any]:
    """Make a dict that holds itself, which has no JSON form (HP-3)."""
    endless: dict[str, Any] = {"a": 1}
    endless["self"] = endless
    return endless

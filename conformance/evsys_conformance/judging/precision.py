"""When a value that comes back is the value that was logged (MET-4)."""

import math
import struct
import warnings
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Precision:
    """How values and splits are judged, by what the store claims."""

    float64: bool = True
    split: bool = True

    def same_value(self, expected: float, found: Any) -> bool:
        """Whether ``found`` is what ``expected`` must come back as (MET-4)."""
        if not self.float64 and not _judged_without_float64(expected):
            return True
        if isinstance(found, bool | str | bytes) or not hasattr(found, "__float__"):
            return False
        try:
            number = as_float(found)
        except (TypeError, ValueError, OverflowError):
            return False
        if not self.float64:
            return math.isclose(expected, number, rel_tol=1e-6)
        if math.isnan(expected):
            return math.isnan(number)
        # An int beyond 2**53 equals a float only where it is that very number.
        exact = found == expected if isinstance(found, int) else True
        return exact and struct.pack("<d", number) == struct.pack("<d", expected)


def as_float(value: Any) -> float:
    """``float(value)``, without the warning that NumPy gives for a masked value."""
    if isinstance(value, float | int):
        return float(value)
    with warnings.catch_warnings(action="ignore"):
        return float(value)


def same_step(expected: int, found: Any) -> bool:
    """Whether ``found`` is the step ``expected``; a reader may use any integer type."""
    return bool(not isinstance(found, str) and found == expected)


def _judged_without_float64(value: float) -> bool:
    return value == 0 or 1e-37 <= abs(value) <= 3e38

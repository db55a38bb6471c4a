"""When a value that comes back is the value that was logged (MET-4)."""

import math
import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from evsys_conformance.programs.calls import as_float


@dataclass(frozen=True)
class Precision:
    """How values and splits are judged, by what the store claims."""

    float64: bool = True
    split: bool = True

    @classmethod
    def of(cls, claims: Collection[str]) -> Self:
        """The precision of a store that makes these claims."""
        return cls(float64="float64" in claims, split="split" in claims)

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


def same_step(expected: int, found: Any) -> bool:
    """Whether ``found`` is the step ``expected``; a reader may use any integer type."""
    return bool(not isinstance(found, str) and found == expected)


def _judged_without_float64(value: float) -> bool:
    return value == 0 or 1e-37 <= abs(value) <= 3e38

"""Rows in the form in which curves are gathered: a million of them take no more than their values.

NumPy is not needed here: the curves that a shape keeps numbers of are those of the reader.
"""

from collections.abc import Callable
from struct import Struct as Packing
from typing import TYPE_CHECKING

from evsys_sdk.arguments import STEP_MAX, STEP_MIN
from evsys_sdk.log_stores.jsonl_files import RowError, given_text
from evsys_sdk.run_log import MetricRow

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

__all__ = ["PackedRow", "Packer", "Shape"]

_MOST_KNOWN_KEYS = 1 << 20
_COST_OF_A_SHAPE = 16
"""The memory of a known shape beside its keys, counted in keys."""


class Shape:
    """The keys that some rows have, in the order of the first of these rows."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.curves: dict[str, NDArray[int64]] = {}
        """By split: which curve each value of a row belongs to. The reader of the rows fills it."""
        self.pack: Callable[..., bytes] = Packing(f"{len(keys)}d").pack
        """Values as doubles, one after the other."""


PackedRow = tuple[int, str, Shape, bytes]
"""Step, split (empty if it is unknown), shape, and the packed values."""


class Packer:
    """Packs rows, and knows the shapes of the recent ones."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._known_keys = 0

    def pack(self, row: MetricRow) -> PackedRow:
        """The row, packed.

        Raises:
            RowError: Its step does not fit into int64.
        """
        if not STEP_MIN <= row.step <= STEP_MAX:
            raise RowError("step must fit into int64", given_text(row.step))
        shape = self.shape_of((*row.metrics,))
        return row.step, row.split or "", shape, shape.pack(*row.metrics.values())

    def shape_of(self, keys: tuple[str, ...]) -> Shape:
        """The shape with these keys."""
        shape = self._shapes.get(keys)
        if shape is None:
            self._known_keys += len(keys) + _COST_OF_A_SHAPE
            if self._known_keys > _MOST_KNOWN_KEYS:
                self._shapes.clear()
                self._known_keys = 0
            shape = self._shapes[keys] = Shape(keys)
        return shape

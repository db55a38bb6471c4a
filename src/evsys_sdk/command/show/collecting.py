"""Points of many rows, gathered and handed to their curves in one go."""

from array import array

import numpy as np

from evsys_sdk.command.show.downsampling import Curve, Floats, Integers
from evsys_sdk.sources.packed import PackedRow

__all__ = ["Collector"]

_POINTS_AT_ONCE = 1 << 21
_FEW_SHAPES = 64


class Collector:
    """Gathers the points of rows until there are enough of them."""

    def __init__(self, curves: dict[tuple[str, str], Curve]) -> None:
        self._curves_by_name = curves
        self._curves: list[Curve] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._steps: array[int] = array("q")
        self._rows: list[Integers] = []
        self._values: list[bytes] = []
        self._points = 0

    def add(self, row: PackedRow) -> None:
        """Take the points of the row, whose step fits into int64."""
        step, split, shape, values = row
        self._steps.append(step)
        numbers = shape.curves.get(split)
        if numbers is None:
            numbers = np.array([self._number((key, split)) for key in shape.keys], np.int64)
            shape.curves[split] = numbers
        self._rows.append(numbers)
        self._values.append(values)
        self._points += len(shape.keys)
        if self._points > _POINTS_AT_ONCE:
            self.flush()

    def _number(self, name: tuple[str, str]) -> int:
        number = self._numbers.setdefault(name, len(self._curves))
        if number == len(self._curves):
            self._curves.append(self._curves_by_name.setdefault(name, Curve()))
        return number

    def flush(self) -> None:
        """Hand all points to their curves."""
        if self._points:
            steps = np.array(self._steps)
            shapes = {id(numbers): numbers for numbers in self._rows if len(numbers)}
            used = np.concatenate([*shapes.values()])
            if len(shapes) <= _FEW_SHAPES and len(np.unique(used)) == len(used):
                self._hand_over_columns(steps, shapes)
            else:
                self._hand_over_points(steps)
        self._rows.clear()
        self._values.clear()
        del self._steps[:]
        self._points = 0

    def _hand_over_columns(self, steps: Integers, shapes: dict[int, Integers]) -> None:
        """Each curve is in rows of one shape only: it is a column of these."""
        shape_of_row = np.array([*map(id, self._rows)])
        for shape, numbers in shapes.items():
            rows = np.flatnonzero(shape_of_row == shape)
            values = _unpacked([self._values[row] for row in rows.tolist()])
            columns = values.reshape(len(rows), len(numbers)).T.copy()
            its_steps = steps[rows]
            for place, number in enumerate(numbers):
                self._curves[int(number)].append(its_steps, columns[place])

    def _hand_over_points(self, steps: Integers) -> None:
        """Any mixture of rows: sorted by curve, in the order in which they were logged."""
        numbers = np.concatenate(self._rows)
        steps = np.repeat(steps, [*map(len, self._rows)])
        values = _unpacked(self._values)
        # 16 bits are sorted by their digits, several times faster than by comparing.
        narrow = numbers.astype(np.int16) if len(self._curves) < 2**15 else numbers
        by_curve = np.argsort(narrow, kind="stable")
        numbers = numbers[by_curve]
        starts = np.flatnonzero(np.diff(numbers, prepend=-1)).tolist()
        for start, stop in zip(starts, [*starts[1:], len(numbers)], strict=True):
            chosen = by_curve[start:stop]
            self._curves[int(numbers[start])].append(steps[chosen], values[chosen])


def _unpacked(values: list[bytes]) -> Floats:
    return np.frombuffer(b"".join(values))

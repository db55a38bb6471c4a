"""Points of many rows, gathered and handed to their curves in one go."""

from array import array

import numpy as np

from evsys_sdk.command.points import Curve, Floats, Integers
from evsys_sdk.command.shapes import Row, RowDecoder, Shape, decoder_of
from evsys_sdk.log_stores._json_files.row import decode_row

__all__ = ["Collector"]

_POINTS_AT_ONCE = 1 << 21
_FEW_SHAPES = 64
_MOST_KNOWN_KEYS = 1 << 20
_COST_OF_A_SHAPE = 16
"""What a known shape takes beside its keys, counted in keys."""
_MOST_DECODERS = 64
"""One takes half a kilobyte for each key."""


class Collector:
    """Decodes rows, and gathers their points until there are enough of them."""

    def __init__(self, curves: dict[tuple[str, str], Curve]) -> None:
        self._curves_by_name = curves
        self._curves: list[Curve] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._known_keys = 0
        self._decoders: dict[tuple[str, ...], RowDecoder | None] = {}
        self._last: Shape | None = None
        self._decoder: RowDecoder | None = None
        self._steps: array[int] = array("q")
        self._rows: list[Integers] = []
        self._values: list[bytes] = []
        self._points = 0

    def decode(self, line: bytes) -> Row:
        """The row that the line holds.

        Raises:
            ValueError: The line is no row; the message says why.
        """
        if self._decoder is not None:
            try:
                step, split, shape, values = self._decoder.decode(line)
            except ValueError:
                # Where every row holds a NaN, say, it would be of no use on each of them.
                self._last = self._decoder = None
            else:
                # It takes keys in any order, and the first row of a split is to order its curves.
                if split in shape.curves:
                    return step, split, shape, values
        row = decode_row(line)
        shape = self._shape_of((*row.metrics,))
        return row.step, row.split or "", shape, shape.pack(*row.metrics.values())

    def _shape_of(self, keys: tuple[str, ...]) -> Shape:
        shape = self._shapes.get(keys)
        if shape is None:
            self._known_keys += len(keys) + _COST_OF_A_SHAPE
            if self._known_keys > _MOST_KNOWN_KEYS:
                self._shapes.clear()
                self._known_keys = 0
            shape = self._shapes[keys] = Shape(keys)
        if shape is self._last:
            # Where rows of many shapes follow each other, no decoder would ever fit.
            self._decoder = self._decoder_of(shape)
        self._last = shape
        return shape

    def _decoder_of(self, shape: Shape) -> RowDecoder | None:
        if len(self._decoders) < _MOST_DECODERS and shape.keys not in self._decoders:
            self._decoders[shape.keys] = decoder_of(shape)
        return self._decoders.get(shape.keys)

    def add(self, row: Row) -> None:
        """Take the points of the row.

        Raises:
            OverflowError: The step does not fit into int64; no point was taken.
        """
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

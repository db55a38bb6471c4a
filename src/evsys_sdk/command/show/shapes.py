"""Rows with the same keys, decoded by a decoder that was made for these keys.

It knows which key comes next and that a number follows: no dict is built, nothing is checked in
Python. That nearly halves what a point costs, in a log whose rows repeat their keys.
"""

import re
from collections.abc import Callable
from secrets import token_hex
from struct import Struct as Packing
from typing import Annotated, Any

from msgspec import Meta, MsgspecError, defstruct
from msgspec.json import Decoder
from msgspec.structs import astuple
from pydantic_core import to_json

from evsys_sdk.arguments import STEP_MAX, STEP_MIN
from evsys_sdk.command.show.downsampling import Integers
from evsys_sdk.log_stores.jsonl_files import RowError, decode_row, given_text

__all__ = ["Row", "RowDecoder", "Shape", "Shapes", "decoder_of"]

_ESCAPED = re.compile(r'["\\\x00-\x1f]')
"""What JSON escapes in a key. msgspec takes no such name: these keys get an alias."""
_NOBODY_LOGS = token_hex(8)
"""Aliases begin with it."""
_KEYS_PER_ALIAS = 8
"""Putting an alias into a line takes as long as is gained by so many keys."""
_MOST_KNOWN_KEYS = 1 << 20
_COST_OF_A_SHAPE = 16
"""What a known shape takes beside its keys, counted in keys."""
_MOST_DECODERS = 64
"""One takes half a kilobyte for each key."""
_MOST_OTHER_FIELDS = 100


class Shape:
    """The keys that some rows have, in the order of the first of these rows."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.curves: dict[str, Integers] = {}
        """By split: which curve each value of a row belongs to."""
        self.pack: Callable[..., bytes] = Packing(f"{len(keys)}d").pack
        """Values as doubles, one after the other."""


Row = tuple[int, str, Shape, bytes]
"""Step, split (empty if the row has none), shape, and the packed values."""


class RowDecoder:
    """Decodes the rows of a shape, and no other line."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        escaped = filter(_ESCAPED.search, shape.keys)
        aliases = {key: f"{_NOBODY_LOGS}{place}" for place, key in enumerate(escaped)}
        self._replaced = [
            (to_json(key) + b":", to_json(alias) + b":") for key, alias in aliases.items()
        ]
        # Names of fields are attributes, and a key is any string.
        names = {f"value_{place}": aliases.get(key, key) for place, key in enumerate(shape.keys)}
        metrics = defstruct(
            "Metrics",
            [(name, float) for name in names],
            rename=names,
            forbid_unknown_fields=True,
            gc=False,
        )
        # A generic class of rows would be simpler, but msgspec keeps every variant of it forever.
        row = defstruct(
            "Row",
            [
                ("ts", float | None, None),
                ("step", Annotated[int, Meta(ge=STEP_MIN, le=STEP_MAX)]),
                ("split", str | None, None),
                ("metrics", metrics),
            ],
            kw_only=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decoder: Decoder[Any] = Decoder(row)

    def decode(self, line: bytes) -> Row:
        """The row, if it has these keys and nothing else in it.

        Raises:
            ValueError: It is another line: ``decode_row`` says what it is.
        """
        # Only the keys themselves get through with an alias. Where these bytes are something else,
        # their first quote ends a string, and the alias follows it without a comma; or that quote
        # is escaped, and the string that now ends with the alias is not a known key.
        for key, alias in self._replaced:
            line = line.replace(key, alias, 1)
        try:
            row = self._decoder.decode(line)
        except MsgspecError as error:  # before msgspec 0.21 it is not a ValueError
            raise ValueError(*error.args) from None
        values = self._shape.pack(*astuple(row.metrics))
        return row.step, row.split or "", self._shape, values


def decoder_of(shape: Shape) -> RowDecoder | None:
    """Make a decoder for more rows of this shape; None where it would gain nothing."""
    aliases = sum(map(bool, map(_ESCAPED.search, shape.keys)))
    return RowDecoder(shape) if aliases * _KEYS_PER_ALIAS <= len(shape.keys) else None


class Shapes:
    """The shapes that the rows of a file have, each with a decoder where rows repeat it."""

    def __init__(self, other_fields: set[str]) -> None:
        """Add the names of fields that are ignored to ``other_fields``, unless they are many."""
        self._other_fields = other_fields
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._known_keys = 0
        self._decoders: dict[tuple[str, ...], RowDecoder | None] = {}
        self._last: Shape | None = None
        self._decoder: RowDecoder | None = None

    def decode(self, line: bytes) -> Row:
        """The row that the line holds.

        Raises:
            RowError: The line is not a row; the message says why.
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
        many = len(self._other_fields) >= _MOST_OTHER_FIELDS
        row = decode_row(line, None if many else self._other_fields)
        if not STEP_MIN <= row.step <= STEP_MAX:
            raise RowError("step must fit into int64", given_text(row.step))
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

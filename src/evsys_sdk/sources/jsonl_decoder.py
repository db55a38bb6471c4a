"""Lines of a metrics file with the same keys, decoded by a decoder that was made for these keys.

It knows which key comes next and that a number follows: no dict is built, nothing is checked in
Python. That nearly halves what a point costs, in a log whose rows repeat their keys.
"""

import re
from secrets import token_hex
from typing import Annotated, Any

from msgspec import Meta, MsgspecError, defstruct
from msgspec.json import Decoder
from msgspec.structs import astuple
from pydantic_core import to_json

from evsys_sdk.arguments import STEP_MAX, STEP_MIN
from evsys_sdk.log_stores.jsonl_files import decode_row
from evsys_sdk.sources.packed import PackedRow, Packer, Shape

__all__ = ["PackedRowDecoder", "RowDecoder", "decoder_of"]

_ESCAPED = re.compile(r'["\\\x00-\x1f]')
"""Characters that JSON escapes. msgspec refuses them in names: such keys get an alias."""
_NOBODY_LOGS = token_hex(8)
"""Aliases begin with it."""
_KEYS_PER_ALIAS = 8
"""To put an alias into a line takes the time that this many keys gain."""
_MOST_DECODERS = 64
"""One takes half a kilobyte for each key."""
_MOST_OTHER_FIELDS = 100


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

    def decode(self, line: bytes) -> PackedRow:
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


class PackedRowDecoder:
    """Decodes the lines of a file, with a decoder for each shape that rows repeat."""

    def __init__(self, other_fields: set[str]) -> None:
        """Add the names of fields that are ignored to ``other_fields``, unless they are many."""
        self._other_fields = other_fields
        self._packer = Packer()
        self._decoders: dict[tuple[str, ...], RowDecoder | None] = {}
        self._last: Shape | None = None
        self._decoder: RowDecoder | None = None

    def decode(self, line: bytes) -> PackedRow:
        """The row that the line holds.

        Raises:
            RowError: The line is not a row; the message says why.
        """
        if self._decoder is not None:
            try:
                step, split, shape, values = self._decoder.decode(line)
            except ValueError:
                # If every row holds a NaN, for example, the decoder would fail on each of them.
                self._last = self._decoder = None
            else:
                # It takes keys in any order, and the first row of a split is to order its curves.
                if split in shape.curves:
                    return step, split, shape, values
        many = len(self._other_fields) >= _MOST_OTHER_FIELDS
        row = self._packer.pack(decode_row(line, None if many else self._other_fields))
        shape = row[2]
        if shape is self._last:
            # Where rows of many shapes follow each other, no decoder would ever fit.
            self._decoder = self._decoder_of(shape)
        self._last = shape
        return row

    def _decoder_of(self, shape: Shape) -> RowDecoder | None:
        if len(self._decoders) < _MOST_DECODERS and shape.keys not in self._decoders:
            self._decoders[shape.keys] = decoder_of(shape)
        return self._decoders.get(shape.keys)

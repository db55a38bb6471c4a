"""Rows with the same keys, decoded by a decoder that was made for these keys.

It knows which key comes next and that a number follows: no dict is built, nothing is checked in
Python. That nearly halves what a point costs, in a log whose rows repeat their keys.
"""

import re
from collections.abc import Callable
from functools import cached_property
from struct import Struct as Packing
from typing import Any

from msgspec import defstruct
from msgspec.json import Decoder
from msgspec.structs import astuple

from evsys_sdk.command.points import Integers

__all__ = ["Shape"]

_NO_NAME_OF_A_FIELD = re.compile(r'["\\\x00-\x1f]')
"""What has to be escaped in JSON: msgspec takes no such name."""


class Shape:
    """The keys that some rows have, in the order of the first of these rows."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.curves: dict[str, Integers] = {}
        """By split: which curve each value of a row belongs to."""
        self.pack: Callable[..., bytes] = Packing(f"{len(keys)}d").pack
        """Values as doubles, one behind the other."""

    @cached_property
    def can_decode(self) -> bool:
        """Whether ``decode`` can be called."""
        return not any(map(_NO_NAME_OF_A_FIELD.search, self.keys))

    def decode(self, line: bytes) -> tuple[int, str, bytes]:
        """Step, split and packed values of a row with these keys and nothing else in it.

        Raises:
            ValueError: It is another line: ``decode_row`` says what it is.
        """
        row = self._decoder.decode(line)
        return row.step, row.split, self.pack(*astuple(row.metrics))

    @cached_property
    def _decoder(self) -> Decoder[Any]:
        # Names of fields are attributes, and keys are any text.
        names = [f"value_{place}" for place in range(len(self.keys))]
        metrics = defstruct(
            "Metrics",
            [(name, float) for name in names],
            rename=dict(zip(names, self.keys, strict=True)),
            forbid_unknown_fields=True,
            gc=False,
        )
        # A generic class of rows would be simpler, but msgspec keeps every variant of it forever.
        row = defstruct(
            "Row",
            [("ts", float), ("step", int), ("split", str), ("metrics", metrics)],
            forbid_unknown_fields=True,
            gc=False,
        )
        return Decoder(row)

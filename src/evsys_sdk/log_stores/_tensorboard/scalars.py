"""The event of a metrics call, packed by hand in the protobuf wire format.

One event carries all the values of a call. Its bytes are the same for each call with these tags,
but for the time, the step and the values: a layout is made once per tuple of tags, and a call fills
it in. Building and serialising the messages instead costs about five times as much.

The fields (numbers of ``tensorboard/compat/proto/event.proto`` and ``summary.proto``)::

    Event    1: double wall_time    2: int64 step    5: Summary summary
    Summary  1: Value value, repeated
    Value    1: string tag          2: float simple_value
"""

import math
import struct
from collections.abc import Callable
from typing import NamedTuple

from evsys_sdk.arguments import checked_metrics

__all__ = ["ScalarPacker"]

_WALL_TIME = 0x09
_STEP = 0x10
_SUMMARY = b"\x2a"
_VALUE = b"\x0a"
_TAG = b"\x0a"
_SIMPLE_VALUE = b"\x15"

_pack_begin = struct.Struct("<BdB").pack
_pack_float = struct.Struct("<f").pack

# About what the layouts may take in memory: tags that never repeat must not fill it. A layout of
# 20 tags counts as some 7 KB.
_CACHE_BYTES = 1 << 21


class _Layout(NamedTuple):
    tags: list[str]
    head: bytes  # of the summary
    pack_values: Callable[..., bytes]
    arguments: list[bytes | float]  # of pack_values: the bytes before a value, the value, and so on


class ScalarPacker:
    """Packs the events of metrics calls, and remembers the layouts of recent tags.

    Threads may share it: a layout is never changed once it is made.
    """

    def __init__(self) -> None:
        self._latest = _new_layout(())
        self._layouts: dict[tuple[str, ...], _Layout] = {}
        self._cached_bytes = 0

    def pack(self, metrics: dict[str, float], step: int, wall_time: float) -> bytes | None:
        """One serialised ``Event`` with every item of ``metrics`` as a ``simple_value``.

        Values are rounded to float32; what is beyond its range becomes infinite. None stands for
        an event without items.

        Raises:
            TypeError: As ``checked_metrics``.
            ValueError: As ``checked_metrics``.
        """
        if type(metrics) is not dict:
            metrics = checked_metrics(metrics)
        layout = self._latest
        # Tags that have a layout were checked when it was made: no need to look at each again. The
        # values come first, so that an item which another thread adds shows as a tag too many.
        values = [*metrics.values()]
        if list(map(type, values)).count(float) != len(values) or [*metrics] != layout.tags:
            checked = checked_metrics(metrics)
            values = [*checked.values()]
            layout = self._latest = self._layout_of(tuple(checked))
        if not values:
            return None
        # A copy, since a signal handler may log in the middle of this.
        arguments = layout.arguments.copy()
        arguments[1::2] = values
        try:
            packed = layout.pack_values(*arguments)
        except OverflowError:
            arguments[1::2] = map(_within_float32, values)
            packed = layout.pack_values(*arguments)
        begin = _pack_begin(_WALL_TIME, wall_time, _STEP)
        return b"".join((begin, _varint(step), layout.head, packed))

    def _layout_of(self, tags: tuple[str, ...]) -> _Layout:
        layout = self._layouts.get(tags)
        if layout is None:
            layout = _new_layout(tags)
            # Emptying the cache when it is full is enough: tags rarely vary, and a miss is cheap.
            size = 1024 + 256 * len(tags) + sum(map(len, tags))
            if self._cached_bytes + size > _CACHE_BYTES:
                self._layouts.clear()
                self._cached_bytes = 0
            if size <= _CACHE_BYTES:
                self._layouts[tags] = layout
                self._cached_bytes += size
        return layout


def _new_layout(tags: tuple[str, ...]) -> _Layout:
    fields = ["<"]
    arguments: list[bytes | float] = []
    for tag in tags:
        text = tag.encode()
        value = _TAG + _varint(len(text)) + text + _SIMPLE_VALUE
        before = _VALUE + _varint(len(value) + 4) + value
        fields.append(f"{len(before)}sf")
        arguments += (before, 0.0)
    packer = struct.Struct("".join(fields))
    return _Layout([*tags], _SUMMARY + _varint(packer.size), packer.pack, arguments)


def _within_float32(value: float) -> float:
    try:
        _pack_float(value)
    except OverflowError:
        return math.copysign(math.inf, value)
    return value


def _varint(number: int) -> bytearray:
    """The number in groups of seven bits, low ones first; an int64 below zero by its complement."""
    number &= 0xFFFFFFFFFFFFFFFF
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return groups

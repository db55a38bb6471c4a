"""TFRecord framing: how events follow each other in a file.

One record is the length of its payload in eight bytes, the masked CRC-32C of these eight, the
payload, and the masked CRC-32C of the payload, all little-endian.
"""

import functools
import os
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from evsys_sdk.errors import DamagedLogError
from evsys_sdk.log_stores._tensorboard.optional_imports import load_module

__all__ = ["OnDamage", "RecordReader", "damaged_record", "framed"]

# The C implementation: a CRC in Python costs more than all the rest of a log call.
_crc32c: Callable[[bytes], int] = load_module("google_crc32c").value

_pack_length = struct.Struct("<Q").pack
_pack_crc = struct.Struct("<I").pack
_HEADER_BYTES = 12
_FOOTER_BYTES = 4
_BLOCK_BYTES = 1 << 16
_NULS = b"\0" * 4


def framed(payload: bytes) -> bytes:
    """The payload as one record."""
    return b"".join((_header(len(payload)), payload, _masked_crc(payload)))


OnDamage = Callable[[DamagedLogError], None]
"""Called for each damaged record; reading continues when it returns."""


class RecordReader:
    """Iterates over the payloads of the records in a file, up to its end or to a torn last record.

    A torn record is what a killed process, a full disk or a power cut leaves at the end of a file:
    the beginning of a record, with nothing or only NUL bytes after it. A record that is still being
    written looks the same.

    Raises:
        DamagedLogError: While iterating, without ``on_damage``: something else than a torn last
            record is not a record.
    """

    offset: int
    """Where the last record that was read ends."""

    def __init__(
        self,
        file: BinaryIO,
        path: str,
        start: int = 0,
        stop: int | None = None,
        on_damage: OnDamage | None = None,
    ) -> None:
        """Read the records that begin in a part of the file.

        Args:
            file: An open file.
            path: What errors call it.
            start: The beginning of a record, or any byte if ``on_damage`` is given: reading begins
                at the next record.
            stop: Records that begin there or later are not read.
            on_damage: Called for each damaged record; reading continues at the next record. Without
                it the error is raised.
        """
        self._file = file
        self._path = path
        self._stop = stop
        self._on_damage = on_damage
        self.offset = start

    def __iter__(self) -> Iterator[bytes]:
        size = self._file.seek(0, os.SEEK_END)
        stop = size if self._stop is None else min(self._stop, size)
        if self.offset and self._on_damage is not None:
            self.offset = self._next_record(self.offset, size)
        is_boundary = self.offset == 0
        block, at = b"", 0  # the offset is there in the block
        while self.offset < stop:
            if at + _HEADER_BYTES > len(block):
                block, at = self._block(_HEADER_BYTES), 0
            length = _length_of(block[at : at + _HEADER_BYTES])
            if length is None:
                torn_bytes = _HEADER_BYTES
            # Compared before it is read: a record may claim any length.
            elif (total := _HEADER_BYTES + length + _FOOTER_BYTES) > size - self.offset:
                torn_bytes = total
            else:
                is_boundary = True
                if at + total > len(block):
                    block, at = self._block(total), 0
                payload = block[at + _HEADER_BYTES : at + _HEADER_BYTES + length]
                footer, crc = block[at + _HEADER_BYTES + length : at + total], _masked_crc(payload)
                if footer == crc:
                    self.offset += total
                    at += total
                    yield payload
                    continue
                cut = crc.startswith(footer.rstrip(b"\0"))  # and NULs after what was written
                torn_bytes = total if cut else total - _FOOTER_BYTES + 1
            if not self._skip_damage(torn_bytes, size):
                return
            block, at = b"", 0
        # A reader of the next part begins at the next record, without the damage before it.
        ends_inside = is_boundary and stop <= self.offset < size
        if self._on_damage is not None and ends_inside and not self._has_header():
            self._skip_damage(_HEADER_BYTES, size)

    def _skip_damage(self, torn_bytes: int, size: int) -> bool:
        """Go on at the next record; False if it is a torn record that begins at the offset.

        A torn record has fewer than ``torn_bytes`` bytes, and no record follows it.

        Raises:
            DamagedLogError: It is not a torn record, and there is no ``on_damage``.
        """
        following = size
        if self._on_damage is not None:
            following = self._next_record(self.offset + 1, size)
        if following == size and self._is_torn(torn_bytes):
            return False
        error = damaged_record(self._path, self.offset, "no record of an event file begins there")
        if self._on_damage is None:
            raise error
        self._on_damage(error)
        if following == size:
            # The end may be the beginning of a header that is being written.
            following = max(self.offset + 1, size - _HEADER_BYTES + 1)
        self.offset = following
        return True

    def _has_header(self) -> bool:
        return _length_of(self._block(_HEADER_BYTES)[:_HEADER_BYTES]) is not None

    def _block(self, length: int) -> bytes:
        """At least this many bytes from the offset on; more are read in advance."""
        self._file.seek(self.offset)
        return self._file.read(max(length, _BLOCK_BYTES))

    def _next_record(self, start: int, size: int) -> int:
        """Where the next record with a sound header begins; the end of the file without one."""
        while start < size:
            self._file.seek(start)
            block = self._file.read(_BLOCK_BYTES)
            # No record is as long as four gigabytes: the second half of its length is zero.
            place = block.find(_NULS, len(_NULS))
            while place >= 0:
                at = place - len(_NULS)
                header = block[at : at + _HEADER_BYTES]
                if len(header) == _HEADER_BYTES and _length_of(header) is not None:
                    return start + at
                place = block.find(_NULS, place + 1)
            if len(block) < _BLOCK_BYTES:
                break
            start += len(block) - _HEADER_BYTES + 1
        return size

    def _is_torn(self, torn_bytes: int) -> bool:
        """Whether fewer than ``torn_bytes`` bytes from the offset on are written at all."""
        self._file.seek(self.offset)
        position = written = 0
        while chunk := self._file.read(1 << 20):
            if stripped := chunk.rstrip(b"\0"):
                written = position + len(stripped)
            if written >= torn_bytes:
                return False
            position += len(chunk)
        return True


def damaged_record(path: str, start: int, reason: str) -> DamagedLogError:
    """The error for the record that begins at byte ``start`` of a file."""
    remedy = f"The {start} bytes before it are whole. To read them, cut a copy of the file there"
    return DamagedLogError(path, reason, remedy, byte=start)


@functools.lru_cache(maxsize=1024)
def _header(length: int) -> bytes:
    packed = _pack_length(length)
    return packed + _masked_crc(packed)


@functools.lru_cache(maxsize=1024)
def _length_of(header: bytes) -> int | None:
    """The length in a record's header; None where the header is cut or damaged."""
    packed = header[:8]
    if header[8:] != _masked_crc(packed):
        return None
    return int.from_bytes(packed, "little")


def _masked_crc(data: bytes) -> bytes:
    # Masked, because a CRC of data that holds its own CRC would lose its strength.
    crc = _crc32c(data)
    return _pack_crc(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

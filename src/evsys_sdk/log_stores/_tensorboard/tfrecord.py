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

__all__ = ["RecordReader", "damaged_record", "framed"]

# The C implementation: a CRC in Python costs more than all the rest of a log call.
_crc32c: Callable[[bytes], int] = load_module("google_crc32c").value

_pack_length = struct.Struct("<Q").pack
_pack_crc = struct.Struct("<I").pack
_HEADER_BYTES = 12
_FOOTER_BYTES = 4


def framed(payload: bytes) -> bytes:
    """The payload as one record."""
    return b"".join((_header(len(payload)), payload, _masked_crc(payload)))


class RecordReader:
    """Iterates over the payloads of the records in a file, up to its end or to a torn last record.

    A torn record is what a killed process, a full disk or a power cut leaves at the end of a file:
    the beginning of a record, with nothing or only NUL bytes after it. A record that is still being
    written looks the same.

    Raises:
        DamagedLogError: While iterating; something else than a torn last record is no record.
    """

    offset: int
    """Where the last record that was read ends."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        """Read ``file`` from its beginning; errors call it ``path``."""
        self._file = file
        self._path = path
        self.offset = 0

    def __iter__(self) -> Iterator[bytes]:
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(self.offset)
        while self.offset < size:
            header = self._file.read(_HEADER_BYTES)
            length = _length_of(header)
            if length is None:
                self._check_torn(_HEADER_BYTES)
                return
            # Compared before it is read: a record may claim any length.
            if _HEADER_BYTES + length + _FOOTER_BYTES > size - self.offset:
                return
            payload = self._file.read(length)
            footer, crc = self._file.read(_FOOTER_BYTES), _masked_crc(payload)
            if footer != crc:
                cut = crc.startswith(footer.rstrip(b"\0"))  # with NULs behind what was written
                self._check_torn(_HEADER_BYTES + length + (_FOOTER_BYTES if cut else 1))
                return
            self.offset += _HEADER_BYTES + length + _FOOTER_BYTES
            yield payload

    def _check_torn(self, torn_bytes: int) -> None:
        """Raise unless fewer than ``torn_bytes`` bytes from the offset on are written at all."""
        self._file.seek(self.offset)
        position = written = 0
        while chunk := self._file.read(1 << 20):
            if stripped := chunk.rstrip(b"\0"):
                written = position + len(stripped)
            if written >= torn_bytes:
                raise damaged_record(
                    self._path, self.offset, "no record of an event file begins there"
                )
            position += len(chunk)


def damaged_record(path: str, start: int, reason: str) -> DamagedLogError:
    """The error for the record that begins at byte ``start`` of a file."""
    remedy = f"The {start} bytes before it are whole. To read them, cut a copy of the file there"
    return DamagedLogError(path, reason, remedy, byte=start)


@functools.lru_cache(maxsize=1024)
def _header(length: int) -> bytes:
    packed = _pack_length(length)
    return packed + _masked_crc(packed)


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

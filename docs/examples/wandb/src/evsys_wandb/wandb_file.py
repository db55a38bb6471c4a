"""Reads the ``.wandb`` file that W&B keeps of each run, online and offline.

It holds the messages of W&B's protocol, in the format of LevelDB's logs with W&B's own header and
checksum: blocks of 32 KiB, in which a message is one chunk or several. The wandb package has the
messages as Python classes. It no longer has a reader: only its program wandb-core reads the file.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from wandb.proto.wandb_internal_pb2 import Record

_HEADER = b":W&B\xe1\xbe\x00"
_BLOCK = 32768
_CHUNK = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def records(path: Path) -> Iterator[Record]:
    """Every complete message; a file that is still being written may end in an incomplete one.

    Raises:
        ValueError: The file is not from W&B, or is damaged.
    """
    content = path.read_bytes()
    if content[: len(_HEADER)] != _HEADER[: len(content)]:
        raise ValueError(f"{path} is not a file of W&B: it begins with {content[:7]!r}")
    yield from _messages(path, content, len(_HEADER))


def is_finished(path: Path) -> bool:
    """Whether W&B has written the end of the run, and so everything before it."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        # The end is short, so that it begins in one of the last two blocks.
        begin = max(0, os.fstat(file.fileno()).st_size // _BLOCK - 1) * _BLOCK
        file.seek(begin)
        messages = _messages(path, file.read(), 0 if begin else len(_HEADER))
        return any(message.HasField("exit") for message in messages)


def _messages(path: Path, content: bytes, start: int) -> Iterator[Record]:
    """The messages that begin in this part of the file, whose first byte begins a block."""
    message: bytes | None = None
    for kind, chunk in _chunks(path, content, start):
        if kind in (_FULL, _FIRST):
            message = chunk
        elif message is not None:
            message += chunk
        if kind in (_FULL, _LAST) and message is not None:
            yield Record.FromString(message)


def _chunks(path: Path, content: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The kind and the bytes of each chunk."""
    while True:
        if (left := _BLOCK - start % _BLOCK) < _CHUNK.size:
            start += left  # filled with zeros
        if start + _CHUNK.size > len(content):
            return
        checksum, size, kind = _CHUNK.unpack_from(content, start)
        chunk = content[start + _CHUNK.size : start + _CHUNK.size + size]
        if len(chunk) < size or kind == 0:
            return
        if kind > _LAST or zlib.crc32(chunk, zlib.crc32(bytes([kind]))) != checksum:
            raise ValueError(f"{path} is damaged: the chunk of {size} bytes is not as written")
        yield kind, chunk
        start += _CHUNK.size + size

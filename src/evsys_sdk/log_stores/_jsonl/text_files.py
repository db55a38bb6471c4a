"""Reading the files of a log, which people edit too: some editors begin them with a mark.

The byte order mark is not part of JSON. Readers skip it, and a writer that goes on with such a file
keeps it.
"""

from codecs import BOM_UTF8
from typing import BinaryIO, NamedTuple

from evsys_sdk._files import open_regular_file
from evsys_sdk.errors import DamagedLogError

__all__ = [
    "Document",
    "damaged_document",
    "has_byte_order_mark",
    "read_document",
    "skip_byte_order_mark",
]


class Document(NamedTuple):
    """The content of a file that is one JSON value."""

    mark: bytes
    """The byte order mark, or nothing."""
    content: bytes
    """What is after it; empty if there are only blanks."""


def read_document(path: str) -> Document:
    """Read the file; one that does not exist is empty.

    Raises:
        OSError: The file can't be read, or is not a regular file.
    """
    try:
        with open_regular_file(path) as file:
            mark = BOM_UTF8 if skip_byte_order_mark(file) else b""
            content = file.read()
    except FileNotFoundError:
        return Document(b"", b"")
    return Document(mark, b"" if content.isspace() else content)


def damaged_document(path: str, expected: str, reason: str) -> DamagedLogError:
    """The error about a file that is not the JSON value that the store writes.

    Args:
        path: The file.
        expected: What it should be, such as ``a JSON list of artifacts``.
        reason: Why it is not.
    """
    return DamagedLogError(
        path,
        f"not {expected}: {reason}",
        "The file was not changed. Repair it, or move it away to start a new one",
    )


def skip_byte_order_mark(file: BinaryIO) -> bool:
    """Skip the mark at the beginning of the file, and return whether there is one."""
    has_mark = file.read(len(BOM_UTF8)) == BOM_UTF8
    if not has_mark:
        file.seek(0)
    return has_mark


def has_byte_order_mark(path: str) -> bool:
    """Whether the file exists and begins with the mark."""
    try:
        with open_regular_file(path) as file:
            return skip_byte_order_mark(file)
    except FileNotFoundError:
        return False

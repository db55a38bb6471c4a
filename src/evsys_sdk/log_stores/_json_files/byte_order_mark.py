"""The byte order mark that some editors put at the beginning of a text file.

It is not part of JSON. Readers pass over it, and a writer that goes on with such a file keeps it.
"""

from codecs import BOM_UTF8
from typing import BinaryIO

__all__ = ["skip_byte_order_mark"]


def skip_byte_order_mark(file: BinaryIO) -> bool:
    """Pass over the mark at the beginning of the file, and return whether there is one."""
    has_mark = file.read(len(BOM_UTF8)) == BOM_UTF8
    if not has_mark:
        file.seek(0)
    return has_mark

"""Repairs the end of the metrics file after a killed writer or a full disk.

A torn row would make every other reader of the file fail, so it does not stay: it is cut off where
nobody else has the file open, and overwritten with blanks where somebody has (readers skip blank
lines). Three rules keep that safe beside other writers.

- Every open store holds a shared lock on the file. A store that gets the exclusive lock is alone.
- Anything that is not a torn row is somebody else's data and stays as it is.
- A line is looked at only when nobody can add to it: after its newline, or before a row of this
  store, because appending writes wait for each other.
"""

import fcntl
import os
from codecs import BOM_UTF8

from pydantic_core import from_json

from evsys_sdk._files import open_regular
from evsys_sdk.log_stores._jsonl.locking import write_all
from evsys_sdk.log_stores._jsonl.torn_rows import is_row_in_progress, rows_in

__all__ = ["mend_tail", "remove_partial_row", "separate_row"]

# A longer line is not a row of this store: opening a file must not mean reading all of it.
_LONGEST_LINE = 2**26
_BLOCK = 2**16


def mend_tail(descriptor: int, path: str) -> None:
    """Make the file end with a whole line, and hold the shared lock on it from now on.

    Raises:
        OSError: The disk is full, or the file can't be read.
    """
    alone = _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not alone:
        _lock(descriptor, fcntl.LOCK_SH)
    try:
        end = os.fstat(descriptor).st_size
        if end == 0 or os.pread(descriptor, 1, end - 1) == b"\n":
            return
        if alone:
            start = _line_start(descriptor, end)
            whole = start + _length_to_keep(descriptor, start, end)
            os.ftruncate(descriptor, whole)
            if whole > start:
                os.write(descriptor, b"\n")
        else:
            # The newline comes first: it waits for a row in progress, which then is whole.
            os.write(descriptor, b"\n")
            end = os.lseek(descriptor, 0, os.SEEK_CUR) - 1
            start = _line_start(descriptor, end)
            whole = start + _length_to_keep(descriptor, start, end)
            _overwrite(descriptor, path, b" " * (end - whole), whole)
    finally:
        if alone:
            _lock(descriptor, fcntl.LOCK_SH)


def separate_row(descriptor: int, path: str, start: int, end: int) -> bool:
    """Free our own row, from ``start`` to ``end``, of what is before it in the same line.

    A writer left that when it was killed, after we wrote last. Returns whether our row is kept. If
    not, it was blanked out, because there is data before it, and it must be written again.
    """
    line = _line_start(descriptor, start)
    if line == start:
        return True  # there is a byte order mark before it
    whole = line + _length_to_keep(descriptor, line, start)
    if whole == line:
        _overwrite(descriptor, path, b" " * (start - line - 1) + b"\n", line)
        return True
    _overwrite(descriptor, path, b"\n" + b" " * (end - whole - 2) + b"\n", whole)
    return False


def remove_partial_row(descriptor: int, path: str, start: int, end: int) -> None:
    """Remove our own incomplete row, from ``start`` to ``end``, which ends the file or did so."""
    blank = b" " * (end - start - 1) + b"\n"
    # In place first, which needs no space on a full disk. The shared lock is given up in asking
    # for the exclusive one, and a store that opens the file then may cut it and go on there.
    _overwrite(descriptor, path, blank, start)
    alone = _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        ours = os.pread(descriptor, len(blank) + 1, start) == blank
        if alone and ours:
            os.ftruncate(descriptor, start)
    finally:
        _lock(descriptor, fcntl.LOCK_SH)


def _length_to_keep(descriptor: int, start: int, end: int) -> int:
    """How much of an unfinished line is data: nothing of a torn row, all of anything else."""
    size = end - start
    head = os.pread(descriptor, min(size, 16), start)
    if size > _LONGEST_LINE or not is_row_in_progress(head):
        return size
    line = os.pread(descriptor, size, start)
    rows = rows_in(line)
    if rows is None:
        row = line.rstrip(b"\0")
        return len(row) if _is_json(row) else size
    # Everything after the last row is torn. A torn row before a row stays, to keep that row.
    return int(rows[-1].stop) if rows else 0


def _is_json(content: bytes) -> bool:
    try:
        from_json(content)
    except ValueError:
        return False
    return True


def _line_start(descriptor: int, end: int) -> int:
    """Where the line that ends at ``end`` starts, or a place so far before that it is too long.

    The first line starts after the byte order mark, if there is one.
    """
    at = end
    while at > 0 and end - at <= _LONGEST_LINE:
        size = min(_BLOCK, at)
        newline = os.pread(descriptor, size, at - size).rfind(b"\n")
        at -= size
        if newline >= 0:
            return at + newline + 1
    if at == 0 and os.pread(descriptor, len(BOM_UTF8), 0) == BOM_UTF8:
        return len(BOM_UTF8)
    return at


def _overwrite(descriptor: int, path: str, content: bytes, offset: int) -> None:
    # By another descriptor: with O_APPEND, Linux appends what pwrite() should put elsewhere.
    with open_regular(path, "r+") as plain:
        if os.path.samestat(os.fstat(plain.fileno()), os.fstat(descriptor)):
            write_all(plain.fileno(), content, offset)


def _lock(descriptor: int, operation: int) -> bool:
    """Whether the lock was got. On a file system without locks nobody is ever alone."""
    try:
        fcntl.flock(descriptor, operation)
    except OSError:
        return False
    return True

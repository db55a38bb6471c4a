"""What a killed writer, or a full disk, left at the end of the metrics file.

A piece of a row left standing would make every reader of the file fail, so it is never left: it is
cut off where nobody else has the file open, and overwritten with blanks where somebody has (readers
skip blank lines). Three rules keep that safe beside other writers.

- Every open store holds a shared lock on the file. Who gets the exclusive lock is alone.
- What is not the beginning of a row is somebody else's data and stays as it is.
- A line is looked at only when nobody can add to it: after its newline, or in front of a row of
  our own, because appending writes wait for each other.
"""

import fcntl
import os
from io import FileIO

from pydantic_core import from_json

from evsys_sdk.log_stores._json_files.locking import write_all
from evsys_sdk.log_stores._json_files.row import is_torn_row

__all__ = ["mend_tail", "separate", "take_back"]

# What is longer than this without a newline is taken for no row of ours, so that opening a file
# never means reading all of it.
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
            # The newline comes first: it waits for a row under way, which then is whole.
            os.write(descriptor, b"\n")
            end = os.lseek(descriptor, 0, os.SEEK_CUR) - 1
            start = _line_start(descriptor, end)
            whole = start + _length_to_keep(descriptor, start, end)
            _overwrite(descriptor, path, b" " * (end - whole), whole)
    finally:
        if alone:
            _lock(descriptor, fcntl.LOCK_SH)


def separate(descriptor: int, path: str, start: int, end: int) -> bool:
    """Free our own row, from ``start`` to ``end``, of what stands before it in the same line.

    That is what a writer left that was killed since we wrote last. Returns whether the row stands;
    if not, it was blanked out, because what stands before it is whole, and it must be written anew.
    """
    line = _line_start(descriptor, start)
    whole = line + _length_to_keep(descriptor, line, start)
    if whole == line:
        _overwrite(descriptor, path, b" " * (start - line - 1) + b"\n", line)
        return True
    _overwrite(descriptor, path, b"\n" + b" " * (end - whole - 2) + b"\n", whole)
    return False


def take_back(descriptor: int, path: str, start: int, end: int) -> None:
    """Remove our own piece of a row, from ``start`` to ``end``, which ends the file or did so."""
    blank = b" " * (end - start - 1) + b"\n"
    # In place first, which needs no space on a full disk. The shared lock is given up in asking
    # for the exclusive one, and whoever opens the file then may cut the piece and go on there.
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
    if size > _LONGEST_LINE or not is_torn_row(head):
        return size
    piece = os.pread(descriptor, size, start)
    row = piece.rstrip(b"\0")
    try:
        from_json(row)
    except ValueError:
        return 0 if is_torn_row(piece) else size
    return len(row)  # a whole row, that lacks its newline only


def _line_start(descriptor: int, end: int) -> int:
    """Where the line that ends at ``end`` starts, or a place so far ahead that it is too long."""
    at = end
    while at > 0 and end - at <= _LONGEST_LINE:
        size = min(_BLOCK, at)
        newline = os.pread(descriptor, size, at - size).rfind(b"\n")
        at -= size
        if newline >= 0:
            return at + newline + 1
    return at


def _overwrite(descriptor: int, path: str, content: bytes, offset: int) -> None:
    # By a descriptor of its own: with O_APPEND, Linux appends what pwrite() should put elsewhere.
    with FileIO(path, "r+") as plain:
        if os.path.samestat(os.fstat(plain.fileno()), os.fstat(descriptor)):
            write_all(plain.fileno(), content, offset)


def _lock(descriptor: int, operation: int) -> bool:
    """Whether the lock was got. Where a file system has no locks nobody is ever alone."""
    try:
        fcntl.flock(descriptor, operation)
    except OSError:
        return False
    return True

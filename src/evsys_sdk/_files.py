"""Paths and files, as the operating system takes them."""

import errno
import os
import stat
from typing import BinaryIO

__all__ = ["file_system_path", "open_regular_file"]

_TYPES = {
    stat.S_IFIFO: "a FIFO (named pipe)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


def open_regular_file(path: str) -> BinaryIO:
    """Open a regular file for reading, as ``open(path, "rb")`` does.

    ``open`` would wait forever for somebody to write into a FIFO, and a device may have no end.

    Raises:
        OSError: The file can't be opened, or it is not a regular file; the message says what it
            is.
    """
    _require_regular(os.stat(path), path)
    # Between the two calls somebody may put a FIFO there: O_NONBLOCK does not wait for it.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _require_regular(os.fstat(descriptor), path)
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _require_regular(status: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        what = _TYPES.get(stat.S_IFMT(status.st_mode), "of an unknown type")
        raise OSError(errno.EINVAL, f"must be a regular file, but is {what}", path)


def file_system_path(path: str) -> str:
    """The path in the form that ``open`` takes, whatever the encoding of the file system.

    A path of the system may hold bytes that are not text in this encoding; they stay. A character
    that the encoding lacks, as ``é`` in the locale C, is written in UTF-8, as elsewhere.

    Raises:
        ValueError: The path has a NUL character, or a lone surrogate that stands for no byte.
    """
    if "\0" in path:
        raise ValueError(f"{path!r} has a NUL character, which no path can have")
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        try:
            return os.fsdecode(path.encode("utf-8", "surrogateescape"))
        except UnicodeEncodeError as error:
            raise ValueError(f"{path!a} has a character that no path can have") from error
    return path

"""Paths and files, as the operating system takes them."""

import errno
import os
import stat
from contextlib import suppress
from io import DEFAULT_BUFFER_SIZE, BufferedReader, FileIO
from typing import BinaryIO, Literal

__all__ = ["Mode", "file_system_path", "open_regular", "open_regular_file"]

Mode = Literal["r", "r+", "w", "a", "a+"]

_FLAGS: dict[Mode, int] = {
    "r": os.O_RDONLY,
    "r+": os.O_RDWR,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "a+": os.O_RDWR | os.O_CREAT | os.O_APPEND,
}
# POSIX has only the first of these flags, Windows only the second.
_EXTRA_FLAGS: int = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_TYPES = {
    stat.S_IFIFO: "a FIFO (named pipe)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


def open_regular_file(path: str, buffering: int = DEFAULT_BUFFER_SIZE) -> BinaryIO:
    """Open a regular file for reading, as ``open(path, "rb", buffering)`` does.

    ``open`` would wait forever for somebody to write into a FIFO, and a device may have no end.

    Raises:
        OSError: The file can't be opened, or it is not a regular file; the message says what it
            is.
    """
    return BufferedReader(open_regular(path, "r"), buffering)


def open_regular(path: str, mode: Mode) -> FileIO:
    """Open a regular file as ``FileIO(path, mode)`` does, and never wait.

    A mode that writes also takes ``/dev/full``, which is how to try out a full disk.

    Raises:
        OSError: As :func:`open_regular_file`.
    """
    with suppress(FileNotFoundError):
        _require_regular(os.stat(path), path, mode)
    # Each of the two lists is filled by one call in C, and not by an assignment: an exception from
    # a signal handler, as Ctrl-C raises one, may strike before the assignment and lose what the
    # call returned. A file that nobody refers to closes itself, a descriptor does not.
    descriptors: list[int] = []
    files: list[FileIO] = []
    try:
        descriptors.extend(map(os.open, [path], [_FLAGS[mode] | _EXTRA_FLAGS], [0o666]))
        # Somebody may have put a FIFO there meanwhile: O_NONBLOCK does not wait for it.
        _require_regular(os.fstat(descriptors[0]), path, mode)
        files.extend(map(FileIO, descriptors, [mode]))
    finally:
        if descriptors and not files:
            os.close(descriptors[0])
    return files[0]


def _require_regular(status: os.stat_result, path: str, mode: Mode) -> None:
    if stat.S_ISREG(status.st_mode) or (mode != "r" and _is_full_device(status)):
        return
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    what = _TYPES.get(stat.S_IFMT(status.st_mode), "of an unknown type")
    raise OSError(errno.EINVAL, f"must be a regular file, but is {what}", path)


def _is_full_device(status: os.stat_result) -> bool:
    with suppress(OSError):
        return os.path.samestat(status, os.stat("/dev/full"))
    return False


def file_system_path(path: str, what: str = "path") -> str:
    """The path in the form that ``open`` takes, in any encoding of the file system.

    A path of the system may hold bytes that are not text in this encoding; they stay. A character
    that the encoding lacks, as ``é`` in the locale C, is written in UTF-8, as elsewhere. ``what``
    is what the path is called in errors.

    Raises:
        ValueError: The path has a NUL character, or a lone surrogate that stands for no byte.
    """
    if "\0" in path:
        raise ValueError(f"{what} {path!r} has a NUL character, which no path can have")
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        try:
            return os.fsdecode(path.encode("utf-8", "surrogateescape"))
        except UnicodeEncodeError as error:
            raise ValueError(f"{what} {path!a} has a character that no path can have") from error
    return path

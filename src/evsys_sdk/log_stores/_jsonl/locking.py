"""The lock between processes, and replacing a file at once.

Files are opened as ``FileIO``, not by ``os.open``: an exception from a signal handler, as Ctrl-C
raises one, may strike before the descriptor has found its way into a variable. An object that
nobody holds closes itself.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable
from io import FileIO
from typing import TypeVar

from evsys_sdk._directories import removed_directory_error
from evsys_sdk._files import open_regular
from evsys_sdk.log_stores._jsonl.paths import LOCK_FILE, TEMPORARY_SUFFIX

__all__ = ["replace_file", "with_lock", "with_shared_lock", "write_all"]

_Result = TypeVar("_Result")

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}  # of a directory: some file systems


def with_lock(log_dir: str, job: Callable[[], _Result]) -> _Result:
    """Run the job, while every other reader and writer of hyperparameters and artifacts waits.

    Raises:
        OSError: The directory is gone (the error says so), or the lock file can't be opened or is
            not a regular file.
    """
    try:
        lock = open_regular(os.path.join(log_dir, LOCK_FILE), "a")
    except FileNotFoundError as error:
        raise removed_directory_error(log_dir) from error
    return _run_locked(lock, fcntl.LOCK_EX, job)


def with_shared_lock(log_dir: str, job: Callable[[], _Result]) -> _Result:
    """Run the job, while writers wait. Where nobody ever wrote there is nothing to lock."""
    try:
        lock = open_regular(os.path.join(log_dir, LOCK_FILE), "r")
    except FileNotFoundError:
        return job()
    return _run_locked(lock, fcntl.LOCK_SH, job)


def _run_locked(lock: FileIO, operation: int, job: Callable[[], _Result]) -> _Result:
    # The lock belongs to the open file, which is a new one for each job: two threads that shared
    # one would both hold it. It is taken inside the with statement, without a context manager,
    # because Ctrl-C may strike between taking the lock and noting that it was taken.
    with lock:
        try:
            _take(lock, operation)
            return job()
        finally:
            # Not left to closing: a child forked meanwhile shares the open file, and its lock.
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_UN)


def _take(lock: FileIO, operation: int) -> None:
    try:
        fcntl.flock(lock, operation)
    except OSError as error:
        # On a file system without locks, a log with one writer is better than none.
        if error.errno not in _NO_LOCKS:
            raise


def replace_file(path: str, content: bytes, *, durable: bool) -> None:
    """Put ``content`` in the place of the file, so that a reader sees all of it or the old one.

    The caller holds the lock. With ``durable`` the content reaches the disk first, and its name
    before this returns: a power loss during the call leaves the old or the new file, and one after
    it the new one.

    Raises:
        OSError: The disk is full, or the directory can't be written to; the old file is kept.
    """
    # One name, not a new one per call: the next process reuses what a killed one left.
    temporary = path + TEMPORARY_SUFFIX
    file = open_regular(temporary, "w")
    try:
        with file:
            write_all(file.fileno(), content, 0)
            if durable:
                os.fsync(file.fileno())
        if durable:
            _replace_durably(temporary, path)
        else:
            os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = path
        raise


def _replace_durably(temporary: str, path: str) -> None:
    directory: list[int] = []
    try:
        # Opened first, so that nothing but the disk can fail once the file is replaced. And by
        # extend(), which is one step for Ctrl-C: the descriptor can't get lost before it is stored.
        directory.extend(map(os.open, [os.path.dirname(path)], [os.O_RDONLY]))
        os.replace(temporary, path)
        try:
            os.fsync(directory[0])
        except OSError as error:
            if error.errno not in _NO_SYNC:
                raise
    finally:
        for descriptor in directory:
            os.close(descriptor)


def write_all(descriptor: int, content: bytes, offset: int) -> None:
    """Write ``content`` at ``offset``.

    Raises:
        OSError: Not all of it could be written.
    """
    done = 0
    while done < len(content):
        done += os.pwrite(descriptor, content[done:], offset + done)

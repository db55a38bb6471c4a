"""The event file that one process writes: whole records, handed to the system by each call.

A record is one ``os.write``, with no buffer, queue or thread: what a returned call wrote survives
a killed process, and a forked child has nothing to write twice. No other process writes to the
file, so that the piece of a record which a full disk left can be cut off again.
"""

import contextlib
import errno
import io
import itertools
import os
import re
import socket
import threading
import time
from collections.abc import Iterable

from evsys_sdk._directories import make_directory, removed_directory_error
from evsys_sdk.errors import DamagedLogError, LogStoreClosedError
from evsys_sdk.log_stores._forks import renew_in_forked_children
from evsys_sdk.log_stores._tensorboard.messages import version_event
from evsys_sdk.log_stores._tensorboard.tfrecord import RecordReader, framed
from evsys_sdk.log_stores.tensorboard_runs import event_file_names

__all__ = ["EventFile"]

_STARTED = re.compile(r"events\.out\.tfevents\.(\d{10})\.")

# How often a write looks whether the file still has a name. Looking costs as much as writing.
_CHECK_SECS = 1.0


class EventFile:
    """One event file, in a directory where other processes may have theirs.

    Threads share it, and a signal handler may write in the middle of a write. A forked child never
    writes to its parent's file: its first write opens a new one.
    """

    def __init__(self, directory: str, flush_secs: float) -> None:
        """Create the file, and its directory if need be.

        Args:
            directory: The directory of the file; an absolute path.
            flush_secs: How long an event may wait for ``fsync``, checked by each write.

        Raises:
            OSError: The directory or the file can't be made.
        """
        self.lock = threading.RLock()
        self.closed = False
        self._directory = directory
        self._flush_secs = flush_secs
        self._fd = -1
        # A signal handler may log, close or raise at any point of a write.
        self._writing = False  # whether a write is in progress
        self._unsure = True  # whether the file may be closed, or end with a piece of a record
        make_directory(directory)
        self._create()
        renew_in_forked_children(self)

    def write(self, event: bytes, method: str) -> None:
        """Append a serialised event.

        Raises:
            LogStoreClosedError: The file is closed; it names ``method``.
            OSError: The disk is full or refuses for another reason, and nothing of the event stays
                in the file; or the file was removed. The next call tries again, in the second case
                with a new file, and raises again until its directory exists.
        """
        record = framed(event)
        with self.lock:
            nested, self._writing = self._writing, True
            try:
                if self._unsure:
                    self._make_sure(method, nested=nested)
                self._unsure = True
                try:
                    # The descriptor is looked up in the call itself: no signal handler can close
                    # it, and a stranger reuse its number, between the look-up and the write.
                    written = os.write(self._fd, record)
                    # A short write has no error. The next write reports the full disk.
                    while written != len(record):
                        written += os.write(self._fd, record[written:])
                except OSError as error:
                    self._cut()
                    raise self._refusal(error, method) from error
                self._unsure = nested
            finally:
                self._writing = nested
            if time.monotonic() >= self._next_check:
                self._check_file()

    def check_open(self, method: str) -> None:
        """Raise LogStoreClosedError, which names ``method``, if the file is closed."""
        if self.closed:
            raise LogStoreClosedError("tensorboard", method)

    def close(self, last_events: Iterable[bytes] = ()) -> None:
        """Append ``last_events``, have everything on the disk, and release the file.

        Closing again does nothing.

        Raises:
            OSError: Not everything reached the disk. The file is released nevertheless.
        """
        with self.lock, contextlib.suppress(LogStoreClosedError):  # by a signal handler meanwhile
            if self.closed:
                return
            self._writing = True
            try:
                if self._unsure:
                    self._cut()
                for event in last_events:
                    self.write(event, "close")
                self._check_file(closing=True)
            finally:
                self.closed = True
                self._release()

    def renew_after_fork(self) -> None:
        """Leave the file to the parent; the first write opens a new one."""
        # The parent's lock may be held by a thread that this process does not have.
        self.lock = threading.RLock()
        self._writing = False
        self._release()

    def _create(self) -> None:
        fd, path = _new_file(self._directory)
        first = framed(version_event(time.time()))
        try:
            _write_first(fd, first, path)
        except BaseException:
            os.close(fd)
            os.unlink(path)
            raise
        self._fd = fd
        self._path = path
        self._sure_end = self._synced_end = len(first)
        self._synced_at = time.monotonic()
        self._next_check = self._synced_at + min(_CHECK_SECS, self._flush_secs)
        self._unsure = False

    def _make_sure(self, method: str, *, nested: bool) -> None:
        """Have an open file that ends with a whole record."""
        self.check_open(method)
        if self._fd < 0:
            try:
                self._create()
            except FileNotFoundError as error:
                raise removed_directory_error(self._directory) from error
        elif not nested:
            self._cut()
        # The call that this one interrupts will cut the piece off, with all that follows it.
        elif self._tail()[1]:
            raise OSError(
                errno.EBUSY, "In the middle of a write that failed, no event is taken", self._path
            )

    def _refusal(self, error: OSError, method: str) -> Exception:
        if self.closed:  # by a signal handler in the middle of the write
            return LogStoreClosedError("tensorboard", method)
        return OSError(error.errno, f"{error.strerror}: the event was not recorded", self._path)

    def _cut(self) -> None:
        """Cut off the piece of a record that the file may end with."""
        if self._fd < 0:
            return
        end, torn = self._tail()
        if torn:
            os.ftruncate(self._fd, end)

    def _tail(self) -> tuple[int, bool]:
        """Where the last whole record ends, and whether anything follows it."""
        size = os.fstat(self._fd).st_size
        start = min(self._sure_end, size)  # unless somebody else cut the file
        # Read by position: the descriptor's own is shared with whom a signal handler calls.
        records = RecordReader(io.BytesIO(os.pread(self._fd, size - start, start)), self._path)
        with contextlib.suppress(DamagedLogError):
            for _ in records:
                pass
        self._sure_end = end = start + records.offset
        return end, end != size

    def _check_file(self, *, closing: bool = False) -> None:
        """See whether the file still has a name, and whether ``fsync`` is due."""
        if self._fd < 0:
            return
        now = time.monotonic()
        status = os.fstat(self._fd)
        self._sure_end = status.st_size
        if status.st_size != self._synced_end:
            if status.st_nlink == 0:
                self._release()
                raise FileNotFoundError(
                    errno.ENOENT,
                    "The event file was removed, and its events are lost. Logging continues in a "
                    "new file once its directory exists",
                    self._path,
                )
            if closing or now - self._synced_at >= self._flush_secs:
                self._sync(status.st_size)
        self._next_check = min(now + _CHECK_SECS, self._synced_at + self._flush_secs)

    def _sync(self, size: int) -> None:
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise OSError(
                error.errno,
                f"{error.strerror}: the last {self._flush_secs} s of events may not be on the disk",
                self._path,
            ) from error
        self._synced_end = size
        self._synced_at = time.monotonic()

    def _release(self) -> None:
        fd, self._fd = self._fd, -1
        self._unsure = True
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self._release()


def _new_file(directory: str) -> tuple[int, str]:
    """Create an event file whose name sorts after those of the directory: descriptor and path.

    Readers take the files in the order of their names. The seconds in a name are therefore later
    than any other's there, which the clock alone does not ensure: it may have been set back, and a
    run may resume within the second.
    """
    started = [
        int(match[1]) for name in event_file_names(directory) if (match := _STARTED.match(name))
    ]
    seconds = min(max([int(time.time()), *(each + 1 for each in started)]), 9_999_999_999)
    for counter in itertools.count():
        name = f"events.out.tfevents.{seconds:010}.{socket.gethostname()}.{os.getpid()}.{counter}"
        path = os.path.join(directory, name)
        with contextlib.suppress(FileExistsError):
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
            return os.open(path, flags, 0o666), path
    raise AssertionError("unreachable: the counter has no end")


def _write_first(fd: int, record: bytes, path: str) -> None:
    if os.write(fd, record) != len(record):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

"""The metrics file, open for appending."""

import errno
import os
import threading
from contextlib import suppress
from fcntl import LOCK_UN, flock
from io import FileIO
from math import inf
from os import lseek, write

from evsys_sdk._directories import removed_directory_error
from evsys_sdk._files import open_regular
from evsys_sdk.errors import LogStoreClosedError
from evsys_sdk.log_stores._forks import renew_in_forked_children
from evsys_sdk.log_stores._jsonl.tail_repair import mend_tail, remove_partial_row, separate_row

__all__ = ["MetricsFile"]

_CLOSED = -1
_UNKNOWN = -(2**63)  # far from any place in a file, also with the length of a row added


class MetricsFile:
    """Appends rows, each by one write, so that a returned call survives a killed process.

    Threads, forked children and other processes may append at the same time.
    """

    _file: FileIO | None = None  # also when __init__ fails, for __del__
    _descriptor = _CLOSED  # that of _file, which is not asked for it at every write
    _end = _UNKNOWN  # where our last row ended

    def __init__(self, path: str, kind: str) -> None:
        """Open ``path``, creating it, and mend its end; ``kind`` names the store in errors."""
        self._path = path
        self._kind = kind
        # An RLock, because a signal handler may log in the middle of a call.
        self._lock = threading.RLock()
        self._open()
        self._path_checked_at = 0.0  # when the path was last seen to be the file that is open
        renew_in_forked_children(self)

    def append(self, row: bytes, now: float) -> None:
        """Write the row; ``now`` is the time in seconds.

        Raises:
            LogStoreClosedError: After :meth:`close`.
            OSError: The row was not recorded; earlier ones are kept.
        """
        with self._lock:
            # Once a second: a look at the path costs as much as the write itself. Also after
            # close() and in a forked child, which set the time of the last look accordingly.
            if not 0.0 <= now - self._path_checked_at < 1.0:
                self._open_if_moved()
                self._path_checked_at = now
            try:
                written = write(self._descriptor, row)
            except OSError as error:
                raise self._error(error.errno or errno.EIO, str(error.strerror)) from error
            end = self._end + written
            if written == len(row) and lseek(self._descriptor, 0, 1) == end:
                self._end = end  # nobody else wrote since our last row
            else:
                self._check_written(row, written, now)

    def close(self) -> None:
        """Release the file. Waits for a write in progress; later ones raise."""
        with self._lock:
            self._path_checked_at = inf
            self._release()

    def renew_after_fork(self) -> None:
        """Let go of the parent's open file; the first write opens it again."""
        self._lock = threading.RLock()
        if self._file is not None:
            self._path_checked_at = 0.0
            self._descriptor = _CLOSED
            self._file.close()  # without unlocking: the lock is the parent's too
            self._file = None

    def __del__(self) -> None:
        self._release()

    def _open(self) -> None:
        file = open_regular(self._path, "a+")
        try:
            mend_tail(file.fileno(), self._path)
        except BaseException as error:
            file.close()
            if isinstance(error, OSError) and error.filename is None:
                error.filename = self._path
            raise
        self._release()
        self._file = file
        self._descriptor = file.fileno()
        self._end = lseek(self._descriptor, 0, os.SEEK_END)

    def _release(self) -> None:
        self._descriptor = _CLOSED
        file, self._file = self._file, None
        if file is not None:
            # Not left to closing: a child that is being forked shares the lock.
            with suppress(OSError):
                flock(file, LOCK_UN)
            file.close()

    def _open_if_moved(self) -> None:
        """Open the file again if the path is no longer that of the open file."""
        if self._path_checked_at == inf:
            raise LogStoreClosedError(self._kind, "log_metrics")
        if self._descriptor != _CLOSED:
            with suppress(FileNotFoundError, NotADirectoryError):
                if os.path.samestat(os.stat(self._path), os.fstat(self._descriptor)):
                    return
        try:
            self._open()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise removed_directory_error(os.path.dirname(self._path)) from error

    def _check_written(self, row: bytes, written: int, now: float) -> None:
        """Check the row: it may be incomplete, or follow a torn row of another writer."""
        self._end = _UNKNOWN  # so that the next call looks again, even if this one fails
        end = lseek(self._descriptor, 0, 1)
        start = end - written
        # A signal handler that logged after our write moved the end on; its row was looked at.
        ours = os.pread(self._descriptor, written, start) == row[:written]
        if written < len(row):
            with suppress(OSError):
                if ours:
                    remove_partial_row(self._descriptor, self._path, start, end)
            reason = f"{os.strerror(errno.ENOSPC)}: only {written} of {len(row)} bytes fitted"
            raise self._error(errno.ENOSPC, reason)
        is_kept = True
        if ours and start > 0 and os.pread(self._descriptor, 1, start - 1) != b"\n":
            # If this can't be repaired now, our reader still understands the file.
            with suppress(OSError):
                is_kept = separate_row(self._descriptor, self._path, start, end)
        if is_kept:
            self._end = end
        else:
            self.append(row, now)

    def _error(self, number: int, reason: str) -> OSError:
        text = f"{reason}. This row was not recorded; earlier ones are kept"
        return OSError(number, text, self._path)

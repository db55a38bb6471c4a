"""Lets the writers of all threads and processes wait for each other in a queue.

A writer polls trackio's lock ten times a second. Beside a busy writer it may find it taken each
time, and raises after ten seconds. For this lock, the operating system wakes the next writer.
"""

import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

# Held while the process forks, too: a child that was forked while another thread was inside SQLite
# would wait for ever for a lock that SQLite holds.
_in_this_process = threading.Lock()
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(
        before=_in_this_process.acquire,
        after_in_parent=_in_this_process.release,
        after_in_child=_in_this_process.release,
    )


@contextmanager
def queued(path: Path) -> Generator[None]:
    """Be the only writer.

    Args:
        path: A file, created as needed, that is the lock for other processes. On Windows only
            trackio's own lock keeps processes apart.
    """
    with _in_this_process:
        if sys.platform == "win32":
            yield
            return
        import fcntl

        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)  # which unlocks: no forked child has a copy

"""What happens to queues when the interpreter exits: they are closed, all at once.

Threads of the ``multiprocessing`` module's children end without ``atexit``: they have finalizers.
"""

import atexit
import logging
import sys
from typing import Any, Protocol

__all__ = ["Closable", "close_at_exit", "forget"]

_log = logging.getLogger("evsys_sdk.log_stores.background")


class Closable(Protocol):
    """What is closed at the exit of the interpreter."""

    def stop(self) -> None:
        """Take no more calls, and begin to count the time until ``close`` gives up."""
        ...

    def close(self) -> None:
        """Wait until everything is delivered, or until the time is over."""
        ...


_open: dict[Closable, None] = {}


def close_at_exit(closable: Closable) -> None:
    """Close it when the interpreter exits, before anything else that was registered by now.

    The client library of a child may end its own work at exit, and must not have done so yet.
    """
    _open[closable] = None
    atexit.unregister(_close_all)
    atexit.register(_close_all)
    processes: Any = sys.modules.get("multiprocessing.process")
    if processes is not None and processes.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, _close_all, exitpriority=100)


def forget(closable: Closable) -> None:
    """Do nothing about it at exit."""
    _open.pop(closable, None)


def _close_all() -> None:
    closables = list(_open)
    # All stop before the first is waited for, so that their times run out together.
    for each in closables:
        each.stop()
    for each in closables:
        try:
            each.close()
        except Exception as error:  # noqa: BLE001 - nobody is left to handle it
            _log.error("%s", error, exc_info=error.__cause__)

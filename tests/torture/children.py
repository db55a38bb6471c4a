"""Forked processes that log, and counters in memory that survives a kill."""

import mmap
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

__all__ = ["Ledger", "exit_code", "fork", "kill_after", "wait_for"]


class Ledger:
    """Counters that processes share; what a killed one wrote to them stays."""

    def __init__(self, path: Path, size: int) -> None:
        """Open the file of ``size`` counters, creating it with zeros."""
        with open(path, "ab+") as file:
            file.truncate(8 * size)
            self.counts = memoryview(mmap.mmap(file.fileno(), 8 * size)).cast("Q")

    def add(self, index: int = 0) -> None:
        """Count one more."""
        self.counts[index] += 1


def fork(job: Callable[[], object]) -> int:
    """Run the job in a forked child, which exits without cleaning up. Returns its process id."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _run(job)
    return child


def _run(job: Callable[[], object]) -> NoReturn:
    try:
        job()
        os._exit(0)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        os._exit(1)


def exit_code(child: int) -> int:
    """Wait for the child; its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def wait_for(children: list[int]) -> list[int]:
    """The exit codes of the children, once all of them ended."""
    return [exit_code(child) for child in children]


def kill_after(child: int, seconds: float, number: int = signal.SIGKILL) -> int:
    """Signal the child at that instant, and return its exit code."""
    time.sleep(seconds)
    os.kill(child, number)
    return exit_code(child)

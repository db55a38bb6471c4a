"""What test_benchmarks.py has child processes do."""

import os
import signal
import subprocess
import time


def double(number: int) -> int:
    return 2 * number


def fail() -> None:
    raise ValueError("no peer here")


def hang() -> None:
    time.sleep(60)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave_a_process() -> int:
    return subprocess.Popen(["sleep", "60"], start_new_session=True).pid

"""Watches over calls of a store that never return: says what is waited for, then ends the wait."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from types import FrameType

from evsys_conformance.judging.judge import step_in_words
from evsys_conformance.programs.observation import Hanging
from evsys_conformance.programs.subject import Subject

NOTICE_SECONDS = 10.0
"""After this long without progress, a notice names the call that is waited for; more come later."""

Notice = Callable[[str], None]
"""Shows a line to the user who waits."""


def silent(_line: str) -> None:
    """Show nothing."""


@contextlib.contextmanager
def hanging_after(seconds: float, subject: Subject, notice: Notice) -> Generator[None]:
    """Raise ``Hanging`` into a store that finishes no call for this many seconds.

    Nothing is watched where the platform can't interrupt a call.
    """
    progress, since = subject.calls_in_check, time.monotonic()
    next_notice = NOTICE_SECONDS

    def look() -> None:
        nonlocal progress, since, next_notice
        waited = time.monotonic() - since
        if subject.calls_in_check != progress:
            progress, since = subject.calls_in_check, time.monotonic()
            next_notice = NOTICE_SECONDS
        elif waited >= seconds:
            raise Hanging
        elif waited >= next_notice:
            next_notice *= 2
            doing = step_in_words(subject.doing) if subject.doing else "the store or its harness"
            notice(
                f"has waited {waited:.0f} s for {doing} to return; "
                f"after {seconds:.0f} s it counts as hanging"
            )

    tick = min(NOTICE_SECONDS, seconds) / 4
    with _interrupting(tick, tick, look):
        yield


@contextlib.contextmanager
def ending_at(deadline: float) -> Generator[None]:
    """Raise ``Hanging`` into what still runs at ``deadline``, by ``time.perf_counter()``."""

    def end() -> None:
        raise Hanging

    left = max(0.001, deadline - time.perf_counter())
    with _interrupting(left, 0.5, end):
        yield


@contextlib.contextmanager
def _interrupting(first: float, again: float, look: Callable[[], None]) -> Generator[None]:
    """Call a function after this many seconds, and again and again, while the block runs."""
    usable = (
        threading.current_thread() is threading.main_thread()
        and hasattr(signal, "setitimer")
        and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    )
    if not usable:
        yield
        return

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        look()

    def unraisable(error: "sys.UnraisableHookArgs") -> None:
        # In a finalizer or a callback of the garbage collector it is lost, and comes again soon.
        if error.exc_type is not Hanging:
            usual(error)

    usual, sys.unraisablehook = sys.unraisablehook, unraisable
    signal.signal(signal.SIGALRM, interrupted)
    signal.setitimer(signal.ITIMER_REAL, first, again)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        sys.unraisablehook = usual

"""Starts child processes, follows what they report, and ends them."""

import contextlib
import os
import pickle
import select
import signal
import tempfile
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NoReturn, Self

from evsys_conformance.processes import fork_server
from evsys_conformance.processes.child import (
    DONE,
    READY,
    RETURNED,
    Action,
    Job,
    Surroundings,
)
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.subject import Subject

CHILD_SECONDS = 120.0
"""How long a child may take for its job before it counts as hanging."""


class ProcessFailed(Exception):  # noqa: N818 - as reports call it
    """A child process did not do its job; ``str()`` of it says what happened."""


class Child:
    """A child process that works on a job with its own store."""

    def __init__(
        self,
        subject: Subject,
        params: dict[str, Any],
        action: Action,
        calls: Sequence[Call],
        **options: Any,
    ) -> None:
        """Start the process; it builds its store with ``params`` and does ``action``.

        Raises:
            ProcessFailed: The parameters can't be pickled.
        """
        self.subject = subject
        self.reported = b""
        self._failed = False
        store = subject.store
        job = Job(store.__module__, store.__qualname__, params, list(calls), action, options)
        try:
            pickled = pickle.dumps(Surroundings()) + pickle.dumps(job)
        except Exception as error:
            raise ProcessFailed(
                f"pickling the parameters for a child process raised "
                f"{type(error).__name__}: {error}"
            ) from error
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._server = fork_server.running()
        self._read, report = os.pipe()
        standard_input, write = os.pipe()
        self._pid = self._server.fork(standard_input, self._errors.fileno(), report)
        self._status: int | None = None
        os.close(report)
        os.close(standard_input)
        self._stdin = os.fdopen(write, "wb")
        self._stdin.write(pickled)
        self._stdin.flush()
        self._until = time.monotonic() + CHILD_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kill()
        self._wait()
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        self._errors.close()
        os.close(self._read)

    def is_alive(self) -> bool:
        """Whether it still listens."""
        return self._status is None and not self._failed

    @property
    def returned(self) -> int:
        """How many calls it has reported as returned."""
        return self.reported.count(RETURNED)

    def wait_until_ready(self) -> None:
        """Wait until its store is open."""
        while READY not in self.reported:
            if not self._follow():
                self._unexpected_end()

    def go(self, start: float = 0.0) -> None:
        """Give it the word to start when ``time.monotonic()`` is ``start``."""
        self._stdin.write(b"%r\n" % start)
        self._stdin.flush()

    def ask(self, question: Any) -> str:
        """Send it something and wait for its answer, a line."""
        # A signal handler may raise in here: a late answer must not be taken for that of another.
        self._failed = True
        known = len(self.reported)
        try:
            self._stdin.write(pickle.dumps(question))
            self._stdin.flush()
        except BrokenPipeError:
            self._unexpected_end()
        self._until = time.monotonic() + CHILD_SECONDS
        while not self.reported[known:].endswith(b"\n"):
            if not self._follow():
                self._unexpected_end()
        self._failed = False
        return self.reported[known:].decode().strip()

    def wait_until_done(self) -> None:
        """Wait until its job is done; ending without that is a violation."""
        while not self.reported.endswith(DONE):
            if not self._follow():
                self._unexpected_end()

    @property
    def answer(self) -> str:
        """What it has reported before it was done."""
        return self.reported.removesuffix(DONE).decode()

    def wait_until_gone(self) -> None:
        """Wait until the process ends."""
        while self._follow():
            pass
        if self._wait() != 0:
            self._unexpected_end()

    def kill_after(self, calls: int, pause: float) -> None:
        """SIGKILL it ``pause`` seconds after it has reported ``calls`` returned calls.

        Without a pause the report itself would wake this process, on a busy machine at once, and
        every kill would fall between two calls.
        """
        while self.returned < calls:
            if not self._follow():
                self._unexpected_end()
        time.sleep(pause)
        self._kill()
        while self._follow():
            pass

    def wait_until_killed(self) -> None:
        """Wait until it has killed itself."""
        while self._follow():
            pass
        if self._wait() != -9:
            self._unexpected_end()

    def _follow(self) -> bool:
        """Take what it reports next; say whether there may be more."""
        while True:
            self.subject.calls_in_check += 1  # The watch sees that the kit is not stuck.
            readable, _, _ = select.select([self._read], [], [], 0.5)
            if readable:
                piece = os.read(self._read, 65536)
                self.reported += piece
                return bool(piece)
            if time.monotonic() > self._until:
                raise ProcessFailed(
                    f"A child process did not finish its work within {CHILD_SECONDS:.0f} s"
                    f"{self._error_output()}"
                )

    def _kill(self) -> None:
        # Until somebody has waited for it, its number belongs to no other process.
        if self._status is None and self._server.usable:
            os.kill(self._pid, signal.SIGKILL)

    def _wait(self) -> int:
        if self._status is None and not self._server.usable:
            self._server.stop()  # Which kills what it has forked.
            self._status = -signal.SIGKILL
        if self._status is None:
            self._status = self._server.wait(self._pid)
        return self._status

    def _unexpected_end(self) -> NoReturn:
        self._failed = True
        status = self._wait()
        raise ProcessFailed(f"A child process ended with status {status}{self._error_output()}")

    def _error_output(self) -> str:
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace").strip()
        return f"; it said:\n{text[-2000:]}" if text else ""

"""Starts child processes, follows what they report, and ends them."""

import os
import pickle
import select
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Any, Self

from evsys_conformance.calls import Call
from evsys_conformance.child import DONE, READY, RETURNED, Job
from evsys_conformance.trial import Trial

CHILD_SECONDS = 120.0
"""How long a child may take for its job before it counts as hanging."""


class Child:
    """A child process that works on a job with a store of its own."""

    def __init__(self, trial: Trial, action: str, made: list[Call], **options: Any) -> None:
        self.trial = trial
        self.reported = b""
        self._read, write = os.pipe()
        store = trial.bench.store
        job = Job(
            module=store.__module__,
            qualname=store.__qualname__,
            params=trial.params,
            calls=made,
            path=list(sys.path),
            action=action,
            report=write,
            options=options,
        )
        try:
            pickled = pickle.dumps(job)
        except Exception as error:  # noqa: BLE001 - whatever can't be pickled says so in its way
            os.close(self._read)
            os.close(write)
            trial.fail_for("pickling the parameters for a child process", error)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "evsys_conformance.child"],
            stdin=subprocess.PIPE,
            stdout=self._errors,
            stderr=self._errors,
            pass_fds=[write],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        os.close(write)
        assert self._process.stdin is not None
        self._stdin = self._process.stdin
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
        self._process.kill()
        self._process.wait()
        self._stdin.close()
        self._errors.close()
        os.close(self._read)

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
        known = len(self.reported)
        self._stdin.write(pickle.dumps(question))
        self._stdin.flush()
        self._until = time.monotonic() + CHILD_SECONDS
        while not self.reported[known:].endswith(b"\n"):
            if not self._follow():
                self._unexpected_end()
        return self.reported[known:].decode().strip()

    def wait_until_done(self) -> None:
        """Wait until its job is done; ending without that is a violation."""
        while not self.reported.endswith(DONE):
            if not self._follow():
                self._unexpected_end()

    def wait_until_gone(self) -> None:
        """Wait until it has ended by itself."""
        while self._follow():
            pass
        if self._process.wait() != 0:
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
        self._process.kill()
        while self._follow():
            pass

    def wait_until_killed(self) -> None:
        """Wait until it has killed itself."""
        while self._follow():
            pass
        if self._process.wait() != -9:
            self._unexpected_end()

    def _follow(self) -> bool:
        """Take what it reports next; say whether there may be more."""
        while True:
            self.trial.bench.calls_in_check += 1  # The watch sees that the kit is not stuck.
            readable, _, _ = select.select([self._read], [], [], 0.5)
            if readable:
                piece = os.read(self._read, 65536)
                self.reported += piece
                return bool(piece)
            if time.monotonic() > self._until:
                self.trial.fail(
                    f"A child process did not finish its work within {CHILD_SECONDS:.0f} s"
                    f"{self._said()}"
                )

    def _unexpected_end(self) -> None:
        status = self._process.wait()
        self.trial.fail(f"A child process ended with status {status}{self._said()}")

    def _said(self) -> str:
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        return f"; it said:\n{said[-2000:]}" if said else ""

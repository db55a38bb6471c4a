"""The store under test: its harness, its destinations, and what is learnt about it on the way."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evsys_conformance.harness import StoreHarness
from evsys_conformance.programs.program import Step

SLOW_SECONDS_PER_CALL = 0.005
"""Up to this cost of a call, a long run makes all its calls."""


@dataclass
class Subject:
    """The store under test, for the length of a run."""

    harness: StoreHarness
    target: str = ""
    """How the store was named on the command line: ``my_pkg:MyStore``."""
    params_given: dict[str, Any] | None = None
    """The parameters that were given beside the name (``--evsys-params``)."""
    observable: bool | None = None
    """Whether the harness can read back; None until the first read has told."""
    seconds: float = 0.0
    """Time spent inside calls of the store so far."""
    calls: int = 0
    """Calls of the store so far."""
    calls_in_check: int = 0
    """Calls of the store in the check that is running: what shows that it is not hanging."""
    doing: Step | None = None
    """The step in progress, to name it if it takes long; None if no step is in progress."""
    volume: float = 1.0
    """Share of the usual length of long runs, by the effort."""
    largest_volume: dict[str, int] = field(default_factory=dict[str, int])
    """Number of calls that each long run made, for the certificate."""
    processes: dict[str, Any] = field(default_factory=dict[str, Any])
    """Child processes that serve several steps, by what they do."""
    _root: Path | None = None
    _destinations: int = 0

    @property
    def store(self) -> Any:
        """The store class."""
        return self.harness.store

    @property
    def loading(self) -> str:
        """The Python expression that loads the harness again."""
        given = "" if self.params_given is None else f", {self.params_given!r}"
        return f"load_harness({self.target!r}{given})"

    @property
    def claims(self) -> frozenset[str]:
        """Everything that the harness claims."""
        return frozenset(self.harness.capabilities)

    @property
    def seconds_per_call(self) -> float:
        """Mean time of a call so far; 0 before the first."""
        return self.seconds / self.calls if self.calls else 0.0

    @property
    def share_of_a_long_run(self) -> float:
        """Share of its usual length that a long run has: less at quick effort, never more."""
        return min(1.0, self.volume)

    def affordable(self, number: int) -> int:
        """The number of calls to make where a quick store gets ``number``: a tenth at least.

        A store that writes to a server is as correct as another: it should neither be judged for
        an hour, nor look as if it was hanging. At quick effort it is a quarter of that.
        """
        number = round(number * self.share_of_a_long_run)
        share = SLOW_SECONDS_PER_CALL / max(self.seconds_per_call, SLOW_SECONDS_PER_CALL)
        return max(round(number * share), number // 10)

    def affordable_within(self, seconds: float, number: int) -> int:
        """The number of calls, of ``number``, that a slow store gets through in ``seconds``."""
        number = round(number * self.volume)
        if self.seconds_per_call <= SLOW_SECONDS_PER_CALL:
            return number
        fits = round(seconds * self.share_of_a_long_run / self.seconds_per_call)
        return min(number, max(1, fits))

    def fresh_directory(self) -> Path:
        """Make an empty directory with a name that no other destination of this run has."""
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="evsys-conformance-"))
        self._destinations += 1
        directory = self._root / f"{self._root.name[-8:]}-{self._destinations:05}"
        directory.mkdir()
        return directory

    @contextlib.contextmanager
    def timed(self) -> Generator[None]:
        """Count one call of the store and the time that it takes."""
        self.calls_in_check += 1
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - start
            self.calls += 1

    def keep_process(self, purpose: str, process: Any) -> None:
        """Keep a child process for later steps, in the place of one that has ended."""
        earlier = self.processes.pop(purpose, None)
        if earlier is not None:
            earlier.__exit__(None, None, None)
        self.processes[purpose] = process

    def discard(self) -> None:
        """End the child processes, and remove every directory that was handed out."""
        while self.processes:
            self.processes.popitem()[1].__exit__(None, None, None)
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None

"""One store on the bench: its harness, its destinations, and what is learnt about it on the way."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evsys_conformance.harness import StoreHarness
from evsys_conformance.programs.comparison import Precision


@dataclass
class Bench:
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
    volume: float = 1.0
    """Share of the usual length of long runs, by the effort."""
    largest_volume: dict[str, int] = field(default_factory=dict[str, int])
    """Number of calls that each volume check reached, for the certificate."""
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
    def precision(self) -> Precision:
        """How values and splits of this store are judged."""
        return Precision(float64="float64" in self.claims, split="split" in self.claims)

    @property
    def seconds_per_call(self) -> float:
        """Mean time of a call so far; 0 before the first."""
        return self.seconds / self.calls if self.calls else 0.0

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

    def discard_destinations(self) -> None:
        """Remove every directory that was handed out."""
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None

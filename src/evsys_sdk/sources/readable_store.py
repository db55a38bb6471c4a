"""A store that can be read back, as a source, of any kind that is installed."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from evsys_sdk._config.destinations import declared_destinations
from evsys_sdk.config import LogStoreSpec
from evsys_sdk.registry import get_log_store
from evsys_sdk.run_log import ArtifactPointer, RunLog
from evsys_sdk.sources.errors import SourceError
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.source import PlacedRow, Source

__all__ = ["StoreSource", "reader_of"]

_SHARE = 10
"""The search for new rows takes at most one part in this many of the time: networks are slow."""


def reader_of(kind: str) -> Callable[..., RunLog] | None:
    """The ``read_run`` of a kind of store, or None if it can't be read back."""
    read_run = getattr(get_log_store(kind), "read_run", None)
    return cast("Callable[..., RunLog] | None", read_run)


class StoreSource(Source):
    """The result of a store's ``read_run``, which is the whole log at once."""

    noun = "row"

    def __init__(self, name: str, spec: LogStoreSpec) -> None:
        file = os.path.abspath(os.path.expanduser(name))
        super().__init__(name, f"{file}: the {spec.kind} store")
        self._spec = spec
        self.spec: LogStoreSpec | None = spec
        self._log: RunLog | None = None
        self._next_time = 0.0
        self._changes = 0

    def files(self) -> list[str]:
        """One: the store."""
        return [self.path]

    def stamp(self, path: str) -> tuple[float, ...]:
        """Changes when a new read of the store gives something else."""
        del path
        if time.monotonic() >= self._next_time and self._log is not None:
            before, self._log = self._log, None
            self._changes += before != self._read()
        return (self._changes,)

    def rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PlacedRow]:
        """The rows of the run."""
        del path, stop
        rows = self._read().metrics
        for number, row in enumerate(rows[start:], 1):
            findings.lines, findings.end = number, start + number
            yield PlacedRow(number, start + number, row)

    def hyperparams(self, notes: list[str]) -> dict[str, Any]:
        """The hyperparameters of the run."""
        del notes
        return self._read().hyperparams

    def artifacts(self, notes: list[str]) -> list[ArtifactPointer]:
        """The artifacts of the run."""
        del notes
        return self._read().artifacts

    def destinations(self) -> list[str]:
        """Those that its class names."""
        return declared_destinations(self._spec) or []

    def _read(self) -> RunLog:
        if self._log is None:
            read_run = reader_of(self._spec.kind)
            if read_run is None:
                raise SourceError(f"{self.path} can't be read back: it has no read_run()")
            started = time.monotonic()
            self._log = read_run(**self._spec.params)
            self._next_time = time.monotonic() + _SHARE * (time.monotonic() - started)
        return self._log

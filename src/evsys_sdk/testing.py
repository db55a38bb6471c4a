"""A log store for tests: it keeps its log in memory, where a test can look at it.

::

    from evsys_sdk.testing import InMemoryLogStore

    def test_training_logs_a_loss_per_epoch():
        store = InMemoryLogStore()
        train(store, epochs=2)
        assert [row.metrics["loss"] for row in store.log.metrics] == [0.5, 0.25]
"""

import os
import threading
from copy import deepcopy
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from evsys_sdk.arguments import (
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)
from evsys_sdk.errors import LogStoreClosedError, LogStoreError
from evsys_sdk.protocols import Capability
from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog

__all__ = ["InMemoryLogStore"]


class _Memory:
    """The log of one destination, and the process that has it."""

    def __init__(self) -> None:
        self.log = RunLog(metrics=[], hyperparams={}, artifacts=[])
        self.lock = threading.RLock()  # re-entrant, because a signal handler may log
        self.process = os.getpid()

    def copy(self) -> RunLog:
        if self.process != os.getpid():  # a thread of the parent may have held the lock
            return deepcopy(self.log)
        with self.lock:
            return deepcopy(self.log)


_memories: dict[str, _Memory] = {}
_memories_lock = threading.Lock()


class InMemoryLogStore:
    """Keeps its log in the memory of the process, for tests of code that logs.

    :attr:`log` is the log so far. It has one row per call, without a time, so that a test can
    compare rows: ``store.log.metrics == [MetricRow(0, "train", {"loss": 0.5})]``.

    A test that opens the store from YAML names a ``destination``, and reads the log with
    ``InMemoryLogStore.read_run(destination=...)``. Stores with the same destination continue one
    log until :meth:`clear`.

    It may be used from several threads. In a forked child a write raises, because the parent could
    not see it.
    """

    name: ClassVar[str] = "memory"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "threads"}
    )
    """What the store claims of the contract: all that one process can do alone."""

    class Config(BaseModel, extra="forbid"):
        """The parameters of an in-memory log store."""

        destination: str | None = Field(
            default=None,
            description="Name of the log in this process, for read_run; without one, each store "
            "has its own log.",
        )

        def destinations(self) -> list[str]:
            """The log that a store with these parameters writes to, if it has a name."""
            return [] if self.destination is None else [f"memory:{self.destination}"]

    def __init__(self, *, destination: str | None = None) -> None:
        """Open the log, new or continued.

        Args:
            destination: Name of the log in this process. Without one, the log belongs to
                this store alone.
        """
        self._destination = destination
        if destination is None:
            self._memory = _Memory()
        else:
            with _memories_lock:
                self._memory = _memories.setdefault(destination, _Memory())
        self._closed = False

    @property
    def log(self) -> RunLog:
        """A copy of everything that was logged so far; also after ``close()``."""
        return self._memory.copy()

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record the row of ``log_metrics({key: value}, step)`` (MET-2).

        Args:
            key: What the value is called, a string like a key of :meth:`log_metrics`.
            value: One number (MET-5).
            step: An integer that fits into int64.

        Raises:
            TypeError, ValueError, OverflowError, LogStoreClosedError, LogStoreError: As
                :meth:`log_metrics`.
        """
        self._check_open("log_scalar")
        self._add_row({checked_text(key, "a metric key"): value}, step, "train", "log_scalar")

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record one row, or none for an empty dict (MET-1, MET-8).

        Args:
            metrics: Numbers by key, recorded as ``float(value)`` (MET-5).
            step: An integer that fits into int64.
            split: Any string that is not empty and that UTF-8 can encode.

        Raises:
            TypeError: A value is not a number, a key or ``split`` not a string, or ``step`` not an
                integer. Nothing of the call is recorded (MET-7).
            ValueError: A string is empty or cannot be encoded as UTF-8, or ``step`` does not fit
                into int64.
            OverflowError: A value is an int beyond float64.
            LogStoreClosedError: The store is closed (CL-3).
            LogStoreError: The process is a forked child of the one that opened the log.
        """
        self._add_row(metrics, step, split, "log_metrics")

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Merge a copy of ``params`` into the hyperparameters (HP-2).

        Args:
            params: JSON values by string keys, as
                :func:`~evsys_sdk.arguments.checked_hyperparams` takes them.

        Raises:
            TypeError: A value has no JSON form, or a key is not a string.
            ValueError: A value contains itself, or is too large or too deep for
                :func:`~evsys_sdk.arguments.checked_hyperparams`.
            LogStoreClosedError: The store is closed (CL-3).
            LogStoreError: As :meth:`log_metrics`.
        """
        self._check_open("log_hyperparams")
        checked = checked_hyperparams(params)
        with self._memory.lock:
            self._check_open("log_hyperparams")
            self._memory.log.hyperparams.update(checked)

    def log_artifact(self, name: str, path: str | os.PathLike[str], *, kind: str = "file") -> None:
        """Record a pointer to an artifact (ART-1); the path is never looked at (ART-2).

        Args:
            name: Any string that is not empty and that UTF-8 can encode.
            path: A string like ``name``, or a path object; kept as given.
            kind: A string like ``name``.

        Raises:
            TypeError: An argument is not a string.
            ValueError: A string is empty or cannot be encoded as UTF-8.
            LogStoreClosedError: The store is closed (CL-3).
            LogStoreError: As :meth:`log_metrics`.
        """
        self._check_open("log_artifact")
        pointer = ArtifactPointer(
            checked_text(name, "an artifact's name"),
            checked_path(path),
            checked_text(kind, "an artifact's kind"),
        )
        with self._memory.lock:
            self._check_open("log_artifact")
            self._memory.log.artifacts.append(pointer)

    def close(self) -> None:
        """Refuse further writes (CL-3); the log can still be read. A second close does nothing."""
        if self._memory.process != os.getpid():
            self._closed = True  # without the lock, which a thread of the parent may have held
            return
        with self._memory.lock:
            self._closed = True

    @classmethod
    def read_run(cls, *, destination: str) -> RunLog:
        """Return a copy of the log with this name; it is empty if nothing was logged to it.

        Args:
            destination: As for the constructor.
        """
        memory = _memories.get(destination)
        return _Memory().log if memory is None else memory.copy()

    @classmethod
    def clear(cls) -> None:
        """Forget every log that has a name. Stores that are open keep theirs for themselves."""
        with _memories_lock:
            _memories.clear()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(destination={self._destination!r})"

    def _add_row(self, metrics: dict[str, float], step: int, split: str, method: str) -> None:
        self._check_open(method)
        values = checked_metrics(metrics)
        row = MetricRow(checked_step(step), checked_text(split, "split"), values)
        if not values:
            return
        with self._memory.lock:
            self._check_open(method)
            self._memory.log.metrics.append(row)

    def _check_open(self, method: str) -> None:
        if self._closed:
            raise LogStoreClosedError(self.name, method)
        if self._memory.process != os.getpid():
            raise LogStoreError(
                f"{method}() must be called in process {self._memory.process}, which has this "
                f"log in its memory, got a call in its child process {os.getpid()}. Log to a file "
                f"there, for example with the store jsonl"
            )

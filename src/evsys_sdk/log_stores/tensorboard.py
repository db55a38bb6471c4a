"""The ``tensorboard`` store: event files that TensorBoard shows as they grow.

- One event per metrics call, with all its values; ``split`` is left out, since TensorBoard has no
  place for it. Put it into the key: ``val/loss``.
- One ``os.write`` per event: what a returned call wrote survives a killed process. ``flush_secs``
  is for a power cut.
- One file per store and process. Threads may share a store, a forked child continues in a new
  file, and a run that resumes adds a file to the directory.
"""

import os
import socket
import sys
import time
from functools import partial
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from evsys_sdk._directories import Directory, directory_path
from evsys_sdk.arguments import (
    STEP_MAX,
    STEP_MIN,
    checked_hyperparams,
    checked_path,
    checked_step,
    checked_text,
)
from evsys_sdk.log_stores._tensorboard.event_file import EventFile
from evsys_sdk.log_stores._tensorboard.messages import (
    session_end_event,
    session_start_event,
    text_event,
)
from evsys_sdk.log_stores._tensorboard.optional_imports import load_module
from evsys_sdk.log_stores._tensorboard.reading import (
    ARTIFACT_TAG_PREFIX,
    HYPERPARAMS_TAG,
    read_event_files,
)
from evsys_sdk.log_stores._tensorboard.scalars import ScalarPacker
from evsys_sdk.log_stores._tensorboard.texts import flat_hyperparams, json_block
from evsys_sdk.protocols import Capability
from evsys_sdk.run_log import RunLog
from evsys_sdk.text import path_text

__all__ = ["TensorBoardLogStore"]

# A light import that names a missing package at once; the messages are loaded later.
load_module("tensorboard")


class TensorBoardLogStore:
    """Writes what TensorBoard shows, without torch or TensorFlow.

    Scalars, texts and the HParams tab look as ``torch.utils.tensorboard.SummaryWriter`` would have
    written them. Values are float32 there: about seven digits, and infinite beyond 3.4e38.

    Hyperparameters are an entry in the Text tab, ``hyperparams``: all of them so far, as JSON.
    Those logged before the first metrics also fill the HParams tab. TensorBoard takes that row from
    a run once: what comes later is in the text only. Artifacts are text entries too,
    ``artifacts/<name>``. Text entries have the step that was logged last.

    ``close`` sets the run's status in the HParams tab: failed if an exception is on its way,
    as when a ``with`` block is left by one, else succeeded.

    Safe in threads, in signal handlers, and in forked children. Pickling or copying an open store
    gives another one at the same place, as spawned workers need it.
    """

    name: ClassVar[str] = "tensorboard"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"crash", "fork", "processes", "resume", "threads"}
    )
    """What the store claims of the contract; splits and float64 have no place in TensorBoard."""

    class Config(BaseModel, extra="forbid"):
        """Parameters of the store."""

        log_dir: Directory = Field(
            description="Directory of the event files, one run for TensorBoard. Created if need "
            "be; ~ stands for the home directory."
        )
        flush_secs: float = Field(
            default=30,
            ge=0,
            description="How many seconds an event may wait for fsync, checked by each write; "
            "0 syncs every event, inf only close().",
        )

        def destinations(self) -> list[str]:
            """The directory that a store with these parameters writes to."""
            return [os.path.realpath(directory_path(self.log_dir))]

    def __init__(self, *, log_dir: str | os.PathLike[str], flush_secs: float = 30) -> None:
        """Create an event file in ``log_dir``.

        Args:
            log_dir: Directory of the event files, one run for TensorBoard. Created if need be;
                ``~`` stands for the home directory.
            flush_secs: How many seconds an event may wait for ``fsync``, checked by each write and
                at the end by ``close``. It matters for a power cut or a crash of the machine, not
                for a killed process.

        Raises:
            TypeError: An argument has the wrong type.
            ValueError: ``flush_secs`` is negative or NaN.
            OSError: The directory or the file can't be created.
        """
        self._directory = directory_path(log_dir)
        self._flush_secs = _checked_flush_secs(flush_secs)
        self._file = EventFile(self._directory, self._flush_secs)
        self._packer = ScalarPacker()
        self._last_step = 0
        self._hyperparams: dict[str, Any] = {}
        # The table of the HParams tab cuts a long name: what tells runs apart comes first.
        directory = path_text(self._directory)
        name = os.path.basename(directory)
        self._trial = f"{name} ({socket.gethostname()}:{directory})"
        # The HParams tab is the business of the process that made the store, not of its forks. The
        # event that fills it waits for the first metrics.
        self._pid = os.getpid()
        self._session_start: bytes | None = None
        self._session_started = False

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record one value: exactly what ``log_metrics({key: value}, step)`` records (MET-2).

        Args:
            key: What the value is called, a string like a key of :meth:`log_metrics`.
            value: One number (MET-5).
            step: An integer that fits into int64.

        Raises:
            TypeError, ValueError, LogStoreClosedError, OSError: As :meth:`log_metrics`.
        """
        self._file.check_open("log_scalar")
        self.log_metrics({checked_text(key, "a metric key"): value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record every item of ``metrics`` at ``step`` in one event (MET-1).

        Args:
            metrics: Number per key, kept as float32. The keys are TensorBoard's tags; the part
                before a slash groups the charts.
            step: Any integer of int64.
            split: Checked, and not recorded: TensorBoard keeps one series per key. Put it into the
                key.

        Raises:
            TypeError: A value is not a number, a key or ``split`` not a string, or ``step`` not an
                integer; nothing is recorded (MET-7).
            ValueError: A key or ``split`` is empty or not valid text, or ``step`` is outside int64.
            LogStoreClosedError: The store is closed (CL-3).
            OSError: The disk does not take it; nothing of this call is recorded. Or the directory
                was removed, which a call notices within a second; logging continues in a new file,
                when the directory is there again.
        """
        # The usual call costs a few microseconds: skip even the checks that it does not need.
        if type(step) is not int or not STEP_MIN <= step <= STEP_MAX:
            step = checked_step(step)
        if split != "train":
            checked_text(split, "split")
        event = self._packer.pack(metrics, step, time.time())
        if event is None:
            self._file.check_open("log_metrics")
            return
        if self._session_start is not None:
            self._start_session()
        self._last_step = step
        self._file.write(event, "log_metrics")

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Merge ``params`` into the hyperparameters, and record all of them as a Text entry (HP-2).

        Args:
            params: JSON values by string keys, as
                :func:`~evsys_sdk.arguments.checked_hyperparams` takes them. It is copied.

        Raises:
            TypeError: A value has no JSON form or a key is not a string; the error names the place,
                and nothing is recorded (HP-3).
            ValueError: A string is not valid text, a value contains itself, or a limit is exceeded.
            LogStoreClosedError: The store is closed (CL-3).
            OSError: As for ``log_metrics``.
        """
        params = checked_hyperparams(params)
        with self._file.lock:
            self._file.check_open("log_hyperparams")
            if not params:
                return
            merged = {**self._hyperparams, **params}
            now = time.time()
            start = self._session_start
            if self._pid == os.getpid() and not self._session_started:
                start = session_start_event(flat_hyperparams(merged), self._trial, now)
            text = text_event(HYPERPARAMS_TAG, json_block(merged), self._last_step, now)
            self._file.write(text, "log_hyperparams")
            self._hyperparams = merged
            self._session_start = start

    def log_artifact(self, name: str, path: str | os.PathLike[str], *, kind: str = "file") -> None:
        """Record a pointer to an artifact as a text entry (ART-1); the path is not touched (ART-2).

        Args:
            name: Any string that is not empty and that UTF-8 can encode.
            path: A string like ``name``, or a path object; kept as given.
            kind: A string like ``name``.

        Raises:
            TypeError: An argument is not a string; nothing is recorded.
            ValueError: An argument is empty or not valid text.
            LogStoreClosedError: The store is closed (CL-3).
            OSError: As for ``log_metrics``.
        """
        entry = {
            "name": checked_text(name, "an artifact's name"),
            "path": checked_path(path),
            "kind": checked_text(kind, "an artifact's kind"),
        }
        self._file.check_open("log_artifact")
        tag = ARTIFACT_TAG_PREFIX + entry["name"]
        event = text_event(tag, json_block(entry), self._last_step, time.time())
        self._file.write(event, "log_artifact")

    def close(self) -> None:
        """Have everything on the disk and release the file (CL-1, CL-4).

        Later calls raise (CL-3), and closing again does nothing (CL-2).

        Raises:
            OSError: Not everything reached the disk, or the file was removed. The file is released
                nevertheless.
        """
        last_events: list[bytes] = []
        with self._file.lock:
            if self._pid == os.getpid():
                if self._session_start is not None:
                    last_events.append(self._session_start)
                if last_events or self._session_started:
                    failed = sys.exc_info()[0] is not None
                    last_events.append(session_end_event(time.time(), failed=failed))
            self._file.close(last_events)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(log_dir={self._directory!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._file.closed:
            raise TypeError(f"{self!r} is closed, so there is nothing to pickle or copy")
        return partial(type(self), log_dir=self._directory, flush_secs=self._flush_secs), ()

    @classmethod
    def read_run(cls, *, log_dir: str | os.PathLike[str], flush_secs: float = 30) -> RunLog:
        """Read back all event files of ``log_dir``, with every point, from any writer.

        Files come one after another in the order of their names, in which each opening of the
        directory sorts after the earlier ones; so do the rows of processes that wrote at the same
        time. There is one row per event, with ``split`` None. A later file's hyperparameters
        replace an earlier one's, key by key.

        Scalars of other writers are read too: those of torch and tensorboardX (``simple_value``),
        and those of TensorFlow and Keras (tensors). Other data, such as histograms, is passed over.
        Hyperparameters of other writers are those of the HParams tab, where numbers are floats.

        Event files in subdirectories, as ``add_scalars`` and ``add_hparams`` of torch make them,
        are separate runs. Their rows come last and have the name that TensorBoard gives the
        run, its path below ``log_dir``, as ``run``. To read the hyperparameters of such a run, give
        its directory as ``log_dir``.

        A torn last record, which a killed process leaves, is passed over in each file.

        Args:
            log_dir: As for the constructor.
            flush_secs: Not used; here so that the constructor's parameters can be given as they
                are.

        Raises:
            FileNotFoundError: ``log_dir`` does not exist.
            DamagedLogError: A file is damaged; the message names it and the byte.
        """
        del flush_secs
        return read_event_files(directory_path(log_dir))

    def _start_session(self) -> None:
        """Fill the HParams tab.

        It waits for the first metrics because TensorBoard takes the tab's row from a run once,
        and hyperparameters often come in several calls.
        """
        with self._file.lock:
            if self._session_start is not None and self._pid == os.getpid():
                self._file.write(self._session_start, "log_metrics")
                self._session_started = True
            self._session_start = None


def _checked_flush_secs(flush_secs: Any) -> float:
    if not isinstance(flush_secs, int | float):
        raise TypeError(f"flush_secs must be a number of seconds, got {flush_secs!r}")
    if not flush_secs >= 0:
        raise ValueError(
            f"flush_secs must be 0 (sync every event) or more, got {flush_secs!r}. It is in "
            f"seconds; inf leaves it to close()"
        )
    return flush_secs

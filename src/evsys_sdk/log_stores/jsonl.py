"""The JSON log store: three files that every tool reads, written so that nothing gets lost.

``metrics.jsonl`` has one row per call, ``hyperparams.json`` the merged hyperparameters, and
``artifacts.json`` the list of artifact pointers. A row is written by one system call before
``log_metrics`` returns. Without a buffer, queue or thread, a killed process loses nothing that a
returned call wrote. Threads, processes and forked children may share one directory.
"""

import os
from collections.abc import Iterator
from functools import partial
from math import isfinite
from time import time
from typing import Any, ClassVar, Self

from orjson import OPT_APPEND_NEWLINE, dumps
from pydantic import (
    BaseModel,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from evsys_sdk._directories import Directory, directory_path, make_directory
from evsys_sdk.arguments import (
    STEP_MAX,
    STEP_MIN,
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)
from evsys_sdk.errors import LogStoreClosedError
from evsys_sdk.log_stores._checked_strings import CheckedStrings
from evsys_sdk.log_stores._jsonl.artifacts_file import append_artifact, read_artifacts
from evsys_sdk.log_stores._jsonl.hyperparams_file import merge_hyperparams, read_hyperparams
from evsys_sdk.log_stores._jsonl.job_queue import job_queue_of
from evsys_sdk.log_stores._jsonl.metrics_file import MetricsFile
from evsys_sdk.log_stores._jsonl.paths import (
    ARTIFACTS_FILE,
    HYPERPARAMS_FILE,
    METRICS_FILE,
    LogFiles,
    check_distinct,
    check_file_name,
)
from evsys_sdk.log_stores._jsonl.reading import OnDamage, iter_rows
from evsys_sdk.log_stores._jsonl.row import encode_row
from evsys_sdk.protocols import Capability
from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog

__all__ = ["JSONLLogStore"]


class JSONLLogStore:
    """Writes a log as JSON into one directory, and claims every capability of the contract.

    A row of the metrics file is ``{"ts", "step", "split", "metrics"}``, keys in this order. A value
    that is not finite is null in ``metrics``, and ``"NaN"``, ``"Infinity"`` or
    ``"-Infinity"`` by its key in a fifth field ``nonfinite``, which only such rows have.

    Safe in threads, in signal handlers, and in forked children. Pickling or copying an open store
    gives another one at the same place, as spawned workers need it.
    """

    name: ClassVar[str] = "jsonl"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "crash", "threads", "processes", "fork"}
    )
    """What the store claims of the contract: all but ``composite``, as it has no children."""

    class Config(BaseModel, extra="forbid"):
        """The parameters, as YAML gives them."""

        log_dir: Directory = Field(
            description="Directory of the log, created as needed; ~ is the home directory"
        )
        metrics_file: str = Field(
            default=METRICS_FILE,
            description="Name of the file of metrics in log_dir, one row per call",
        )
        hyperparams_file: str = Field(
            default=HYPERPARAMS_FILE, description="Name of the file of hyperparameters in log_dir"
        )
        artifacts_file: str = Field(
            default=ARTIFACTS_FILE, description="Name of the file of artifact pointers in log_dir"
        )

        @field_validator("metrics_file", "hyperparams_file", "artifacts_file")
        @classmethod
        def _check_file_name(cls, name: str, field: ValidationInfo) -> str:
            return check_file_name(name, str(field.field_name))

        @model_validator(mode="after")
        def _check_distinct(self) -> Self:
            check_distinct(self.metrics_file, self.hyperparams_file, self.artifacts_file)
            return self

        def destinations(self) -> list[str]:
            """The files that a store with these parameters writes to."""
            files = LogFiles.checked(**dict(self))
            paths = (files.metrics_path, files.hyperparams_path, files.artifacts_path)
            return [os.path.realpath(path) for path in paths]

    def __init__(
        self,
        *,
        log_dir: str | os.PathLike[str],
        metrics_file: str = METRICS_FILE,
        hyperparams_file: str = HYPERPARAMS_FILE,
        artifacts_file: str = ARTIFACTS_FILE,
    ) -> None:
        """Open the log in ``log_dir``, new or continued; nothing of an existing one is read.

        A piece of a row that a killed process left at the end of the metrics file is removed.

        Args:
            log_dir: The directory, created with its parents as needed. ``~`` expands. A relative
                one stays where it is when the working directory changes.
            metrics_file: Plain name of the file of metrics in ``log_dir``.
            hyperparams_file: Plain name of the file of hyperparameters in ``log_dir``.
            artifacts_file: Plain name of the file of artifact pointers in ``log_dir``.

        Raises:
            TypeError: A parameter is not a string.
            ValueError: A file name is not plain, or two files would be one.
            OSError: The directory can't be created, or the metrics file can't be opened.
        """
        self._files = LogFiles.checked(log_dir, metrics_file, hyperparams_file, artifacts_file)
        make_directory(self._files.log_dir)
        self._metrics = MetricsFile(self._files.metrics_path, self.name)
        self._job_queue = job_queue_of(self._files.log_dir)
        self._checked_strings = CheckedStrings()
        self._closed = False

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Append the row of ``log_metrics({key: value}, step)`` (MET-2).

        Args:
            key: What the value is called, a string like a key of :meth:`log_metrics`.
            value: One number (MET-5).
            step: An integer that fits into int64.

        Raises:
            TypeError, ValueError, OverflowError, LogStoreClosedError, OSError: As
                :meth:`log_metrics`.
        """
        self._check_open("log_scalar")
        self.log_metrics({checked_text(key, "a metric key"): value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Append one row; it is in the file when this returns (MET-1, MET-3, CAP-CRASH).

        Every float64 is kept exactly, NaN and infinities too (MET-4). No row is written for an
        empty dict (MET-8).

        Args:
            metrics: Numbers by key, recorded as ``float(value)`` (MET-5). A key is any string
                that UTF-8 can encode, of any length, but not empty (MET-6).
            step: An integer that fits into int64, or what has ``__index__``; not a bool.
            split: Any string like a key.

        Raises:
            TypeError: A value is not a number, a key or ``split`` not a string, or ``step`` not an
                integer.
                Nothing of the call is recorded (MET-7); the same holds for the other errors.
            ValueError: A string is empty or cannot be encoded as UTF-8, or ``step`` does not fit
                into int64.
            OverflowError: A value is an int beyond float64.
            LogStoreClosedError: The store is closed (CL-3).
            OSError: The disk is full, or the directory was removed, which is noticed within a
                second. Earlier rows are kept, and logging goes on when the cause is gone.
        """
        known = self._checked_strings
        # The usual call costs a few microseconds, half of them in the kernel. What it needs is
        # therefore written out here, in operations that loop in C; anything else takes the road
        # below, which checks the same one by one and says what is wrong.
        if (
            type(metrics) is dict
            and type(step) is int
            and STEP_MIN <= step <= STEP_MAX
            and type(split) is str
            and split in known
        ):
            values = metrics.copy()  # another thread may change the caller's
            if (
                values
                and known.issuperset(values)
                and list(map(type, values.values())).count(float) == len(values)
                # Of finite values the sum may be infinite, which then costs a look at each.
                and isfinite(sum(values.values()))
            ):
                now = time()
                try:
                    row = dumps(
                        {"ts": now, "step": step, "split": split, "metrics": values},
                        None,
                        OPT_APPEND_NEWLINE,
                    )
                except TypeError:
                    pass  # a key of a subclass of str, equal to a known one
                else:
                    self._metrics.append(row, now)
                    return
        self._log_unusual(metrics, step, split)

    def _log_unusual(self, metrics: dict[str, float], step: int, split: str) -> None:
        """Check everything, and write a row with new keys, other numbers, or non-finite ones."""
        self._check_open("log_metrics")
        values = checked_metrics(metrics)
        step = checked_step(step)
        split = checked_text(split, "split")
        if not values:
            return
        now = time()
        self._metrics.append(encode_row(now, step, split, values) + b"\n", now)
        self._checked_strings.remember((*values, split))

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Merge ``params`` into the file; it is on the disk when this returns (HP-1, HP-2).

        The file is replaced at once: it is always whole. NaN and infinities are in it as the
        strings NaN, Infinity and -Infinity. Calls of several processes merge one after the other.

        Args:
            params: JSON values by string keys, as
                :func:`~evsys_sdk.arguments.checked_hyperparams` takes them. It is copied.

        Raises:
            TypeError: A value has no JSON form, or a key is not a string; the error names the
                place. Nothing of the call is recorded (HP-3); the same holds for the other errors.
            ValueError: A value contains itself, is nested more than 120 levels deep, is an int of
                more than 4,300 digits, a string that cannot be encoded as UTF-8, or more than
                256 MB in all.
            DamagedLogError: The file does not parse. It is left as it is.
            LogStoreClosedError: The store is closed (CL-3).
            OSError: The disk is full, or the directory was removed. The old file is kept.
        """
        self._check_open("log_hyperparams")
        checked = checked_hyperparams(params)
        self._job_queue.run(
            partial(self._check_open, "log_hyperparams"),
            partial(merge_hyperparams, self._files.log_dir, self._files.hyperparams_file, checked),
        )

    def log_artifact(self, name: str, path: str | os.PathLike[str], *, kind: str = "file") -> None:
        """Append ``{"name", "path", "kind", "ts"}`` to the list of artifacts (ART-1).

        The path is recorded as given, and never looked at (ART-2). The cost does not grow with the
        list, and the file is a JSON list whenever no call is in progress.

        Args:
            name: Any string like a key of metrics.
            path: Text, or a path object.
            kind: Any string like a key of metrics.

        Raises:
            TypeError: An argument is not a string.
            ValueError: A string is empty or cannot be encoded as UTF-8.
            DamagedLogError: The file is not a list of artifacts. It is left as it is.
            LogStoreClosedError: The store is closed (CL-3).
            OSError: The disk is full, or the directory was removed. The list is as it was.
        """
        self._check_open("log_artifact")
        pointer = ArtifactPointer(
            checked_text(name, "an artifact's name"),
            checked_path(path),
            checked_text(kind, "an artifact's kind"),
            time(),
        )
        self._job_queue.run(
            partial(self._check_open, "log_artifact"),
            partial(append_artifact, self._files.log_dir, self._files.artifacts_file, pointer),
        )

    def close(self) -> None:
        """Wait for calls in progress, then release the file (CL-1, CL-4).

        Later calls raise (CL-3), and a second close does nothing (CL-2).
        """
        with self._job_queue.lock:
            self._closed = True
        self._metrics.close()

    def _check_open(self, method: str) -> None:
        if self._closed:
            raise LogStoreClosedError(self.name, method)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(log_dir={self._files.log_dir!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._closed:
            raise TypeError(f"{self!r} is closed, so there is nothing to pickle or copy")
        return partial(type(self), **vars(self._files)), ()

    @classmethod
    def iter_rows(
        cls,
        *,
        log_dir: str | os.PathLike[str],
        metrics_file: str = METRICS_FILE,
        on_damage: OnDamage | None = None,
    ) -> Iterator[MetricRow]:
        """Read the rows of a log one by one, in constant memory, while it may be written to.

        A log that was never written has no rows. Blank lines are skipped, and so is a row in
        progress at the end. Rows of other writers are read, too: where ``ts`` or ``split`` is
        missing it is None, and other fields are ignored.

        Args:
            log_dir: As for the constructor.
            metrics_file: As for the constructor.
            on_damage: Called with the error for each line that is not a row; reading goes on when
                it returns. Without it the error is raised.

        Raises:
            DamagedLogError: A line is not a row. The error has its number as ``line``.
            OSError: The file can't be read, or is not a regular file.
        """
        path = os.path.join(directory_path(log_dir), check_file_name(metrics_file, "metrics_file"))
        return iter_rows(path, on_damage)

    @classmethod
    def read_run(
        cls,
        *,
        log_dir: str | os.PathLike[str],
        metrics_file: str = METRICS_FILE,
        hyperparams_file: str = HYPERPARAMS_FILE,
        artifacts_file: str = ARTIFACTS_FILE,
    ) -> RunLog:
        """Read a whole log, while it may be written to; one that was never written is empty.

        Args:
            log_dir: As for the constructor.
            metrics_file: As for the constructor.
            hyperparams_file: As for the constructor.
            artifacts_file: As for the constructor.

        Raises:
            DamagedLogError: A file can't be parsed. The error has its ``path``, and the number of
                the ``line`` if it is the metrics file.
            OSError: A file can't be read, or is not a regular file.
        """
        files = LogFiles.checked(log_dir, metrics_file, hyperparams_file, artifacts_file)
        return RunLog(
            metrics=list(iter_rows(files.metrics_path, None)),
            hyperparams=read_hyperparams(files.hyperparams_path),
            artifacts=read_artifacts(files.log_dir, files.artifacts_file),
        )

"""A JSONL log on its way into one store, from where an earlier replay stopped."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from evsys_sdk._files import open_regular_file
from evsys_sdk.command.documents import artifacts_of, hyperparams_of
from evsys_sdk.command.failures import CommandError
from evsys_sdk.command.findings import Findings
from evsys_sdk.command.replay.progress import Progress, ProgressFile
from evsys_sdk.command.replay.target import ReplayTarget, last_keys, read_back
from evsys_sdk.config import LogStoreSpec
from evsys_sdk.log_stores.jsonl_files import (
    LogFiles,
    RowError,
    decode_row,
    rows_of,
    skip_byte_order_mark,
)
from evsys_sdk.run_log import ArtifactPointer, MetricRow

__all__ = ["ReplayedLog", "Stop", "Transfer"]


class Stop:
    """Whether the user wants the replay to stop."""

    wanted = False


@dataclass
class ReplayedLog:
    """The log that is replayed."""

    files: LogFiles
    hyperparams: dict[str, Any]
    artifacts: list[ArtifactPointer]
    notes: list[str]
    """What is ignored in their files."""

    @classmethod
    def read(cls, files: LogFiles) -> "ReplayedLog":
        """The log in these files, of which the metrics are not read yet.

        Raises:
            DamagedLogError: The hyperparameters or the artifacts can't be parsed.
            OSError: They can't be read.
        """
        notes: list[str] = []
        return cls(files, hyperparams_of(files, notes), artifacts_of(files, notes), notes)


class Transfer:
    """Hands the log over to one store."""

    def __init__(
        self, source: ReplayedLog, place: str, spec: LogStoreSpec, file: ProgressFile
    ) -> None:
        """Look at what an earlier replay left, and at what the store holds now.

        Args:
            source: The log.
            place: Where the store is in the configuration.
            spec: The store.
            file: Keeps the progress, under the place.

        Raises:
            CommandError: The store does not hold what was handed over earlier.
        """
        self.place = place
        self.damaged: int = 0
        """How many damaged lines came since the last row."""
        self.findings: Findings = Findings()
        """What this replay found in the metrics file beside rows."""
        self._source = source
        self._spec = spec
        self._file = file
        self._present: list[str] = []
        """Keys of the row that was being handed over, which the store already has."""
        self.progress: Progress = self._begin(file.load(place))

    def _begin(self, earlier: Progress | None) -> Progress:
        log = read_back(self._spec)
        points = sum(len(row.metrics) for row in log.metrics) if log else 0
        if earlier is None or not earlier.started:
            return Progress(
                before=points if log else None,
                artifacts_before=len(log.artifacts) if log else 0,
            )
        if log and earlier.before is not None:
            # What the store holds counts, not what we remember: the last row may have arrived.
            arrived = points - earlier.before - earlier.points
            if arrived < 0:
                raise CommandError(
                    f"{self._file.path}: {earlier.points:,} points were handed over to "
                    f"{self.place}, but it holds {-arrived:,} less. Was it changed? "
                    f"Move both away to begin again"
                )
            self._present = last_keys(log, arrived)
            pointers = len(log.artifacts) - earlier.artifacts_before
            if earlier.in_progress and pointers > earlier.artifacts:
                earlier.artifacts += 1
        elif earlier.in_progress:
            print(
                f"line {earlier.line + 1:,} or an artifact was being written when the last replay "
                f"was killed; {self.place} can't be read back, so that it may now be there twice",
                file=sys.stderr,
            )
        return earlier

    def open(self) -> ReplayTarget:
        """Open the store.

        Raises:
            CommandError: It can't be opened.
        """
        return ReplayTarget(self.place, self._spec, self.progress.refused)

    def run(self, target: ReplayTarget, stop: Stop) -> bool:
        """Hand over everything that is not there yet; False if it was stopped.

        Raises:
            CommandError: The store failed.
            OSError: The log or the progress file failed.
        """
        progress = self.progress
        self._save()
        if progress.offset == 0:
            target.take_hyperparams(self._source.hyperparams)
        for row in self._rows():
            if stop.wanted:
                return False
            self._hand_over(target, row)
        for pointer in self._source.artifacts[progress.artifacts :]:
            if stop.wanted:
                return False
            progress.in_progress = True
            self._save()
            target.take_artifact(pointer)
            progress.artifacts += 1
            progress.in_progress = False
            self._save()
        return True

    def _hand_over(self, target: ReplayTarget, row: tuple[int, int, MetricRow]) -> None:
        line, offset, content = row
        progress = self.progress
        progress.in_progress = True
        self._save()
        rest = {key: content.metrics[key] for key in content.metrics if key not in self._present}
        progress.points += len(content.metrics) - len(rest)
        self._present = []
        if rest:
            progress.points += target.take_row(MetricRow(content.step, content.split, rest))
        progress.damaged, self.damaged = progress.damaged + self.damaged, 0
        progress.line, progress.offset, progress.in_progress = line, offset, False
        self._save()

    def _save(self) -> None:
        self._file.save(self.place, self.progress)

    def _rows(self) -> Iterator[tuple[int, int, MetricRow]]:
        """Each row after those that were handed over: number of its line, its end, the row."""
        path, findings = self._source.files.metrics_path, self.findings
        if not os.path.exists(path):
            return
        with open_regular_file(path) as file, _bar(os.fstat(file.fileno()).st_size) as bar:
            findings.byte_order_mark = skip_byte_order_mark(file)
            file.seek(max(file.tell(), self.progress.offset))
            first, offset = self.progress.line, file.tell()

            def lines() -> Iterator[bytes]:
                nonlocal offset
                for line in file:
                    offset += len(line)
                    yield line

            def damaged(number: int, line: bytes, reason: RowError) -> None:
                self.damaged += 1
                findings.damage(first + number, line, reason)

            decode = partial(decode_row, other_fields=findings.other_fields)
            for number, row in rows_of(lines(), decode, damaged, findings.tear):
                yield first + number, offset, row
                bar(offset)


class _Bar(Protocol):
    def __call__(self, offset: int, /) -> object: ...


@contextmanager
def _bar(size: int) -> Generator[_Bar]:
    """A progress bar on the terminal, if there is one and rich is installed."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn
    except ModuleNotFoundError:
        yield lambda _offset: None
        return
    console = Console(stderr=True)
    columns = ("replay", BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    if not console.is_terminal:  # older releases of rich write lines for a disabled bar
        yield lambda _offset: None
        return
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=size)
        yield lambda offset: bar.update(task, completed=offset)

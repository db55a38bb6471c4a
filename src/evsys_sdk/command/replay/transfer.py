"""A log on its way into one store, from where an earlier replay stopped."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

from evsys_sdk.command.failures import CommandError
from evsys_sdk.command.replay.progress import Progress, ProgressFile
from evsys_sdk.command.replay.target import ReplayTarget, last_keys, read_back
from evsys_sdk.config import LogStoreSpec
from evsys_sdk.run_log import ArtifactPointer, MetricRow
from evsys_sdk.sources.compression import note_compression
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.source import PlacedRow, Source

__all__ = ["ReplayedLog", "Stop", "Transfer"]


class Stop:
    """Whether the user wants the replay to stop."""

    wanted = False


@dataclass
class ReplayedLog:
    """The log that is replayed."""

    source: Source
    hyperparams: dict[str, Any]
    artifacts: list[ArtifactPointer]
    notes: list[str]
    """What is ignored."""

    @classmethod
    def read(cls, source: Source) -> "ReplayedLog":
        """The log of this source; its rows are not read yet.

        Raises:
            DamagedLogError: The hyperparameters or the artifacts can't be parsed.
            OSError: They can't be read.
        """
        notes = [*source.remarks]
        return cls(source, source.hyperparams(notes), source.artifacts(notes), notes)


class Transfer:
    """Hands the log over to one store."""

    def __init__(
        self, log: ReplayedLog, place: str, spec: LogStoreSpec, file: ProgressFile
    ) -> None:
        """Look at what an earlier replay left, and at what the store holds now.

        Args:
            log: The log.
            place: Where the store is in the configuration.
            spec: The store.
            file: Keeps the progress, under the place.

        Raises:
            CommandError: The store does not hold what was handed over earlier.
        """
        self.place = place
        self.findings: list[Findings] = []
        """The findings of this replay in each file, beside rows."""
        self._noted_damage = 0
        self._log = log
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
            # The store's content counts, not the progress file: the last row may have arrived.
            arrived = points - earlier.before - earlier.points
            if arrived < 0:
                raise CommandError(
                    f"{self._file.path}: {earlier.points:,} points were written to "
                    f"{self.place}, but it has {-arrived:,} fewer. Was it changed? "
                    f"Move both away to start over"
                )
            self._present = last_keys(log, arrived)
            pointers = len(log.artifacts) - earlier.artifacts_before
            if earlier.in_progress and pointers > earlier.artifacts:
                earlier.artifacts += 1
        elif earlier.in_progress:
            print(
                f"line {earlier.line + 1:,} or an artifact was being written when the last replay "
                f"was killed; {self.place} can't be read back, so it may now be recorded twice",
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
        if progress.line == 0:
            target.take_hyperparams(self._log.hyperparams)
        for file, row in self._rows():
            if stop.wanted:
                return False
            self._hand_over(target, file, row)
        for pointer in self._log.artifacts[progress.artifacts :]:
            if stop.wanted:
                return False
            progress.in_progress = True
            self._save()
            target.take_artifact(pointer)
            progress.artifacts += 1
            progress.in_progress = False
            self._save()
        return True

    def _hand_over(self, target: ReplayTarget, file: str, placed: PlacedRow) -> None:
        line, offset, row = placed
        progress = self.progress
        progress.in_progress = True
        self._save()
        rest = {key: row.metrics[key] for key in row.metrics if key not in self._present}
        progress.points += len(row.metrics) - len(rest)
        self._present = []
        if rest:
            progress.points += target.take_row(MetricRow(row.step, row.split, rest))
        progress.damaged += self.damaged
        self._noted_damage += self.damaged
        progress.advance(file, line, offset)
        self._save()

    @property
    def damaged(self) -> int:
        """How many damaged lines came since the last row."""
        return sum(each.damaged for each in self.findings) - self._noted_damage

    def _save(self) -> None:
        self._file.save(self.place, self.progress)

    def _rows(self) -> Iterator[tuple[str, PlacedRow]]:
        """Each row after those that were handed over, with its file and the number of its line."""
        source = self._log.source
        paths = source.files()
        sizes = [os.path.getsize(path) if source.grows else 0 for path in paths]
        with _bar(sum(sizes)) as bar:
            for path, before in zip(paths, accumulate(sizes, initial=0), strict=False):
                file = os.path.basename(path) if len(paths) > 1 else ""
                first, start = self.progress.line, self.progress.start_of(file)
                findings = Findings(path, source.noun)
                self.findings.append(findings)
                if note_compression(path, findings):
                    continue
                for number, end, row in source.rows(path, findings, start):
                    yield file, PlacedRow(first + number, end, row)
                    bar(before + end)
                _number_lines_from(findings, first)


def _number_lines_from(findings: Findings, first: int) -> None:
    """Reading began after this many lines."""
    for fault in (*findings.faults.values(), *findings.left_out.values()):
        fault.line = None if fault.line is None else fault.line + first


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

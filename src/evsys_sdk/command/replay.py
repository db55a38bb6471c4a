"""``evsys replay``: a JSONL log, written into any other store."""

import argparse
import os
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol, cast

from evsys_sdk.command.progress import Progress, ProgressFile
from evsys_sdk.command.target import Target, last_keys, read_back
from evsys_sdk.command.text import counted, printable, printable_lines
from evsys_sdk.config import LogStoreSpec, load_log_store_spec
from evsys_sdk.errors import LogStoreError
from evsys_sdk.log_stores._json_files.artifacts import read_artifacts
from evsys_sdk.log_stores._json_files.hyperparams import read_hyperparams
from evsys_sdk.log_stores._json_files.names import LogFiles
from evsys_sdk.log_stores._json_files.reading import rows_of
from evsys_sdk.log_stores._json_files.row import decode_row
from evsys_sdk.run_log import MetricRow

EXAMPLE = """evsys replay runs/1/logs --to tensorboard.yaml

Interrupted and started again, it goes on where it was: tensorboard.yaml.replay tells how far it
came. It ends with status 1 when the store refused something, which is listed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("log_dir", metavar="LOG_DIR", help="the directory of a JSONL log")
    parser.add_argument(
        "--to",
        metavar="RUN.YAML",
        required=True,
        help="a file whose log_store section is written to",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write what the target has not yet, then say what it took and what it refused."""
    files = LogFiles.checked(
        arguments.log_dir, "metrics.jsonl", "hyperparams.json", "artifacts.json"
    )
    if not os.path.isdir(files.log_dir):
        raise LogStoreError(f"{arguments.log_dir}: no directory. Name that of a JSONL log")
    spec = load_log_store_spec(arguments.to)
    _refuse_itself(files.log_dir, spec.params)
    path = f"{os.path.expanduser(arguments.to)}.replay"
    with ProgressFile(path) as file, _stoppable() as stop:
        replay = _Replay(files, spec, file, stop)
        finished = replay.run()
    progress = replay.progress
    print(
        f"{counted(progress.line, 'line')}, {counted(progress.points, 'point')} and "
        f"{counted(progress.artifacts, 'artifact')} of {printable(arguments.log_dir)} are in the "
        f"{spec.kind} store of {printable(arguments.to)}"
    )
    damaged = progress.damaged + replay.damaged
    if damaged:
        print(f"left out: {counted(damaged, 'damaged line')}", file=sys.stderr)
    for what, count in progress.refused.items():
        print(printable_lines(f"refused {counted(count, 'time')}: {what}"), file=sys.stderr)
    if not finished:
        print("stopped; start it again to go on", file=sys.stderr)
        return 130
    return 1 if progress.refused or damaged else 0


def _refuse_itself(log_dir: str, params: object) -> None:
    """A log that is read and written at once would never end."""
    if isinstance(params, dict):
        for each in cast("dict[object, object]", params).values():
            _refuse_itself(log_dir, each)
    elif isinstance(params, list):
        for each in cast("list[object]", params):
            _refuse_itself(log_dir, each)
    elif isinstance(params, LogStoreSpec):
        _refuse_itself(log_dir, params.params)
    elif isinstance(params, str | Path):
        place = os.path.expanduser(params)
        if os.path.isdir(place) and os.path.samefile(place, log_dir):
            raise LogStoreError(f"{log_dir}: the log would be written into itself")


class _Stop:
    wanted = False


@contextmanager
def _stoppable() -> Generator[_Stop]:
    """Ctrl-C and a request to end wait for the row under way."""
    stop = _Stop()

    def ask(*_: object) -> None:
        stop.wanted = True

    earlier = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


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
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=size)
        yield lambda offset: bar.update(task, completed=offset)


class _Replay:
    def __init__(
        self, files: LogFiles, spec: LogStoreSpec, file: ProgressFile, stop: _Stop
    ) -> None:
        self._files = files
        self._spec = spec
        self._file = file
        self._stop = stop
        self._present: list[str] = []
        """Keys of the row under way that the target has already."""
        self.damaged = 0
        """How many damaged lines came since the last row."""
        self.progress = self._begin(file.load())

    def _begin(self, earlier: Progress | None) -> Progress:
        log = read_back(self._spec)
        points = sum(len(row.metrics) for row in log.metrics) if log else 0
        if earlier is None:
            return Progress(
                log=self._files.log_dir,
                before=points if log else None,
                artifacts_before=len(log.artifacts) if log else 0,
            )
        if earlier.log != self._files.log_dir:
            raise LogStoreError(
                f"{self._file.path}: tells how far the replay of {earlier.log} came. Use another "
                f"file for {self._files.log_dir}, or move this one away if it is done with"
            )
        if log and earlier.before is not None:
            # What is there counts, not what we remember: the last row may have arrived, or not.
            arrived = points - earlier.before - earlier.points
            if arrived < 0:
                raise LogStoreError(
                    f"{self._file.path}: {earlier.points:,} points were handed over, but the store "
                    f"holds {-arrived:,} less. Was it changed? Move both away to begin anew"
                )
            self._present = last_keys(log, arrived)
            pointers = len(log.artifacts) - earlier.artifacts_before
            if earlier.under_way and pointers > earlier.artifacts:
                earlier.artifacts += 1
        elif earlier.under_way:
            print(
                f"line {earlier.line + 1:,} or an artifact was being written when the last replay "
                f"was killed; this store can't be read back, so that it may now be there twice",
                file=sys.stderr,
            )
        return earlier

    def run(self) -> bool:
        """Hand over everything that is not there yet; False if it was stopped."""
        hyperparams = read_hyperparams(self._files.hyperparams_path)
        artifacts = read_artifacts(self._files.log_dir, self._files.artifacts_file)
        self._file.save(self.progress)
        target = Target(self._spec, self.progress.refused)
        with closing(target.store):
            if self.progress.offset == 0:
                target.take_hyperparams(hyperparams)
            for row in self._rows():
                if self._stop.wanted:
                    return False
                self._hand_over(target, row)
            for pointer in artifacts[self.progress.artifacts :]:
                if self._stop.wanted:
                    return False
                self.progress.under_way = True
                self._file.save(self.progress)
                target.take_artifact(pointer)
                self.progress.artifacts += 1
                self.progress.under_way = False
                self._file.save(self.progress)
        self._file.save(self.progress)
        return True

    def _hand_over(self, target: Target, row: tuple[int, int, MetricRow]) -> None:
        line, offset, content = row
        progress = self.progress
        progress.under_way = True
        self._file.save(progress)
        rest = {key: content.metrics[key] for key in content.metrics if key not in self._present}
        progress.points += len(content.metrics) - len(rest)
        self._present = []
        if rest:
            progress.points += target.take_row(MetricRow(content.step, content.split, rest))
        progress.damaged, self.damaged = progress.damaged + self.damaged, 0
        progress.line, progress.offset, progress.under_way = line, offset, False
        self._file.save(progress)

    def _rows(self) -> Iterator[tuple[int, int, MetricRow]]:
        """Each row behind those that were handed over: number of its line, its end, the row."""
        progress = self.progress
        if not os.path.exists(self._files.metrics_path):
            return
        with (
            open(self._files.metrics_path, "rb") as file,
            _bar(os.fstat(file.fileno()).st_size) as bar,
        ):
            file.seek(progress.offset)
            first, offset = progress.line, progress.offset

            def lines() -> Iterator[bytes]:
                nonlocal offset
                for line in file:
                    offset += len(line)
                    yield line

            def damaged(number: int, _: bytes, reason: ValueError) -> None:
                self.damaged += 1
                if self.damaged <= 10:
                    place = f"{self._files.metrics_path}:{first + number}"
                    print(printable(f"{place}: left out, no row: {reason}"), file=sys.stderr)

            for number, row in rows_of(lines(), decode_row, damaged):
                yield first + number, offset, row
                bar(offset)

"""``evsys replay``: a JSONL log, written into any other store."""

import argparse
import os
import signal
import sys
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from typing import cast

from evsys_sdk._config.destinations import declared_destinations
from evsys_sdk.command.failures import CommandError
from evsys_sdk.command.log_dirs import HELP, METAVAR, log_files
from evsys_sdk.command.paths import path
from evsys_sdk.command.replay.progress import ProgressFile
from evsys_sdk.command.replay.target import stores_of
from evsys_sdk.command.replay.transfer import ReplayedLog, Stop, Transfer
from evsys_sdk.config import LogStoreSpec, load_log_store_spec
from evsys_sdk.log_stores.jsonl_files import LogFiles
from evsys_sdk.text import counted, printable, printable_lines

EXAMPLE = """evsys replay runs/1/logs --to tensorboard.yaml

Interrupted and started again, it goes on where it was: tensorboard.yaml.replay tells how far it
came. It ends with status 1 when the store refused something, which is listed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("log", metavar=METAVAR, type=path, help=HELP)
    parser.add_argument(
        "--to",
        metavar="RUN.YAML",
        type=path,
        required=True,
        help="a file whose log_store section is written to",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write what the stores have not yet, then say what they took and what they refused.

    Everything that can be checked is checked before anything is written.
    """
    files = log_files(arguments.log)
    spec = load_log_store_spec(arguments.to)
    stores = dict(stores_of(spec))
    for each in stores.values():
        _refuse_itself(files, each)
    source = ReplayedLog.read(files)
    file = ProgressFile(f"{os.path.expanduser(arguments.to)}.replay", files.log_dir)
    file.require_only([*stores])
    with file, _stoppable() as stop, ExitStack() as opened:
        transfers = [Transfer(source, place, each, file) for place, each in stores.items()]
        targets = [opened.enter_context(closing(each.open())) for each in transfers]
        pairs = zip(transfers, targets, strict=True)
        finished = all(transfer.run(target, stop) for transfer, target in pairs)
    refused = [_report(transfer, arguments) for transfer in transfers]
    # All of them read the same file to its end; one that began late found less.
    findings = max((each.findings for each in transfers), key=lambda each: each.damaged)
    messages = findings.problems(files.metrics_path)
    messages += source.notes + findings.notes(files.metrics_path)
    for message in messages:
        print(printable_lines(message), file=sys.stderr)
    damaged = max(each.progress.damaged + each.damaged for each in transfers)
    if damaged:
        print(f"left out: {counted(damaged, 'damaged line')}", file=sys.stderr)
    if not finished:
        print("stopped; start it again to go on", file=sys.stderr)
        return 130
    return 1 if any(refused) or damaged else 0


def _report(transfer: Transfer, arguments: argparse.Namespace) -> bool:
    """Print what the store took, and what it refused if there was something."""
    progress = transfer.progress
    print(
        f"{counted(progress.line, 'line')}, {counted(progress.points, 'point')} and "
        f"{counted(progress.artifacts, 'artifact')} of {printable(arguments.log)} are in "
        f"{transfer.place} of {printable(arguments.to)}"
    )
    for what, count in progress.refused.items():
        text = f"{transfer.place} refused {counted(count, 'time')}: {what}"
        print(printable_lines(text), file=sys.stderr)
    return bool(progress.refused)


def _refuse_itself(files: LogFiles, spec: LogStoreSpec) -> None:
    """A log that is read and written at once would never end."""
    destinations = declared_destinations(spec)
    if destinations is None:
        same = _names_directory(spec.params, files.log_dir)
    else:
        paths = (files.metrics_path, files.hyperparams_path, files.artifacts_path)
        same = not {os.path.realpath(path) for path in paths}.isdisjoint(destinations)
    if same:
        raise CommandError(f"{printable(files.log_dir)}: the log would be written into itself")


def _names_directory(value: object, directory: str) -> bool:
    """Whether a parameter, or something in it, is the path of the directory."""
    if isinstance(value, dict):
        values = cast("dict[object, object]", value).values()
        return any(_names_directory(each, directory) for each in values)
    if isinstance(value, list):
        return any(_names_directory(each, directory) for each in cast("list[object]", value))
    if not isinstance(value, str):
        return False
    path = os.path.expanduser(value)
    return os.path.isdir(path) and os.path.samefile(path, directory)


@contextmanager
def _stoppable() -> Generator[Stop]:
    """Ctrl-C and a request to end wait for the call in progress."""
    stop = Stop()

    def ask(*_: object) -> None:
        stop.wanted = True

    earlier = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)

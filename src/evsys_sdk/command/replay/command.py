"""``evsys replay``: a log, written into any other store."""

import argparse
import os
import signal
import sys
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from typing import cast

from evsys_sdk._config.destinations import declared_destinations
from evsys_sdk.command.failures import CommandError
from evsys_sdk.command.paths import LOG_HELP, path
from evsys_sdk.command.replay.progress import ProgressFile
from evsys_sdk.command.replay.target import stores_of
from evsys_sdk.command.replay.transfer import ReplayedLog, Stop, Transfer
from evsys_sdk.config import LogStoreSpec, load_log_store_spec
from evsys_sdk.sources.errors import SourceError
from evsys_sdk.sources.findings import notes_of, problems_of
from evsys_sdk.sources.opening import open_sources
from evsys_sdk.sources.source import Source
from evsys_sdk.text import counted, printable, printable_lines

EXAMPLE = """evsys replay runs/1/logs --to tensorboard.yaml

tensorboard.yaml.replay records the progress: after an interruption, the same command continues
there. The exit status is 1 if the store refused something; each refusal is listed."""

_MOST_RUNS = 5
"""How many runs a message names."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("log", metavar="LOG", type=path, help=LOG_HELP)
    parser.add_argument(
        "--to",
        metavar="RUN.YAML",
        type=path,
        required=True,
        help="a file; its log_store section names the store that is written",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write what the stores have not yet, then say what they took and what they refused.

    Everything that can be checked is checked before anything is written.
    """
    source = _source(arguments.log)
    spec = load_log_store_spec(arguments.to)
    stores = dict(stores_of(spec))
    for each in stores.values():
        _refuse_itself(source, each)
    log = ReplayedLog.read(source)
    file = ProgressFile(f"{os.path.expanduser(arguments.to)}.replay", source.path)
    file.require_only([*stores])
    with file, _stoppable() as stop, ExitStack() as opened:
        transfers = [Transfer(log, place, each, file) for place, each in stores.items()]
        targets = [opened.enter_context(closing(each.open())) for each in transfers]
        pairs = zip(transfers, targets, strict=True)
        finished = all(transfer.run(target, stop) for transfer, target in pairs)
    refused = [_report(transfer, source.noun, arguments) for transfer in transfers]
    # All of them read the same files to their ends; one that began late found less.
    findings = max(
        (each.findings for each in transfers), key=lambda each: sum(file.damaged for file in each)
    )
    for message in problems_of(findings) + log.notes + notes_of(findings):
        print(printable_lines(message), file=sys.stderr)
    damaged = max(each.progress.damaged + each.damaged for each in transfers)
    if damaged:
        print(f"left out: {counted(damaged, f'damaged {source.noun}')}", file=sys.stderr)
    if not finished:
        print("stopped; start it again to continue", file=sys.stderr)
        return 130
    return 1 if any(refused) or damaged else 0


def _report(transfer: Transfer, noun: str, arguments: argparse.Namespace) -> bool:
    """Print what the store took, and what it refused if there was something."""
    progress = transfer.progress
    print(
        f"{counted(progress.line, noun)}, {counted(progress.points, 'point')} and "
        f"{counted(progress.artifacts, 'artifact')} of {printable(arguments.log)} are in "
        f"{transfer.place} of {printable(arguments.to)}"
    )
    for what, count in progress.refused.items():
        text = f"{transfer.place} refused {counted(count, 'time')}: {what}"
        print(printable_lines(text), file=sys.stderr)
    return bool(progress.refused)


def _source(log: str) -> Source:
    """The run that is replayed. A store takes one: several would be mixed up in it."""
    first, *others = open_sources(log)
    if not others:
        return first
    names = ", ".join(each.name for each in others[:_MOST_RUNS])
    if len(others) > _MOST_RUNS:
        names += f" and {len(others) - _MOST_RUNS} more"
    if first.name != log:
        raise SourceError(
            f"{log}: it has several runs, and a store takes one. "
            f"Replay one of {first.name}, {names}"
        )
    first.remarks.append(
        f"{log}: the runs below it are left out: {names}. To replay one, name its directory"
    )
    return first


def _refuse_itself(source: Source, spec: LogStoreSpec) -> None:
    """A log that is read and written at once would never end."""
    destinations = declared_destinations(spec)
    if destinations is None:
        same = spec == source.spec or _names_directory(spec.params, source.path)
    else:
        paths = source.destinations()
        same = not {os.path.realpath(path) for path in paths}.isdisjoint(destinations)
    if same:
        raise CommandError(f"{printable(source.path)}: the log would be written into itself")


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
    return os.path.isdir(path) and os.path.exists(directory) and os.path.samefile(path, directory)


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

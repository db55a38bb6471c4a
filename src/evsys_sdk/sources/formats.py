"""The formats of logs: which files they are known by, and their sources."""

import os
from collections.abc import Callable
from typing import NamedTuple

from evsys_sdk.log_stores.jsonl_files import LogFiles
from evsys_sdk.log_stores.tensorboard_runs import event_file_names
from evsys_sdk.sources.flat_rows import FlatRowsSource, flat_step_of
from evsys_sdk.sources.jsonl import JSONLSource
from evsys_sdk.sources.metrics_csv import MetricsCSVSource
from evsys_sdk.sources.source import Source
from evsys_sdk.sources.trainer_state import TrainerStateSource

__all__ = [
    "EVENT_FILES",
    "FILES",
    "FORMATS",
    "MOST_DIRECTORIES",
    "TRAINER_STATE",
    "Format",
    "has_files",
    "open_event_files",
    "opener_of",
]

MOST_DIRECTORIES = 10_000
"""Event files are looked for in this many directories below the one that was named."""
_METRICS_CSV = "metrics.csv"
TRAINER_STATE = "trainer_state.json"


class Format(NamedTuple):
    """A format of a directory."""

    name: str
    files: str
    """The names of the files that it is known by."""
    is_in: Callable[[str], bool]
    """Whether a directory has such a log."""
    open: Callable[[str, str], list[Source]]
    """The sources in a directory, which is given after what it is called."""


def _has_jsonl(directory: str) -> bool:
    return has_files(LogFiles.checked(directory))


def has_files(files: LogFiles) -> bool:
    """Whether any of the files of a JSONL log exists."""
    names = (files.metrics_file, files.hyperparams_file, files.artifacts_file)
    return any(os.path.exists(os.path.join(files.log_dir, name)) for name in names)


def _open_jsonl(name: str, directory: str) -> list[Source]:
    return [_jsonl_source(name, LogFiles.checked(directory))]


def _open_jsonl_file(name: str, path: str) -> Source:
    directory, file = os.path.split(path)
    files = LogFiles.checked(directory, metrics_file=file)
    source = _jsonl_source(name, files)
    if files != LogFiles.checked(directory):
        source.path = path  # a directory may have several such files
    return source


def _jsonl_source(name: str, files: LogFiles) -> Source:
    step = flat_step_of(files.metrics_path)
    return FlatRowsSource(name, files, step) if step else JSONLSource(name, files)


def _has_event_files(directory: str) -> bool:
    try:
        return bool(event_file_names(directory))
    except OSError:
        return False


def open_event_files(name: str, directory: str) -> list[Source]:
    """The runs in the directory and below."""
    from evsys_sdk.sources.event_files import event_file_sources  # needs tensorboard

    return [*event_file_sources(name, directory, MOST_DIRECTORIES)]


def _has_file(file: str) -> Callable[[str], bool]:
    return lambda directory: os.path.exists(os.path.join(directory, file))


def _open_file(
    file: str, source: Callable[[str, str], Source]
) -> Callable[[str, str], list[Source]]:
    return lambda name, directory: [source(name, os.path.join(directory, file))]


FILES: dict[str, Callable[[str, str], Source]] = {
    ".csv": MetricsCSVSource,
    ".json": TrainerStateSource,
    ".jsonl": _open_jsonl_file,
}
"""The source of a file that is named itself, by the ending of its name."""


def opener_of(path: str) -> Callable[[str, str], Source] | None:
    """What opens a file that is named itself; None for a file that is not a log alone."""
    directory, name = os.path.split(path)
    files = LogFiles.checked(directory)
    if name in {files.hyperparams_file, files.artifacts_file}:
        return None
    return FILES.get(os.path.splitext(name)[1])


EVENT_FILES = Format("event files of TensorBoard", "*tfevents*", _has_event_files, open_event_files)
FORMATS = [
    Format(
        "a JSONL log", "metrics.jsonl, hyperparams.json, artifacts.json", _has_jsonl, _open_jsonl
    ),
    EVENT_FILES,
    Format(
        "metrics of Lightning's CSVLogger",
        _METRICS_CSV,
        _has_file(_METRICS_CSV),
        _open_file(_METRICS_CSV, MetricsCSVSource),
    ),
    Format(
        "the state of a Hugging Face Trainer",
        TRAINER_STATE,
        _has_file(TRAINER_STATE),
        _open_file(TRAINER_STATE, TrainerStateSource),
    ),
]

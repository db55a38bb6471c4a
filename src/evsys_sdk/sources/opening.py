"""Finds the sources that a command line names."""

import os
import stat
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from evsys_sdk._directories import directory_path
from evsys_sdk.config import LogStoreSpec, load_log_store_spec
from evsys_sdk.log_stores.background import BackgroundLogStore
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.jsonl_files import LogFiles
from evsys_sdk.log_stores.multiplex import MultiplexLogStore
from evsys_sdk.log_stores.tensorboard_runs import event_file_names, run_names
from evsys_sdk.sources.compression import compression_of
from evsys_sdk.sources.errors import SourceError
from evsys_sdk.sources.jsonl import JSONLSource
from evsys_sdk.sources.metrics_csv import MetricsCSVSource
from evsys_sdk.sources.readable_store import StoreSource, reader_of
from evsys_sdk.sources.source import Source
from evsys_sdk.sources.trainer_state import TrainerStateSource
from evsys_sdk.text import counted, natural_key

__all__ = ["open_sources"]

_YAML = (".yaml", ".yml")
_MOST_NAMES = 5
"""How many logs a message names."""
_MOST_DIRECTORIES = 10_000
"""Event files are looked for in this many directories below the one that was named."""


def open_sources(log: str) -> list[Source]:
    """The runs at this path: one, or those of a directory of event files.

    Raises:
        SourceError: The path has no log, or the YAML file does not say which one to read.
        LogStoreConfigError: The YAML file is wrong.
        OSError: The directory or the YAML file can't be read.
    """
    if log.endswith(_YAML) and not os.path.isdir(os.path.expanduser(log)):
        return _configured(log)
    if (path := _existing_file(log)) and (open_file := _FILES.get(os.path.splitext(path)[1])):
        return [open_file(log, path)]
    directory = _checked_directory(log, log)
    sources = _sources_in(log, directory)
    if sources:
        return sources
    if below := _logs_below(directory, _FORMATS):
        raise SourceError(f"{log}: not a log: did you mean {' or '.join(below)}?")
    looked_for = "; ".join(f"{each.name} ({each.files})" for each in _FORMATS)
    raise SourceError(
        f"{log}: not a log. It has none of these: {looked_for}. "
        f"If its files have other names, give the YAML file that configures them"
    )


class _Format(NamedTuple):
    name: str
    files: str
    """The names of the files that it is known by."""
    is_in: Callable[[str], bool]
    """Whether a directory has such a log."""
    open: Callable[[str, str], list[Source]]
    """The sources in a directory, which is given after what it is called."""


def _sources_in(log: str, directory: str) -> list[Source]:
    """The log in a directory, of the first format that is there; others are named in a remark."""
    found = [each for each in _FORMATS if each.is_in(directory)]
    if found:
        sources = found[0].open(log, directory)
        others = [f"{each.name} ({each.files})" for each in found[1:]]
    elif run_names(directory, _MOST_DIRECTORIES):
        sources = _open_event_files(log, directory)
        others = _logs_below(directory, [each for each in _FORMATS if each != _EVENT_FILES])
    else:
        return []
    if others:
        sources[0].remarks.append(f"{log}: this is not read: {', '.join(others)}")
    return sources


def _logs_below(directory: str, formats: list["_Format"]) -> list[str]:
    """The last directories in this one that have such a log, by the numbers in their names."""
    with os.scandir(directory) as entries:
        inside = [entry.path for entry in entries if entry.is_dir()]
    newest_first = sorted(inside, key=natural_key, reverse=True)
    found = (path for path in newest_first if any(each.is_in(path) for each in formats))
    return [*islice(found, _MOST_NAMES)]


# The formats.


def _has_jsonl(directory: str) -> bool:
    return _has_files(LogFiles.checked(directory))


def _has_files(files: LogFiles) -> bool:
    names = (files.metrics_file, files.hyperparams_file, files.artifacts_file)
    return any(os.path.exists(os.path.join(files.log_dir, name)) for name in names)


def _open_jsonl(name: str, directory: str) -> list[Source]:
    return [JSONLSource(name, LogFiles.checked(directory))]


def _has_event_files(directory: str) -> bool:
    try:
        return bool(event_file_names(directory))
    except OSError:
        return False


def _open_event_files(name: str, directory: str) -> list[Source]:
    from evsys_sdk.sources.event_files import event_file_sources  # needs tensorboard

    return [*event_file_sources(name, directory, _MOST_DIRECTORIES)]


def _has_file(file: str) -> Callable[[str], bool]:
    return lambda directory: os.path.exists(os.path.join(directory, file))


def _open_file(
    file: str, source: Callable[[str, str], Source]
) -> Callable[[str, str], list[Source]]:
    return lambda name, directory: [source(name, os.path.join(directory, file))]


_METRICS_CSV, _TRAINER_STATE = "metrics.csv", "trainer_state.json"
_FILES: dict[str, Callable[[str, str], Source]] = {
    ".csv": MetricsCSVSource,
    ".json": TrainerStateSource,
}
"""The source of a file that is named itself, by the ending of its name."""

_EVENT_FILES = _Format(
    "event files of TensorBoard", "*tfevents*", _has_event_files, _open_event_files
)
_FORMATS = [
    _Format(
        "a JSONL log", "metrics.jsonl, hyperparams.json, artifacts.json", _has_jsonl, _open_jsonl
    ),
    _EVENT_FILES,
    _Format(
        "metrics of Lightning's CSVLogger",
        _METRICS_CSV,
        _has_file(_METRICS_CSV),
        _open_file(_METRICS_CSV, MetricsCSVSource),
    ),
    _Format(
        "the state of a Hugging Face Trainer",
        _TRAINER_STATE,
        _has_file(_TRAINER_STATE),
        _open_file(_TRAINER_STATE, TrainerStateSource),
    ),
]


# Configurations.


def _configured(file: str) -> list[Source]:
    """The store of a YAML file that can be read back: the only jsonl store, or else the first."""
    stores = [*_stores_in(load_log_store_spec(file))]
    jsonl = [each for each in stores if each.kind == JSONLLogStore.name]
    if len(jsonl) > 1:
        raise SourceError(
            f"{file}: it configures {counted(len(jsonl), 'jsonl store')}. "
            f"Name the directory of the log instead"
        )
    readable = jsonl or [each for each in stores if reader_of(each.kind)]
    if not readable:
        kinds = ", ".join(each.kind for each in stores)
        raise SourceError(
            f"{file}: it configures no store that can be read back ({kinds}: no read_run)"
        )
    spec = readable[0]
    if spec.kind == JSONLLogStore.name:
        return [_configured_jsonl(file, spec.params)]
    if spec.kind == "tensorboard":
        directory = _checked_directory(spec.params["log_dir"], f"{file}: {spec.params['log_dir']}")
        sources = _open_event_files(file, directory)
        if not sources:
            raise SourceError(f"{file}: {directory}: it has no event files")
        return sources
    return [StoreSource(file, spec)]


def _stores_in(spec: LogStoreSpec) -> Iterator[LogStoreSpec]:
    """The stores of a configuration that record something themselves."""
    if spec.kind == MultiplexLogStore.name:
        for child in MultiplexLogStore.Config.model_validate(spec.params).children:
            yield from _stores_in(child)
    elif spec.kind == BackgroundLogStore.name:
        yield from _stores_in(BackgroundLogStore.Config.model_validate(spec.params).child)
    else:
        yield spec


def _configured_jsonl(file: str, given: dict[str, Any]) -> Source:
    params = dict(JSONLLogStore.Config.model_validate(given))
    files = LogFiles.checked(**params)
    place = f"{file}: {params['log_dir']}"
    _checked_directory(files.log_dir, place)
    if not _has_files(files):
        names = f"{files.metrics_file}, {files.hyperparams_file}, {files.artifacts_file}"
        raise SourceError(f"{place}: not a JSONL log: it has none of {names}")
    return JSONLSource(file, files)


def _existing_file(log: str) -> str:
    """The absolute path if it is a file's, otherwise an empty string."""
    try:
        path = directory_path(log)
    except ValueError:
        return ""
    return path if os.path.isfile(path) else ""


def _checked_directory(log_dir: str, place: str) -> str:
    """The absolute path of a directory, which errors call ``place``."""
    try:
        directory = directory_path(log_dir)
    except ValueError as error:
        raise SourceError(str(error)) from error
    if what := _instead_of_a_directory(directory):
        raise SourceError(f"{place}: {what}. {_advice(directory)}")
    return directory


def _advice(path: str) -> str:
    """What to name instead of a path that is not a directory."""
    if name := compression_of(path):
        return f"It is compressed with {name}: unpack it first"
    directory = os.path.dirname(path)
    if os.path.isfile(path) and any(each.is_in(directory) for each in _FORMATS):
        return f"Did you mean its directory, {directory}?"
    return f"Name the directory of a log (its log_dir), a {_METRICS_CSV} or a {_TRAINER_STATE}"


def _instead_of_a_directory(path: str) -> str:
    """What is at the path, if it is not a directory."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(path):
            return f"is a symbolic link to {os.readlink(path)}, which does not exist"
        return "does not exist"
    if stat.S_ISDIR(mode):
        return ""
    return "is a file" if stat.S_ISREG(mode) else "is not a directory"

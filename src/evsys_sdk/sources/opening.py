"""Finds the sources that a command line names."""

import os
import stat
from collections.abc import Iterator
from itertools import islice
from typing import Any

from evsys_sdk._directories import directory_path
from evsys_sdk.config import LogStoreSpec, load_log_store_spec
from evsys_sdk.log_stores.background import BackgroundLogStore
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.jsonl_files import LogFiles
from evsys_sdk.log_stores.multiplex import MultiplexLogStore
from evsys_sdk.log_stores.tensorboard_runs import run_names
from evsys_sdk.sources.compression import compression_of
from evsys_sdk.sources.errors import SourceError
from evsys_sdk.sources.formats import (
    EVENT_FILES,
    FILES,
    FORMATS,
    MOST_DIRECTORIES,
    TRAINER_STATE,
    Format,
    has_files,
    open_event_files,
    opener_of,
)
from evsys_sdk.sources.jsonl import JSONLSource
from evsys_sdk.sources.readable_store import StoreSource, reader_of
from evsys_sdk.sources.source import Source
from evsys_sdk.text import counted, natural_key

__all__ = ["open_sources"]

_YAML = (".yaml", ".yml")
_MOST_NAMES = 5
"""How many logs a message names."""


def open_sources(log: str) -> list[Source]:
    """The runs at this path: one, or those of a directory of event files.

    Raises:
        SourceError: The path has no log, or the YAML file does not say which one to read.
        LogStoreConfigError: The YAML file is wrong.
        OSError: The directory or the YAML file can't be read.
    """
    if log.endswith(_YAML) and not os.path.isdir(os.path.expanduser(log)):
        return _configured(log)
    if (path := _existing_file(log)) and (open_file := opener_of(path)):
        return [open_file(log, path)]
    directory = _checked_directory(log, log)
    sources = _sources_in(log, directory)
    if sources:
        return sources
    if others := _logs_below(directory, FORMATS) or _files_in(directory):
        raise SourceError(f"{log}: not a log: did you mean {' or '.join(others)}?")
    if packed := _compressed_in(directory):
        advice = f"is compressed with {compression_of(packed)}: unpack it first"
        raise SourceError(f"{log}: not a log. {packed} {advice}")
    looked_for = "; ".join(f"{each.name} ({each.files})" for each in FORMATS)
    raise SourceError(
        f"{log}: not a log. It has none of these: {looked_for}. "
        f"If its files have other names, give the YAML file that configures them"
    )


def _sources_in(log: str, directory: str) -> list[Source]:
    """The log in a directory, of the first format that is there; others are named in a remark."""
    found = [each for each in FORMATS if each.is_in(directory)]
    if found:
        sources = found[0].open(log, directory)
        others = [f"{each.name} ({each.files})" for each in found[1:]]
    elif run_names(directory, MOST_DIRECTORIES):
        sources = open_event_files(log, directory)
        others = _logs_below(directory, [each for each in FORMATS if each != EVENT_FILES])
    else:
        return []
    if others:
        sources[0].remarks.append(f"{log}: this is not read: {', '.join(others)}")
    return sources


def _logs_below(directory: str, formats: list[Format]) -> list[str]:
    """The last directories in this one that have such a log, by the numbers in their names."""
    with os.scandir(directory) as entries:
        inside = [entry.path for entry in entries if entry.is_dir()]
    newest_first = sorted(inside, key=natural_key, reverse=True)
    found = (path for path in newest_first if any(each.is_in(path) for each in formats))
    return [*islice(found, _MOST_NAMES)]


def _files_in(directory: str) -> list[str]:
    """The files that may be named themselves; too many others end in .json."""
    names = sorted(os.listdir(directory), key=natural_key)
    found = (name for name in names if name.endswith((".csv", ".jsonl")))
    return [os.path.join(directory, name) for name in islice(found, _MOST_NAMES)]


def _compressed_in(directory: str) -> str:
    """A compressed file that is a log when it is unpacked; empty if there is none."""
    names = (os.path.splitext(name) for name in sorted(os.listdir(directory)))
    paths = [
        os.path.join(directory, "".join(name)) for name in names if name[0].endswith((*FILES,))
    ]
    return next(filter(compression_of, paths), "")


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
        sources = open_event_files(file, directory)
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
    if not has_files(files):
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
    if os.path.isfile(path) and any(each.is_in(directory) for each in FORMATS):
        return f"Did you mean its directory, {directory}?"
    return f"Name the directory of a log (its log_dir), a .jsonl or .csv file, or a {TRAINER_STATE}"


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

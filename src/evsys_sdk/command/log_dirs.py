"""The logs that a command line names, each by its directory or by a configuration."""

import os
import stat
from collections.abc import Iterator
from typing import Any

from evsys_sdk.command.failures import CommandError
from evsys_sdk.config import LogStoreSpec, load_log_store_spec
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.jsonl_files import LogFiles
from evsys_sdk.log_stores.multiplex import MultiplexLogStore
from evsys_sdk.text import counted

__all__ = ["HELP", "METAVAR", "log_files"]

METAVAR = "LOG"
HELP = "directory of a JSONL log, or the YAML file that configures it"

_YAML = (".yaml", ".yml")


def log_files(log: str) -> LogFiles:
    """The files of the log in this directory, or of the log that this YAML file configures.

    The files may have any names: the YAML file has them.

    Raises:
        CommandError: The directory does not exist or has no log, or the YAML file configures none
            or several.
        LogStoreConfigError: The YAML file is wrong.
        OSError: The directory or the YAML file can't be read.
    """
    if log.endswith(_YAML) and not os.path.isdir(os.path.expanduser(log)):
        return _configured_files(log)
    return _files_in(log, log, {})


def _configured_files(file: str) -> LogFiles:
    found = [*_jsonl_params(load_log_store_spec(file))]
    if len(found) != 1:
        what = counted(len(found), "jsonl store") if found else "no jsonl store"
        raise CommandError(f"{file}: it configures {what}. Name the directory of the log instead")
    params = dict(JSONLLogStore.Config.model_validate(found[0]))
    return _files_in(f"{file}: {params['log_dir']}", params.pop("log_dir"), params)


def _jsonl_params(spec: LogStoreSpec) -> Iterator[dict[str, Any]]:
    """The parameters of each jsonl store that the spec configures."""
    if spec.kind == JSONLLogStore.name:
        yield spec.params
    elif spec.kind == MultiplexLogStore.name:
        for child in MultiplexLogStore.Config.model_validate(spec.params).children:
            yield from _jsonl_params(child)


def _files_in(place: str, log_dir: str, names: dict[str, str]) -> LogFiles:
    """The files of the log in the directory, which errors call ``place``."""
    try:
        files = LogFiles.checked(log_dir, **names)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if what := _instead_of_a_directory(files.log_dir):
        raise CommandError(f"{place}: {what}. Name the directory of a JSONL log (its log_dir)")
    expected = (files.metrics_file, files.hyperparams_file, files.artifacts_file)
    if not any(os.path.exists(os.path.join(files.log_dir, name)) for name in expected):
        raise CommandError(f"{place}: no JSONL log: {_instead_of_a_log(log_dir, expected)}")
    return files


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


def _instead_of_a_log(log_dir: str, names: tuple[str, ...]) -> str:
    directory = os.path.expanduser(log_dir)
    entries = [os.path.join(directory, entry) for entry in os.listdir(directory)]
    inside = sorted(
        entry
        for entry in entries
        if any(os.path.exists(os.path.join(entry, name)) for name in names)
    )
    if inside:
        return f"did you mean {' or '.join(inside[:5])}?"
    return (
        f"it has none of {', '.join(names)}. "
        f"If its files have other names, give the YAML file that configures them"
    )

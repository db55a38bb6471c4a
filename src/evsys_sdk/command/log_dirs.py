"""The log directories that a command line names."""

import os
import stat

from evsys_sdk.command.failures import CommandError
from evsys_sdk.log_stores._jsonl.paths import LogFiles

__all__ = ["log_files"]


def log_files(log_dir: str) -> LogFiles:
    """The files of the log in this directory.

    Raises:
        CommandError: The directory does not exist or has no log.
        OSError: The directory can't be read.
    """
    try:
        files = LogFiles.checked(log_dir, "metrics.jsonl", "hyperparams.json", "artifacts.json")
    except ValueError as error:
        raise CommandError(str(error)) from error
    if what := _instead_of_a_directory(files.log_dir):
        raise CommandError(f"{log_dir}: {what}. Name the directory of a JSONL log (its log_dir)")
    names = (files.metrics_file, files.hyperparams_file, files.artifacts_file)
    if not any(os.path.exists(os.path.join(files.log_dir, name)) for name in names):
        raise CommandError(f"{log_dir}: no JSONL log: {_instead_of_a_log(log_dir, names)}")
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
    return f"it has none of {', '.join(names)}"

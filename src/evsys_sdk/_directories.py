"""The directory that a store writes to, as its parameter ``log_dir`` names it."""

import errno
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from evsys_sdk._files import file_system_path
from evsys_sdk.arguments import checked_path

__all__ = ["Directory", "directory_path", "make_directory", "removed_directory_error"]


def directory_path(log_dir: str | os.PathLike[str]) -> str:
    """The absolute path of ``log_dir``, with ``~`` expanded.

    Bytes of the path that are not text in the encoding of the file system are kept.

    Raises:
        TypeError: ``log_dir`` is neither a string nor a path object that gives one.
        ValueError: It is empty, has a character that no path can have, or starts with the home
            directory of an unknown user.
    """
    given: Any = os.fspath(log_dir) if isinstance(log_dir, os.PathLike) else log_dir
    if not isinstance(given, str) or not given:
        given = checked_path(log_dir, "log_dir")  # which says what is wrong
    text = os.path.expanduser(file_system_path(given, "log_dir"))
    if text.startswith("~"):
        raise ValueError(
            f"log_dir starts with {text.split('/')[0]!r}, but no home directory has that name. "
            f"For a directory of this name, write './{text}'"
        )
    return os.path.abspath(text)


def make_directory(path: str) -> None:
    """Create the directory with its parents, if it is not there.

    Raises:
        OSError: It can't be created, or a file has this path.
    """
    try:
        os.makedirs(path, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(
            errno.ENOTDIR, "log_dir is a file, not a directory", path
        ) from error


def removed_directory_error(path: str) -> FileNotFoundError:
    """What a write raises when the directory of the log is gone."""
    return FileNotFoundError(
        errno.ENOENT,
        "log_dir was removed while the log was open, so this call was not recorded. "
        "Logging continues once the directory exists again",
        path,
    )


def _check_log_dir(value: Any) -> Any:
    if isinstance(value, str):
        directory_path(value)
    return value  # as it was given; pydantic refuses a value that is not a path


Directory = Annotated[Path, BeforeValidator(_check_log_dir)]
"""The type of a ``Config``'s ``log_dir``."""

"""Where the files of a log are, and which names they may have."""

import os
from dataclasses import dataclass
from typing import Self

from evsys_sdk._directories import directory_path
from evsys_sdk._files import file_system_path
from evsys_sdk.arguments import checked_text

__all__ = [
    "ARTIFACTS_FILE",
    "HYPERPARAMS_FILE",
    "LOCK_FILE",
    "METRICS_FILE",
    "TEMPORARY_SUFFIX",
    "LogFiles",
    "check_distinct",
    "check_file_name",
]

METRICS_FILE = "metrics.jsonl"
HYPERPARAMS_FILE = "hyperparams.json"
ARTIFACTS_FILE = "artifacts.json"

LOCK_FILE = ".jsonl.lock"
"""Locked while hyperparameters or artifacts are read or written; its content means nothing."""

TEMPORARY_SUFFIX = ".tmp"
"""Ends the name of a file that is about to replace another."""

_LONGEST_NAME = 255 - len(TEMPORARY_SUFFIX)  # in bytes; file systems take 255


def check_file_name(name: object, parameter: str) -> str:
    """The name that ``parameter`` gave, if it is the plain name of a file that a log may have.

    It is returned in a form that ``open`` accepts, for any encoding of the file system.

    Raises:
        TypeError: ``name`` is not a string.
        ValueError: It is not plain: a path, empty, ``.`` or ``..``, or longer than 251 bytes; or
            the store keeps its own file under it.
    """
    text = name if isinstance(name, str) and name else checked_text(name, parameter)
    plain = not {"/", "\0"} & {*text} and text not in {".", ".."}
    text = file_system_path(text, parameter) if plain else text
    if not plain or len(os.fsencode(text)) > _LONGEST_NAME:
        raise ValueError(
            f"{parameter} {text[:300]!r} is not the plain name of a file. The files of a log are "
            f"in log_dir itself: give a name without directories, and the directory as log_dir"
        )
    if text.casefold() == LOCK_FILE:
        raise ValueError(f"{parameter} {text!r} is the store's own lock file. Choose another name")
    return text


def check_distinct(metrics_file: str, hyperparams_file: str, artifacts_file: str) -> None:
    """Check that no file of the log would be written over another.

    Raises:
        ValueError: Two names are the same, or differ in case only (which is the same file on some
            file systems), or one is the temporary file of another.
    """
    names = {
        "metrics_file": metrics_file,
        "hyperparams_file": hyperparams_file,
        "artifacts_file": artifacts_file,
    }
    holders: dict[str, str] = {}
    for parameter, name in names.items():
        other = holders.setdefault(name.casefold(), parameter)
        if other != parameter:
            raise ValueError(f"{other} and {parameter} are both {name!r}. Each needs its own file")
    for parameter in ("hyperparams_file", "artifacts_file"):
        temporary = names[parameter] + TEMPORARY_SUFFIX
        taken = holders.get(temporary.casefold())
        if taken:
            raise ValueError(
                f"{taken} is {temporary!r}, which the store uses while it replaces {parameter} "
                f"{names[parameter]!r}. Choose another name"
            )


@dataclass(frozen=True)
class LogFiles:
    """The place of one log: its directory and the names of the three files in it."""

    log_dir: str
    metrics_file: str
    hyperparams_file: str
    artifacts_file: str

    @classmethod
    def checked(
        cls,
        log_dir: str | os.PathLike[str],
        metrics_file: str = METRICS_FILE,
        hyperparams_file: str = HYPERPARAMS_FILE,
        artifacts_file: str = ARTIFACTS_FILE,
    ) -> Self:
        """The place that these parameters of a store name.

        Raises:
            TypeError: One of them is not a string.
            ValueError: A file name is not plain, or two files would be one.
        """
        metrics_file = check_file_name(metrics_file, "metrics_file")
        hyperparams_file = check_file_name(hyperparams_file, "hyperparams_file")
        artifacts_file = check_file_name(artifacts_file, "artifacts_file")
        check_distinct(metrics_file, hyperparams_file, artifacts_file)
        return cls(directory_path(log_dir), metrics_file, hyperparams_file, artifacts_file)

    @property
    def metrics_path(self) -> str:
        """The path of the metrics file."""
        return os.path.join(self.log_dir, self.metrics_file)

    @property
    def hyperparams_path(self) -> str:
        """The path of the hyperparameters file."""
        return os.path.join(self.log_dir, self.hyperparams_file)

    @property
    def artifacts_path(self) -> str:
        """The path of the artifacts file."""
        return os.path.join(self.log_dir, self.artifacts_file)

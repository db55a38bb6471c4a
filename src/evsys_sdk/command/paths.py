"""The paths of a command line."""

import argparse
import os
import stat
from contextlib import suppress
from typing import BinaryIO

from evsys_sdk._files import file_system_path

__all__ = ["LOG_HELP", "open_output", "path", "replace_output"]

LOG_HELP = (
    "directory of a JSONL log or of TensorBoard's event files; a .jsonl or .csv file, a "
    "trainer_state.json, or the directory of one; or the YAML file that configures a store"
)
"""The help for an argument that names a log."""


def path(text: str) -> str:
    """The path that an argument gives, for the ``type`` of ``add_argument``.

    Raises:
        argparse.ArgumentTypeError: It is empty, or has a character that no path can have.
    """
    if not text:
        raise argparse.ArgumentTypeError("the path is empty; is a shell variable not set?")
    try:
        return file_system_path(text, "the path")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def open_output(file_name: str) -> BinaryIO:
    """Open a file for writing.

    ``open`` would wait forever for somebody to read from a FIFO; here that is an error.

    Raises:
        OSError: The file can't be opened.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(file_name, flags, 0o666)
    os.set_blocking(descriptor, True)
    return open(descriptor, "wb")


def replace_output(file_name: str, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a mixture.

    A device or a FIFO can't be replaced: it is written to.

    Raises:
        OSError: The file can't be written.
    """
    target = os.path.realpath(file_name)
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(target).st_mode):
            with open_output(target) as file:
                file.write(content)
            return
    new = f"{target}.new"
    try:
        with open_output(new) as file:
            file.write(content)
        os.replace(new, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(new)

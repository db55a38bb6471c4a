"""The paths of a command line."""

import argparse

from evsys_sdk._files import file_system_path

__all__ = ["path"]


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

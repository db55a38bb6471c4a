"""Errors that end a command early, and their messages."""

from pathlib import Path
from traceback import extract_tb

from evsys_sdk._child_failures import leaf_errors
from evsys_sdk.sources.errors import SourceError

__all__ = ["CommandError", "described"]


class CommandError(Exception):
    """The command could not do its work: exit status 2."""


def described(error: BaseException) -> str:
    """The error in one line, or a line per error of a group; notes follow in brackets."""
    return "\n".join(_line(each) for each in leaf_errors(error))


def _line(error: BaseException) -> str:
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", []))
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return f"{place}{error.strerror}{notes}"
    if isinstance(error, CommandError | SourceError | OSError | ImportError):
        return f"{error}{notes}"
    return f"{type(error).__name__}: {error}{notes}{_place(error)}"


def _place(error: BaseException) -> str:
    """Where an unexpected error was raised, for a bug report."""
    frames = extract_tb(error.__traceback__)
    return f" (raised at {Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""

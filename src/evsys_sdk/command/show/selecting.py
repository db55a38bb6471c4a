"""The metrics of a run that the user asks for."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from evsys_sdk.command.show.runs import Run
from evsys_sdk.text import nearest, shortened

__all__ = ["selected"]


def selected(run: Run, patterns: Sequence[str]) -> Run:
    """The run with the curves whose key matches one of the patterns; without patterns, as it is.

    A pattern that matches nothing is noted.
    """
    if not patterns:
        return run
    curves = {
        (key, split): curve
        for (key, split), curve in run.scan.curves.items()
        if any(fnmatchcase(key, pattern) for pattern in patterns)
    }
    notes = [*run.notes]
    for pattern in patterns:
        if not any(fnmatchcase(key, pattern) for key, _ in curves):
            guess = nearest(pattern, {key for key, _ in run.scan.curves})
            notes.append(f"no metric matches {shortened(pattern)!r}{guess}")
    return replace(run, scan=replace(run.scan, curves=curves), notes=notes)

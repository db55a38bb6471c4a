"""What a source holds."""

import os
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from evsys_sdk.command.show.scanning import Scan, scan_source
from evsys_sdk.errors import DamagedLogError
from evsys_sdk.run_log import ArtifactPointer
from evsys_sdk.sources.source import Source
from evsys_sdk.text import path_text

__all__ = ["Run", "read_run", "short_run_names"]


@dataclass
class Run:
    """A run, and the parts of it that could not be read."""

    name: str
    """The part of its path that tells it from the other runs."""
    source: Source
    scan: Scan
    hyperparams: dict[str, Any] = field(default_factory=dict[str, Any])
    artifacts: list[ArtifactPointer] = field(default_factory=list[ArtifactPointer])
    problems: list[str] = field(default_factory=list[str])
    """The damage, each with its place."""
    notes: list[str] = field(default_factory=list[str])
    """Data that is ignored but not damaged."""

    def refresh(self) -> None:
        """Read the hyperparameters and artifacts again, and say what is wrong with anything."""
        self.problems, self.notes = [], [*self.source.remarks]
        try:
            self.hyperparams = self.source.hyperparams(self.notes)
        except DamagedLogError as error:
            self.problems.append(str(error))
        try:
            self.artifacts = self.source.artifacts(self.notes)
        except DamagedLogError as error:
            self.problems.append(str(error))
        self.problems += self.scan.problems()
        self.notes += self.scan.notes()


def read_run(name: str, source: Source) -> Run:
    """Read a run. Damage is listed, and everything else is read."""
    run = Run(name, source, scan_source(source))
    run.refresh()
    return run


def short_run_names(logs: list[str]) -> list[str]:
    """A short name for each run: its path without the beginning and end that all paths share.

    The same directory twice has the same name twice.
    """
    parts = [os.path.normpath(path_text(log)).split(os.sep) for log in logs]
    if len({tuple(each) for each in parts}) == 1:
        return [os.sep.join(each) for each in parts]
    start = _common(parts)
    end = _common([each[: start - 1 : -1] if start else each[::-1] for each in parts])
    return [os.sep.join(each[start : len(each) - end]) or os.sep.join(each) for each in parts]


def _common(parts: list[list[str]]) -> int:
    """How many parts all paths begin with."""
    return sum(1 for _ in takewhile(lambda names: len({*names}) == 1, zip(*parts, strict=False)))

"""One way to log, in the form in which it is measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["SIZES", "Log", "Opened", "Subject"]

Log = Callable[[dict[str, float], int], object]
"""Logs metrics at a step."""

SIZES = (1, 5, 20, 100)
"""How many values a call has."""

_MOST_CALLS = {1: 20_000, 5: 10_000, 20: 5_000, 100: 2_000}


@dataclass(frozen=True)
class Opened:
    """A logger that is ready, with a fresh destination."""

    log: Log
    close: Callable[[], object]


@dataclass(frozen=True)
class Subject:
    """A logger as its users would call it, with the settings that cost it least."""

    name: str
    """As the tables call it."""
    group: Literal["own", "peer", "floor"]
    open: Callable[[Path], Opened]
    """Start logging into an empty directory. Imports what it needs, late."""
    read: Callable[[Path], list[dict[str, Any]]]
    """What is found in the directory afterwards, a dict per step, by its own tools."""
    distributions: tuple[str, ...] = ()
    """The packages whose versions are named, the first of which it can't do without."""
    module: str = ""
    """What its users import, if the time for that is measured."""
    most_calls: Mapping[int, int] = field(default_factory=lambda: _MOST_CALLS)
    """The most calls in one measurement, by the number of values."""
    settling_seconds: float = 0.1
    """How long its other processes may go on after it was killed, before its rows are read."""

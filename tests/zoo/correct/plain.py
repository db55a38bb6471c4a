"""A whole store in one class, for stores whose class is unusual in itself."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.front import Forbidding

LOGS: dict[str, RunLog] = {}
"""The log at each destination."""


class PlainConfig(Forbidding):
    destination: str


class PlainHarness(StoreHarness):
    """Reads the log at a destination in memory; stores begin a new log there."""

    def params(self, directory: Path) -> dict[str, Any]:
        return {"destination": str(directory)}

    def read(self, params: dict[str, Any]) -> RunLog:
        return deepcopy(LOGS[params["destination"]])


def begun(destination: str) -> RunLog:
    """A new log at a destination."""
    LOGS[destination] = RunLog([], {}, [])
    return LOGS[destination]


def row(step: int, split: str | None, metrics: dict[str, float]) -> MetricRow:
    """A row with its own dict."""
    return MetricRow(step=step, split=split, metrics=metrics)


def pointer(name: str, path: str, kind: str) -> ArtifactPointer:
    """An artifact pointer."""
    return ArtifactPointer(name=name, path=path, kind=kind)

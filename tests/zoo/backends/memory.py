"""A store that keeps its log in the memory of the process."""

import threading
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.front import Checks, Forbidding, Front
from zoo.stores import correct

LOGS: dict[str, RunLog] = {}
"""The log at each destination."""


class MemoryBack(Checks):
    """The place where records go, without the five methods, a name and a Config."""

    def __init__(self, *, destination: str) -> None:
        self.log = LOGS.setdefault(destination, RunLog([], {}, []))
        self.lock = threading.RLock()

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.log.metrics.append(MetricRow(step, split, points))

    def merge(self, params: dict[str, Any]) -> None:
        self.log.hyperparams.update(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.log.artifacts.append(ArtifactPointer(name, path, kind))


class Memory(MemoryBack, Front):
    """One row per call, in a dict of the module that is keyed by destination."""

    name: ClassVar[str] = "zoo_memory"

    class Config(Forbidding):
        destination: str


@correct("keeps everything in memory, in a module-level dict keyed by destination")
class MemoryHarness(StoreHarness):
    """Reads the dict, which only this process can."""

    store: Any = Memory
    capabilities = {"split", "float64", "resume", "threads"}

    def params(self, directory: Path) -> dict[str, Any]:
        return {"destination": str(directory)}

    def read(self, params: dict[str, Any]) -> RunLog:
        return deepcopy(LOGS.get(params["destination"], RunLog([], {}, [])))

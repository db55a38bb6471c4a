"""A store that keeps everything until it is closed."""

import pickle
from pathlib import Path
from typing import Any, ClassVar

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.front import Forbidding, Front
from zoo.stores import correct


class Buffered(Front):
    """One pickle, written by ``close``."""

    name: ClassVar[str] = "zoo_buffered"

    class Config(Forbidding):
        path: Path

    def __init__(self, *, path: Path) -> None:
        self.path = path
        self.log = RunLog([], {}, [])

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.log.metrics.append(MetricRow(step, split, points))

    def merge(self, params: dict[str, Any]) -> None:
        self.log.hyperparams.update(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.log.artifacts.append(ArtifactPointer(name, path, kind))

    def release(self) -> None:
        self.path.write_bytes(pickle.dumps(self.log))


def read_pickle(path: Path) -> RunLog:
    """The log in a pickle."""
    log: RunLog = pickle.loads(path.read_bytes())
    return log


@correct("writes nothing at all before close")
class BufferedHarness(StoreHarness):
    """Reads the pickle; before close there is none, and that is an error."""

    store: Any = Buffered

    def params(self, directory: Path) -> dict[str, Any]:
        return {"path": directory / "run.pickle"}

    def read(self, params: dict[str, Any]) -> RunLog:
        return read_pickle(params["path"])

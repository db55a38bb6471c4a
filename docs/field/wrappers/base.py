"""What the wrappers share: the shape of a store, and the calls that a logger does not have."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from evsys_sdk import Capability, MetricRow, RunLog
from evsys_sdk.log_stores.jsonl import JSONLLogStore


class Wrapper(ABC):
    """A logger as a store.

    A subclass forwards to the logger, and repairs nothing. A call of the contract that the logger
    does not have goes to a JSONL store in the folder ``beside``. So the clauses about other calls
    can be judged. The page says about the clauses about such a call that the logger has none.
    """

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]]

    class Config(BaseModel):
        """The parameters."""

        model_config = ConfigDict(extra="forbid")

        directory: Path

    def __init__(self, *, directory: str | Path) -> None:
        self.directory = Path(directory)
        self.logger = self.open()
        self._beside = JSONLLogStore(log_dir=self.directory / "beside")

    @abstractmethod
    def open(self) -> Any:
        """Open the logger in the directory of the store, as its documentation says."""

    @abstractmethod
    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Forward the metrics of a step."""

    @abstractmethod
    def finish(self) -> None:
        """End the logger, as its documentation says."""

    @classmethod
    @abstractmethod
    def read(cls, directory: Path) -> RunLog:
        """Read with the logger's reader what the logger recorded."""

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Forward one value."""
        self.log_metrics({key: value}, step)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Keep them beside the logger, unless a subclass forwards them."""
        self._beside.log_hyperparams(params)

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Keep a pointer beside the logger, unless a subclass forwards it."""
        self._beside.log_artifact(name, path, kind=kind)

    def close(self) -> None:
        """End the logger."""
        self._beside.close()
        self.finish()

    @classmethod
    def read_run(cls, *, directory: str | Path) -> RunLog:
        """Read what the logger recorded, and what was kept beside it."""
        log = cls.read(Path(directory))
        beside = JSONLLogStore.read_run(log_dir=Path(directory) / "beside")
        return RunLog(
            metrics=log.metrics,
            hyperparams=log.hyperparams | beside.hyperparams,
            artifacts=log.artifacts + beside.artifacts,
        )


def number(text: str, kind: Callable[[str], Any] = float) -> Any:
    """The number that a text spells, or else the text itself: the kit judges what is recorded."""
    try:
        return kind(text)
    except ValueError:
        return text


def only_metrics(rows: list[MetricRow]) -> RunLog:
    """The log of a logger that has calls for metrics only."""
    return RunLog(metrics=rows, hyperparams={}, artifacts=[])

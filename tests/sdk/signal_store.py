"""A store that signals its own process at one record: an interruption that can be repeated."""

import os
from typing import Any

from pydantic import BaseModel, ConfigDict

from evsys_sdk import register_log_store


@register_log_store("signal")
class SignalStore:
    """Sends ``signum`` to the process when ``step`` of ``split`` is logged."""

    name = "signal"

    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid")
        signum: int
        step: int
        split: str = "train"

    def __init__(self, *, signum: int, step: int, split: str = "train") -> None:
        self._signum = signum
        self._record = (step, split)

    def log_scalar(self, key: str, value: float, step: int) -> None:
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        if (step, split) == self._record:
            os.kill(os.getpid(), self._signum)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        pass

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        pass

    def close(self) -> None:
        pass

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.logger import LoggerCallback

class Checkpoint:
    path: str
    def __init__(self, path: str) -> None: ...
    @classmethod
    def from_directory(cls, path: str) -> Checkpoint: ...
    def as_directory(self) -> AbstractContextManager[str]: ...

class FailureConfig:
    def __init__(self, *, max_failures: int) -> None: ...

class RunConfig:
    def __init__(
        self,
        *,
        name: str,
        storage_path: str,
        callbacks: list[LoggerCallback],
        failure_config: FailureConfig = ...,
        verbose: int = ...,
    ) -> None: ...

class TuneConfig:
    def __init__(self, *, trial_dirname_creator: Callable[[Trial], str]) -> None: ...

class Result:
    path: str
    error: Exception | None

class ResultGrid:
    def __getitem__(self, index: int) -> Result: ...

class Tuner:
    def __init__(
        self,
        trainable: Callable[[dict[str, Any]], None],
        *,
        param_space: dict[str, Any],
        tune_config: TuneConfig,
        run_config: RunConfig,
    ) -> None: ...
    def fit(self) -> ResultGrid: ...

def get_checkpoint() -> Checkpoint | None: ...
def grid_search(values: list[Any]) -> dict[str, list[Any]]: ...
def report(metrics: dict[str, Any], *, checkpoint: Checkpoint | None = ...) -> None: ...

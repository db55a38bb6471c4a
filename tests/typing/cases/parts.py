"""The five methods of a conforming store, one class each.

A bad case inherits those that it gets right, so that it only has what it gets wrong.
"""

from typing import Any


class Scalar:
    def log_scalar(self, key: str, value: float, step: int) -> None: ...


class Metrics:
    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...


class Hyperparams:
    def log_hyperparams(self, params: dict[str, Any]) -> None: ...


class Artifact:
    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...


class Close:
    def close(self) -> None: ...


class Methods(Scalar, Metrics, Hyperparams, Artifact, Close):
    """All five."""

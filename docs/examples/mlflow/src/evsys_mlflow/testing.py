"""The harness that certifies the store, with a tracking server on this machine."""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from evsys_conformance import StoreHarness
from evsys_mlflow.local_server import MlflowServer
from evsys_mlflow.store import MlflowLogStore


class MlflowHarness(StoreHarness):
    """Every destination is a run on a server that the harness starts."""

    store = MlflowLogStore

    def __enter__(self) -> Self:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        self._server = MlflowServer()
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, traceback)

    def params(self, directory: Path) -> dict[str, Any]:
        """A run by the name of the directory."""
        return {"tracking_uri": self._server.tracking_uri, "run": directory.name}

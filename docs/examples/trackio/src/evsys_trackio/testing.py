"""The harness that certifies the store: ``pytest --evsys-conformance`` with its name."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from evsys_conformance import StoreHarness
from evsys_trackio.store import TrackioLogStore


class TrackioHarness(StoreHarness):
    """Every destination is a run in its own project, in a directory of temporary files."""

    store = TrackioLogStore

    def __enter__(self) -> Self:
        self._directory = TemporaryDirectory(prefix="evsys-trackio-", ignore_cleanup_errors=True)
        os.environ.setdefault("TRACKIO_DIR", self._directory.name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._directory.cleanup()

    def params(self, directory: Path) -> dict[str, Any]:
        """A project by the name of the directory."""
        return {"project": f"kit {directory.name}", "run": "run"}

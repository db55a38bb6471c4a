"""A server in a separate process for tests, and the harness that certifies the store with it."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from evsys_conformance import StoreHarness
from evsys_http.store import HttpLogStore


class ServerProcess:
    """``python -m evsys_http.server`` on a free port, with its files in a temporary directory."""

    def __enter__(self) -> Self:
        self._directory = tempfile.mkdtemp(prefix="evsys-http-")
        self._port = "0"
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self._directory)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self._directory)

    @property
    def url(self) -> str:
        """Where it is; the same after it was started again."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it; returns when it listens."""
        command = [sys.executable, "-m", "evsys_http.server", "--port", self._port]
        self._process = subprocess.Popen(
            [*command, "--directory", self._directory], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        found = re.search(r":(\d+)$", said.strip())
        if found is None:
            self.kill()
            raise RuntimeError("python -m evsys_http.server did not start")
        self._port = found[1]

    def kill(self) -> None:
        """SIGKILL it."""
        with self._process:
            self._process.kill()


class HttpHarness(StoreHarness):
    """Every destination is a run on a server that the harness starts."""

    store = HttpLogStore

    def __enter__(self) -> Self:
        self._server = ServerProcess()
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
        return {"endpoint": f"{self._server.url}/{directory.name}"}

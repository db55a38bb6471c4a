"""A tracking server on this machine, for tests and measurements."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

_START_SECONDS = 180.0
_STOP_SECONDS = 20.0


class MlflowServer:
    """``mlflow server`` on a free port of 127.0.0.1, with SQLite in a temporary directory."""

    def __enter__(self) -> Self:
        self._directory = Path(tempfile.mkdtemp(prefix="evsys-mlflow-"))
        self._port = _free_port()
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
        self.stop()
        shutil.rmtree(self._directory)

    @property
    def tracking_uri(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self._directory / "mlflow.db"

    def start(self) -> None:
        """Start it, again on the same port and database; returns when it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
        command += ["--port", str(self._port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{self.database}"]
        command += ["--artifacts-destination", str(self._directory / "artifacts")]
        # It would start seven processes for jobs, and tell its makers about itself.
        environment = {
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PYTHONWARNINGS": "ignore",
        }
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._directory,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # its workers are ended with it
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it and its workers at once, as a machine that goes away would."""
        _signal(self._process.pid, signal.SIGKILL)
        self._process.wait()
        until = time.monotonic() + _STOP_SECONDS
        while _signal(self._process.pid, 0) and time.monotonic() < until:
            time.sleep(0.01)  # its workers are not ours to wait for

    @property
    def _log(self) -> Path:
        return self._directory / "log"

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise RuntimeError(f"mlflow server ended: {self._log.read_text()[-2000:]}")
            try:
                with urlopen(f"{self.tracking_uri}/health", timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError(f"mlflow server does not answer: {self._log.read_text()[-2000:]}")


def _signal(group: int, number: int) -> bool:
    """Signal a group of processes; say whether there is one."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

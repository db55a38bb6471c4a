"""Harnesses of the built-in stores."""

from pathlib import Path
from typing import Any

from evsys_conformance.harness import StoreHarness
from evsys_sdk.registry import get_log_store
from evsys_sdk.run_log import RunLog


class JSONLHarness(StoreHarness):
    """Logs into the directory itself."""

    def __init__(self) -> None:
        """Load the store."""
        self.store = get_log_store("jsonl")

    def params(self, directory: Path) -> dict[str, Any]:
        """Logs into the directory itself."""
        return {"log_dir": str(directory)}


class TensorBoardHarness(StoreHarness):
    """Logs into the directory itself."""

    def __init__(self) -> None:
        """Load the store.

        Raises:
            LogStorePluginError: tensorboard is not installed.
        """
        self.store = get_log_store("tensorboard")

    def params(self, directory: Path) -> dict[str, Any]:
        """Logs into the directory itself."""
        return {"log_dir": str(directory)}


class MultiplexHarness(JSONLHarness):
    """Two jsonl children; one of them is read, by turns the first and the second."""

    def __init__(self) -> None:
        """Load the store."""
        self.store = get_log_store("multiplex")
        self._first = True

    def params(self, directory: Path) -> dict[str, Any]:
        """Logs into two directories inside the directory."""
        children: list[dict[str, Any]] = [
            {"kind": "jsonl", "params": {"log_dir": str(directory / name)}}
            for name in ("read", "beside")
        ]
        self._first = not self._first
        return {"children": children if self._first else children[::-1]}

    def read(self, params: dict[str, Any]) -> RunLog:
        """What the child in the directory ``read`` holds."""
        store: Any = get_log_store("jsonl")
        (log_dir,) = (
            child["params"]["log_dir"]
            for child in params["children"]
            if Path(child["params"]["log_dir"]).name == "read"
        )
        run_log: RunLog = store.read_run(log_dir=log_dir)
        return run_log


class BackgroundHarness(StoreHarness):
    """A background store over a jsonl store."""

    def __init__(self) -> None:
        """Load the store."""
        self.store = get_log_store("background")

    def params(self, directory: Path) -> dict[str, Any]:
        """Logs into the directory itself."""
        return {"child": {"kind": "jsonl", "params": {"log_dir": str(directory)}}}


class MemoryHarness(StoreHarness):
    """Names the log after the directory."""

    def __init__(self) -> None:
        """Load the store."""
        self.store = get_log_store("memory")

    def params(self, directory: Path) -> dict[str, Any]:
        """A log that has the directory's path as its name."""
        return {"destination": str(directory)}


HARNESSES: dict[str, type[StoreHarness]] = {
    "jsonl": JSONLHarness,
    "tensorboard": TensorBoardHarness,
    "multiplex": MultiplexHarness,
    "background": BackgroundHarness,
    "memory": MemoryHarness,
}
"""Harness by kind."""

"""A correct store that also writes down what it receives, and a harness for it."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from evsys_conformance import StoreHarness
from evsys_conformance.programs.calls import Call
from evsys_sdk import RunLog
from evsys_sdk.log_stores.jsonl import JSONLLogStore

RECEIVED = "received.txt"
"""The file at each destination that says what was received there, one line each."""


class RecordingStore:
    """Hands every call on to the jsonl store, and writes it down in ``received.txt``."""

    name: ClassVar[str] = "recording"

    class Config(BaseModel, extra="forbid"):
        log_dir: Path

    def __init__(self, *, log_dir: Path) -> None:
        self._inner = JSONLLogStore(log_dir=log_dir)
        self._directory = log_dir
        self._receive("open")

    def _receive(self, what: str) -> None:
        with (self._directory / RECEIVED).open("a", encoding="utf-8") as file:
            file.write(ascii(what.replace(str(self._directory), "HERE")) + "\n")

    def _hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        call = Call(method, arguments, keywords)
        try:
            self._receive(call.code())
        except RecursionError:  # An argument that holds itself.
            self._receive(repr(call))
        getattr(self._inner, method)(*arguments, **keywords)

    def log_scalar(self, *arguments: Any, **keywords: Any) -> None:
        self._hand_on("log_scalar", *arguments, **keywords)

    def log_metrics(self, *arguments: Any, **keywords: Any) -> None:
        self._hand_on("log_metrics", *arguments, **keywords)

    def log_hyperparams(self, *arguments: Any, **keywords: Any) -> None:
        self._hand_on("log_hyperparams", *arguments, **keywords)

    def log_artifact(self, *arguments: Any, **keywords: Any) -> None:
        self._hand_on("log_artifact", *arguments, **keywords)

    def close(self, *arguments: Any, **keywords: Any) -> None:
        self._hand_on("close", *arguments, **keywords)


class RecordingHarness(StoreHarness):
    """Remembers every destination that it was asked for."""

    store: Any = RecordingStore
    capabilities = {"split", "float64", "resume", "crash", "threads", "processes", "fork"}

    def __init__(self) -> None:
        self.destinations: list[Path] = []

    def params(self, directory: Path) -> dict[str, Any]:
        self.destinations.append(directory)
        return {"log_dir": directory}

    def read(self, params: dict[str, Any]) -> RunLog:
        return JSONLLogStore.read_run(log_dir=params["log_dir"])

    def received(self) -> list[list[str]]:
        """What each destination received, in order."""
        files = [directory / RECEIVED for directory in self.destinations]
        return [file.read_text().splitlines() if file.exists() else [] for file in files]

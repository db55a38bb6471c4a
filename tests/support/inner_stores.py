"""Stores and harnesses for the inner sessions of the kit's tests."""

import copy
import json
import operator
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, got {value!r}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, str | bytes | bytearray):
        raise TypeError(f"a number is needed, not {value!r}")
    return float(value)


class MemoryStore:
    """Correct: keeps every log in memory, by directory."""

    name: ClassVar[str] = "memory"
    logs: ClassVar[dict[str, RunLog]] = {}

    class Config(BaseModel, extra="forbid"):
        log_dir: str

    def __init__(self, *, log_dir: str) -> None:
        self._log = self.logs.setdefault(log_dir, RunLog([], {}, []))
        self._closed = False

    def _require_open(self) -> None:
        if self._closed:
            raise RuntimeError("closed")

    def log_scalar(self, key: str, value: float, step: int) -> None:
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self._require_open()
        items = {_text(key): _number(value) for key, value in metrics.items()}
        row = MetricRow(step=operator.index(step), split=_text(split), metrics=items)
        self._log.metrics.append(row)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        self._require_open()
        encoded = json.dumps({_text(key): value for key, value in params.items()})
        self._log.hyperparams.update(json.loads(encoded))

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        self._require_open()
        pointer = ArtifactPointer(name=_text(name), path=_text(path), kind=_text(kind))
        self._log.artifacts.append(pointer)

    def close(self) -> None:
        self._closed = True

    @classmethod
    def read_run(cls, log_dir: str) -> RunLog:
        return copy.deepcopy(cls.logs[log_dir])


class RoundingStore(MemoryStore):
    """Faulty: keeps six digits (MET-4, and what else compares values)."""

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        rounded = {key: round(_number(value), 6) for key, value in metrics.items()}
        super().log_metrics(rounded, step, split=split)


class NamelessStore(MemoryStore):
    """Faulty: breaks ID-1 and nothing else."""

    name: ClassVar[str] = ""


class OpenStore(MemoryStore):
    """Faulty: writes after close (CL-3, and what else closes)."""

    def close(self) -> None:
        return


class LoudStore(OpenStore):
    """Faulty, and prints."""

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        print("a store that prints")
        super().log_metrics(metrics, step, split=split)


class HangingStore(MemoryStore):
    """Faulty: never closes."""

    def close(self) -> None:
        threading.Event().wait()


class RequiredStore(MemoryStore):
    """Its parameters can't be guessed."""

    class Config(MemoryStore.Config):
        endpoint: str

    def __init__(self, *, log_dir: str, endpoint: str) -> None:
        super().__init__(log_dir=log_dir)
        self.endpoint = endpoint


class EndingStore(MemoryStore):
    """Faulty: the second call ends its program in the way that MY_STORES_END names."""

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        match os.environ["MY_STORES_END"]:
            case "os._exit":
                os._exit(3)
            case "SystemExit":
                raise SystemExit("no disk")
            case _:
                raise KeyboardInterrupt


class Harness(StoreHarness):
    """Writes down when it is entered and left."""

    store: Any = MemoryStore

    def params(self, directory: Path) -> dict[str, Any]:
        return {"log_dir": str(directory)}

    def __enter__(self) -> Self:
        self._happened("entered")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._happened("left")

    def _happened(self, what: str) -> None:
        with Path(__file__).with_name("events.txt").open("a") as events:
            events.write(f"{what} {type(self).__name__}\n")


class RoundingHarness(Harness):
    store = RoundingStore


class OpenHarness(Harness):
    store = OpenStore


class EndingHarness(Harness):
    store = EndingStore


class ExceptionHarness(Harness):
    store = NamelessStore
    expected_failures: Mapping[str, str] = {"ID-1": "a known hole; issue 12"}


class NeedlessExceptionHarness(Harness):
    expected_failures: Mapping[str, str] = {"CL-3": "mended long ago"}


class BlindHarness(Harness):
    def read(self, params: dict[str, Any]) -> None:
        return None


class SkippingHarness(Harness):
    def params(self, directory: Path) -> dict[str, Any]:
        import pytest

        pytest.skip("no server today")


class NoServerHarness(Harness):
    def __enter__(self) -> Self:
        raise ConnectionRefusedError("no server on port 8000")


class StickyHarness(Harness):
    def __exit__(self, *_: object) -> None:
        raise TimeoutError("the server does not stop")

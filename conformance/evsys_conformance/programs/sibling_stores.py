"""Stores of the kit, to use next to a store under test or inside a composite one."""

import copy
from collections import defaultdict
from typing import Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict

from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call


class SiblingFailed(Exception):  # noqa: N818 - what a failing sibling says
    """Raised by a :class:`FailingStore`."""


class RecordingStore:
    """Keeps every call in memory, under the token that it was built with."""

    name: ClassVar[str] = "evsys-conformance-recording"
    received: ClassVar[dict[str, list[Call]]] = defaultdict(list)
    """Calls by token, in order, as this store received them."""
    closed: ClassVar[dict[str, int]] = defaultdict(int)
    """How often close was called, by token."""

    class Config(BaseModel):
        """Parameters of the store."""

        model_config = ConfigDict(extra="forbid")
        token: str

    def __init__(self, *, token: str) -> None:
        self._token = token

    def _received(self, call: Call) -> None:
        self.received[self._token].append(copy.deepcopy(call))

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Keep the call."""
        self._received(calls.scalar(key, value, step))

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Keep the call."""
        self._received(calls.metrics(metrics, step, split))

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Keep the call."""
        self._received(calls.hyperparams(params))

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Keep the call."""
        self._received(calls.artifact(name, path, kind))

    def close(self) -> None:
        """Count it."""
        self.closed[self._token] += 1


class FailingStore(RecordingStore):
    """Keeps every call, and then raises: on writes and on close."""

    name: ClassVar[str] = "evsys-conformance-failing"

    def _received(self, call: Call) -> None:
        super()._received(call)
        raise SiblingFailed(call.method)

    def close(self) -> None:
        """Count it and raise."""
        super().close()
        raise SiblingFailed("close")


class ChangingStore(RecordingStore):
    """Keeps every call, and then changes the dict that it was handed."""

    name: ClassVar[str] = "evsys-conformance-changing"

    def _received(self, call: Call) -> None:
        super()._received(call)
        for argument in call.arguments:
            if isinstance(argument, dict):
                _spoil(cast("dict[str, Any]", argument))


def _spoil(value: dict[str, Any]) -> None:
    for item in value.values():
        match item:
            case dict():
                _spoil(cast("dict[str, Any]", item))
            case list():
                cast("list[object]", item).append("changed by a sibling")
            case _:
                pass
    value.clear()
    value["changed by a sibling"] = -1.0


def forget(token: str) -> None:
    """Drop what was kept under a token."""
    RecordingStore.received.pop(token, None)
    RecordingStore.closed.pop(token, None)

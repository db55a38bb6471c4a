"""A correct store in which nearly every line keeps a clause: ``mutation.py`` changes it.

It keeps logs in memory, and checks its arguments itself, so that the kit has every check to judge.
"""

import operator
import os
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from evsys_sdk import ArtifactPointer, MetricRow, RunLog

LOGS: dict[str, RunLog] = {}
"""The log at each destination."""


class PlainStore:
    """Keep the log of a destination in memory."""

    name: ClassVar[str] = "plain"

    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid")
        destination: str

    def __init__(self, destination: str) -> None:
        self._log = LOGS.setdefault(destination, RunLog([], {}, []))
        self._closed = False

    def log_scalar(self, key: str, value: Any, step: Any) -> None:
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: Mapping[str, Any], step: Any, *, split: str = "train") -> None:
        self._refuse_if_closed()
        values = {_text(key): _number(value) for key, value in metrics.items()}
        row = MetricRow(step=operator.index(step), split=_text(split), metrics=values)
        self._log.metrics.append(row)

    def log_hyperparams(self, params: Mapping[str, Any]) -> None:
        self._refuse_if_closed()
        try:
            values = _json_dict(params)
        except RecursionError:
            raise ValueError("params are nested too deep, or a value contains itself") from None
        self._log.hyperparams.update(values)

    def log_artifact(self, name: str, path: Any, *, kind: str = "file") -> None:
        self._refuse_if_closed()
        self._log.artifacts.append(
            ArtifactPointer(name=_text(name), path=_text(os.fspath(path)), kind=_text(kind))
        )

    def close(self) -> None:
        self._closed = True

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a key, split, name, path or kind must be a string, got {value!r}")
    value.encode()  # It raises where the string is not text.
    return str.__str__(value)


def _number(value: Any) -> float:
    if isinstance(value, str | bytes | bytearray):
        raise TypeError(f"a value must be a number, got {value!r}")
    return float(value)


def _json(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return _json_dict(value)


def _json_dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"a hyperparameter must have a JSON form, got {value!r}")
    return {_text(key): _json(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]

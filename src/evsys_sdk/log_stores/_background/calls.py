"""A call as it waits in the queue: a function of this module and its arguments, in a flat tuple.

A flat tuple is the cheapest thing that holds a call. The functions are named for the methods.
"""

from typing import Any

from evsys_sdk.log_stores._background.device_values import DeviceValue, resolved
from evsys_sdk.protocols import LogStore

__all__ = [
    "Call",
    "described",
    "log_artifact",
    "log_hyperparams",
    "log_metrics",
    "log_metrics_later",
    "log_scalar",
    "log_scalar_later",
    "method_of",
]

Call = tuple[Any, ...]
"""A function of this module, and its arguments after the child."""


def log_scalar(child: LogStore, key: str, value: float, step: int) -> None:
    """Make the call ``log_scalar``."""
    child.log_scalar(key, value, step)


def log_scalar_later(child: LogStore, key: str, value: DeviceValue, step: int) -> None:
    """Make the call ``log_scalar`` with a value that a device computed."""
    [(key, number)] = resolved({key: 0.0}, {key: value}).items()
    child.log_scalar(key, number, step)


def log_metrics(child: LogStore, metrics: dict[str, float], step: int, split: str) -> None:
    """Make the call ``log_metrics``."""
    child.log_metrics(metrics, step, split=split)


def log_metrics_later(
    child: LogStore, metrics: dict[str, float], step: int, split: str, later: dict[str, DeviceValue]
) -> None:
    """Make the call ``log_metrics``, some of whose values a device computed."""
    child.log_metrics(resolved(metrics, later), step, split=split)


def log_hyperparams(child: LogStore, params: dict[str, Any]) -> None:
    """Make the call ``log_hyperparams``."""
    child.log_hyperparams(params)


def log_artifact(child: LogStore, name: str, path: str, kind: str) -> None:
    """Make the call ``log_artifact``."""
    child.log_artifact(name, path, kind=kind)


_PLACE_OF_STEP = {log_scalar: 3, log_scalar_later: 3, log_metrics: 2, log_metrics_later: 2}


def method_of(call: Call) -> str:
    """The name of the method that was called."""
    name: str = call[0].__name__
    return name.removesuffix("_later")


def described(call: Call) -> str:
    """The call in words, for errors: ``log_metrics() at step 3``."""
    place = _PLACE_OF_STEP.get(call[0])
    return f"{method_of(call)}(){'' if place is None else f' at step {call[place]}'}"

"""Numbers that a device still computes: copied without waiting for it, and read in the thread.

``float(tensor)`` of a tensor on a GPU waits until the GPU has done everything that was queued
before. A copy does not wait: it is queued like any other work of the GPU. No library is imported:
a value whose library was never imported can't arrive.
"""

import copy
import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from evsys_sdk._arguments.values import copy_of_mapping
from evsys_sdk.arguments import checked_metrics

__all__ = ["DeviceValue", "checked_or_later", "resolved"]

_READ_AT_ONCE = frozenset({"builtins", "numpy", "decimal", "fractions", "pandas", "polars", "jax"})
"""Packages whose numbers are read at once: they are in memory. Of JAX, these are the tracers, which
have no value yet, and reading one raises."""
_ARRAYS_OF_JAX = "jaxlib"
"""The package of their class. Its base class is in ``jax``, as the tracers are."""


class DeviceValue(NamedTuple):
    """A number to be read later: nobody else changes it."""

    value: Any
    ready: Any
    """An event of the device that comes after the copy; None if there is nothing to wait for."""


def checked_or_later(metrics: Any) -> tuple[dict[str, float], dict[str, DeviceValue]]:
    """The checked items of ``metrics``, with 0.0 for values that must be read later; and those.

    Raises:
        TypeError: As :func:`~evsys_sdk.arguments.checked_metrics`.
        ValueError: Likewise.
    """
    # The copy comes first: another thread may change the caller's dict during the checks.
    values: dict[Any, Any] = copy_of_mapping(metrics, "metrics")
    waiting = {key: value for key, value in values.items() if _waits(value)}
    if not waiting:
        return checked_metrics(values), {}
    checked = checked_metrics(values | dict.fromkeys(waiting, 0.0))
    return checked, {key: _snapshot(value) for key, value in waiting.items()}


def resolved(metrics: dict[str, float], later: dict[str, DeviceValue]) -> dict[str, float]:
    """The metrics with the values that were to be read later."""
    for each in later.values():
        if each.ready is not None:
            each.ready.synchronize()
    return metrics | checked_metrics({key: each.value for key, each in later.items()})


def _waits(value: Any) -> bool:
    """Whether reading the value may take long, and it is certain to be a number."""
    if not _may_wait(value.__class__):
        return False
    try:
        device = getattr(getattr(value, "device", None), "type", None)
    except RuntimeError:  # an array of JAX that was deleted: reading it at once says so
        return False
    return device != "cpu" and _is_one(getattr(value, "shape", ())) and not _is_complex(value)


@lru_cache(256)
def _may_wait(kind: type) -> bool:
    if not hasattr(kind, "__float__"):
        return False
    if _package(kind) == _ARRAYS_OF_JAX:
        return True
    return _READ_AT_ONCE.isdisjoint(_package(base) for base in kind.__mro__ if base is not object)


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _is_one(shape: Iterable[object]) -> bool:
    return all(size == 1 for size in shape)


def _is_complex(value: Any) -> bool:
    return "complex" in str(getattr(value, "dtype", ""))


def _snapshot(value: Any) -> DeviceValue:
    if _package(value.__class__) == _ARRAYS_OF_JAX:
        return DeviceValue(value, None)  # it can't be changed
    if hasattr(value, "detach") and hasattr(value, "clone"):
        return DeviceValue(value.detach().clone(), _event_after(value))
    return DeviceValue(copy.copy(value), None)


def _event_after(tensor: Any) -> Any:
    """An event that follows the copy in the caller's stream; None if the device has no events.

    The thread uses the default stream, which would not wait for a stream of the caller's own.
    """
    torch: Any = sys.modules.get("torch")
    if torch is None or not isinstance(tensor, torch.Tensor):
        return None
    backend: Any = getattr(torch, tensor.device.type, None)  # torch.cuda, torch.xpu, ...
    if not hasattr(backend, "Event") or not hasattr(backend, "current_stream"):
        return None
    event = backend.Event()
    event.record(backend.current_stream(tensor.device))
    return event

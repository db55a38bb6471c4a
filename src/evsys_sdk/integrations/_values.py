"""What frameworks hand to their loggers, as log stores take it."""

import logging
from argparse import Namespace
from collections.abc import Mapping
from typing import Any, cast

__all__ = ["json_params", "only_numbers"]

# The depth that every store takes (clause HP-1).
_DEEPEST = 100
_reported: set[str] = set()


def only_numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The items that are one number, as they are: floats, 0-d arrays, 0-d tensors.

    Frameworks put texts and arrays of one value per class among their metrics. They are left out,
    with a warning in the log of this module the first time that a key has one: hours of training
    should not end for it.
    """
    numbers: dict[str, float] = {}
    for key, value in metrics.items():
        if _is_number(value):
            numbers[key] = value
        elif key not in _reported:
            _reported.add(key)
            logging.getLogger(__name__).warning(
                "the metric %r is not logged: %.60r is not one number", key, value
            )
    return numbers


def _is_number(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return False
    if getattr(value, "ndim", 0) != 0:
        return False
    return hasattr(value, "__float__") or hasattr(value, "__index__")


def json_params(params: Mapping[Any, Any] | Namespace) -> dict[str, Any]:
    """``params`` as JSON values, whatever they hold.

    None, bool, int, float and str stay as they are. Mappings and namespaces become dicts whose keys
    are ``str(key)``; tuples become lists. A class or a function becomes its qualified name, and
    everything else ``str(value)``: a path, a set, an enum, a tensor; also what contains itself or
    is nested more than 100 deep.
    """
    items = vars(params) if isinstance(params, Namespace) else params
    return {str(key): _json_value(value, (items,)) for key, value in items.items()}


def _json_value(value: Any, outer: tuple[object, ...]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if len(outer) < _DEEPEST and not any(value is each for each in outer):
        if isinstance(value, Namespace):
            value = vars(value)
        if isinstance(value, Mapping):
            mapping = cast("Mapping[object, object]", value)
            inside = (*outer, mapping)
            return {str(key): _json_value(each, inside) for key, each in mapping.items()}
        if isinstance(value, list | tuple):
            sequence = cast("list[object]", value)
            inside = (*outer, sequence)
            return [_json_value(each, inside) for each in sequence]
    if callable(value) and hasattr(value, "__qualname__"):
        # str() of a function has its address, which differs from run to run.
        return f"{value.__module__}.{value.__qualname__}"
    return str(value)

"""Whether a call is one that every store must refuse (MET-7, HP-3)."""

import operator
from typing import Any, cast

from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs.calls import Call


def must_be_refused(call: Call) -> bool:
    """Whether an argument is not what the contract asks for."""
    given = named_arguments(call)
    match call.method:
        case "log_scalar":
            return (
                not isinstance(given["key"], str)
                or not _is_number(given["value"])
                or not _is_step(given["step"])
            )
        case "log_metrics":
            items = cast("dict[Any, Any]", given["metrics"])
            return (
                not all(isinstance(key, str) for key in items)
                or not all(map(_is_number, items.values()))
                or not _is_step(given["step"])
                or not isinstance(given.get("split", "train"), str)
            )
        case "log_hyperparams":
            params = cast("dict[Any, Any]", given["params"])
            return not all(isinstance(key, str) for key in params) or not _has_json_form(params)
        case _:
            return not all(isinstance(each, str) for each in given.values())


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, str | bytes)


def _is_step(step: Any) -> bool:
    try:
        operator.index(step)
    except TypeError:
        return False
    return True


def _has_json_form(value: Any, inside: tuple[int, ...] = ()) -> bool:
    if id(value) in inside:
        return False
    inside = (*inside, id(value))
    match value:
        case dict():
            return all(_has_json_form(v, inside) for v in cast("dict[object, Any]", value).values())
        case list() | tuple():
            return all(_has_json_form(item, inside) for item in cast("list[object]", value))
        case _:
            return value is None or isinstance(value, str | int | float)

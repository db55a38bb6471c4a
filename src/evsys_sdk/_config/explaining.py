"""The problems that pydantic finds in a ``log_store`` section, explained to its author.

pydantic knows what is wrong and in which of its models. Here that place is found again in what was
given, which gives each problem its path, and the name that was probably meant.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast, get_args

from pydantic import BaseModel

from evsys_sdk._config.spec import LogStoreSpec
from evsys_sdk._config.wording import requirement, shown_in_yaml
from evsys_sdk._problems import OUR_WORDS, ConfigProblem, Path
from evsys_sdk._registry.class_checks import config_model, given_as
from evsys_sdk.errors import LogStoreError
from evsys_sdk.registry import get_log_store, list_log_stores
from evsys_sdk.text import nearest

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_NOWHERE = object()


@dataclass
class _Place:
    """The place of an error of pydantic in the given data."""

    path: Path
    names: list[str] | None
    """What the last part of the path could have been called; None if that is not known."""
    section: object
    """The closest ``{kind, params}`` around it."""
    in_params: bool
    """Whether it is a parameter, or within one; else it is a key of the section itself."""


def explain(error: "ValidationError", section: object, prefix: Path) -> list[ConfigProblem]:
    """The problems in ``section``, which is at ``prefix`` and was validated as a spec."""
    problems: list[ConfigProblem] = []
    for details in error.errors(include_url=False):
        if details["type"] == "default_factory_not_called":
            continue  # it follows from another problem, which is listed too
        place = _locate(section, details)
        problems.append(ConfigProblem((*prefix, *place.path), _text(details, place)))
    return problems


def _loc_of_value(details: "ErrorDetails") -> Path:
    """The path of the value; for a wrong name, the path of the mapping that has it."""
    if details["type"] == "invalid_key":
        return details["loc"][:-1]
    return details["loc"][:-2] if details["loc"][-1:] == ("[key]",) else details["loc"]


def _locate(section: object, details: "ErrorDetails") -> _Place:
    place = _Place((), [], section, in_params=False)
    models: list[type[BaseModel]] = [LogStoreSpec]
    value = section
    loc = _loc_of_value(details)
    for number, part in enumerate(loc, 1):
        fields = [_fields(model)[part] for model in models if part in _fields(model)]
        child = _child(value, part)
        missing = details["type"].startswith("missing") and number == len(loc)
        if not fields and child is _NOWHERE and not missing:
            # pydantic tells the parts of a union apart by a part of the location: no place at all.
            continue
        in_params = models != [LogStoreSpec]
        names = sorted({str(name) for model in models for name in _fields(model)})
        known = names if models else None
        around = place.section if in_params else value
        place = _Place((*place.path, part), known, around, in_params)
        if part == "params" and not in_params:
            models = _config_models(value)
        elif fields:
            models = [model for field in fields for model in _models_in(field.annotation)]
        value = child
    return place


def _text(details: "ErrorDetails", place: _Place) -> str:
    """What is wrong, what was given instead, and what was probably meant."""
    if details["type"] == OUR_WORDS:
        return details["msg"]
    value = details["input"]
    given = f"got {shown_in_yaml(value)}"
    match details["type"]:
        case "extra_forbidden" | "unexpected_keyword_argument":
            return _unknown_name(place)
        case "missing" if place.path[-1:] == ("kind",) and not place.in_params:
            return f"is missing; name one of {', '.join(list_log_stores())}"
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            return "is missing, and has no default"
        case "model_type" if details.get("ctx", {}).get("class_name") == LogStoreSpec.__name__:
            return f"must be a mapping with kind and params, {given}"
        case "invalid_key" | "string_type" if _loc_of_value(details) != details["loc"]:
            return f"must have strings as names, {given}: put it in quotes"
        case "string_type" | "path_type" if isinstance(value, bool | int | float | date):
            return f"{requirement(details)}, {given}: put it in quotes"
        case "value_error" | "assertion_error" if not isinstance(value, str | int | float):
            return requirement(details)
        case "value_error" | "assertion_error":
            text = requirement(details)
            return text if f"{value!r:.60}" in text else f"{text}; {given}"
        case _:
            return f"{requirement(details)}, {given}"


def _unknown_name(place: _Place) -> str:
    name = str(place.path[-1])
    if not place.in_params and any(name in _fields(m) for m in _config_models(place.section)):
        return "is a parameter of the store: write it under params"
    what = "unknown parameter" if place.in_params else "unknown key beside kind and params"
    if place.names is None:
        return what
    known = ", ".join(place.names) or "none"
    return f"{what}{nearest(name, place.names) or f'; known: {known}'}"


def _fields(model: type[BaseModel]) -> "dict[str | int, FieldInfo]":
    """The fields of a model, by the names under which they are given."""
    return {given_as(name, field): field for name, field in model.model_fields.items()}


def _config_models(section: object) -> list[type[BaseModel]]:
    kind = _child(section, "kind")
    if not isinstance(kind, str):
        return []
    try:
        return [config_model(get_log_store(kind))]
    except LogStoreError:
        return []


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Every pydantic model that an annotation mentions: X, X | None, list[X], dict[str, X]."""
    arguments = get_args(annotation)
    if not arguments and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in arguments:
        yield from _models_in(argument)


def _child(value: object, part: str | int) -> object:
    if isinstance(value, Mapping):
        return cast("Mapping[Any, object]", value).get(part, _NOWHERE)
    if isinstance(part, int):
        items = cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()
        return items[part] if part < len(items) else _NOWHERE
    # A spec that was made in Python is in the data as an object.
    return getattr(value, part, _NOWHERE) if isinstance(value, BaseModel) else _NOWHERE

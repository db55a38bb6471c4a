"""Where the stores of a configuration write to, and which of them write to the same place.

Every child of a multiplex gets every call, so two children with one destination would record
everything twice. Destinations are compared as follows:

- A ``Config`` may have a method ``destinations()``. It returns, as strings, the files or other
  places that a store with these parameters writes to. Two stores of one kind clash if they share
  one.
- Without this method, two stores of one kind clash if they have the same parameters, with defaults
  filled in and paths resolved. A store that is given no parameters names no destination.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import NamedTuple, cast

from pydantic import BaseModel, ValidationError

from evsys_sdk._config.spec import LogStoreSpec
from evsys_sdk._problems import ConfigProblem, Path, shown_path
from evsys_sdk._registry.class_checks import config_model, given_as
from evsys_sdk.errors import LogStoreError
from evsys_sdk.registry import get_log_store

__all__ = ["declared_destinations", "destination_problems"]


class _Destination(NamedTuple):
    kind: str
    name: str
    declared: bool
    """Whether the kind has named it; else the name stands for all parameters."""


def destination_problems(
    spec: LogStoreSpec,
    config: BaseModel,
    path: Path = (),
    line_of: Callable[[Path], int] = lambda _: 0,
) -> list[ConfigProblem]:
    """A problem for each store of a multiplex that shares its destination with an earlier one.

    Stores in it whose kind or parameters are wrong are left out.

    Args:
        spec: A store, which may hold others.
        config: Its parameters, as its ``Config`` holds them.
        path: Where the store is in the configuration.
        line_of: The line of a path in the file; 0 if it is not known.
    """
    problems: list[ConfigProblem] = []

    def report(destination: _Destination, first: Path, second: Path) -> None:
        line = line_of(first)
        other = f"{shown_path(first)}{f' in line {line}' if line else ''}"
        place = f" ({destination.name})" if destination.declared else ""
        text = (
            f"names the same destination as {other}{place}, where everything would be recorded "
            f"twice: remove one of the two, or change it"
        )
        problems.append(ConfigProblem(second, text))

    _collect(spec, config, path, report)
    return problems


def declared_destinations(spec: LogStoreSpec) -> list[str] | None:
    """What ``Config.destinations()`` of a store returns; None if it has no such method."""
    config = _config(spec)
    return _declared(config) if config else None


_Report = Callable[[_Destination, Path, Path], None]


def _collect(
    spec: LogStoreSpec, config: BaseModel, path: Path, report: _Report
) -> dict[_Destination, Path]:
    """Where each destination of a store, and of the stores in it, is named."""
    stores = [*_stores_in(config, (*path, "params"))]
    place = _place(spec, config, path)
    places = dict.fromkeys(_own_destinations(spec, config, is_leaf=not stores), place)
    for inner_path, inner in stores:
        inner_config = _config(inner)
        found = _collect(inner, inner_config, inner_path, report) if inner_config else {}
        # Another kind of store may hand a call to some of its stores only.
        if spec.kind == "multiplex":
            shared = {found[each]: each for each in reversed(found) if each in places}
            for second, destination in reversed(shared.items()):
                report(destination, places[destination], second)
        for destination, where in found.items():
            places.setdefault(destination, where)
    return places


def _config(spec: LogStoreSpec) -> BaseModel | None:
    try:
        return config_model(get_log_store(spec.kind)).model_validate(spec.params)
    except (LogStoreError, ValidationError):
        return None


def _stores_in(value: object, path: Path) -> Iterator[tuple[Path, LogStoreSpec]]:
    if isinstance(value, LogStoreSpec):
        yield path, value
    else:
        for name, part in _parts(value):
            yield from _stores_in(part, (*path, name))


def _parts(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return [(given_as(name, field), getattr(value, name)) for name, field in fields.items()]
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value).items()
    return enumerate(cast("Iterable[object]", value) if isinstance(value, list | tuple) else ())


def _own_destinations(
    spec: LogStoreSpec, config: BaseModel, *, is_leaf: bool
) -> list[_Destination]:
    declared = _declared(config)
    if declared is not None:
        return [_Destination(spec.kind, name, declared=True) for name in declared]
    if spec.params and is_leaf:
        return [_Destination(spec.kind, repr(_resolved(config)), declared=False)]
    return []


def _declared(config: BaseModel) -> list[str] | None:
    method = getattr(type(config), "destinations", None)
    if not callable(method):
        return None
    return [*cast("Iterable[str]", method(config))]


def _resolved(value: object) -> object:
    """The value with every path in its shortest absolute form, and without its identity."""
    if isinstance(value, PurePath):
        return os.path.realpath(os.path.expanduser(value))
    parts = [(name, _resolved(part)) for name, part in _parts(value)]
    return parts or value


def _place(spec: LogStoreSpec, config: BaseModel, path: Path) -> Path:
    """The first parameter that is given, in the order of the fields; else the store itself."""
    names = [given_as(name, field) for name, field in type(config).model_fields.items()]
    return next(((*path, "params", name) for name in names if name in spec.params), path)

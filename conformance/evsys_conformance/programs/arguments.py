"""What a caller does with the arguments that it passed: watches, changes or shares them."""

import copy
from dataclasses import dataclass, field
from typing import Any, cast

from evsys_conformance.programs.calls import Call, as_float, shortened_source
from evsys_conformance.programs.program import Caller
from evsys_conformance.programs.unusual_values import NumberLike

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

CHANGED = 9
"""What a caller puts in the place of a number."""


@dataclass
class CallerSide:
    """The arguments that the caller of one program holds on to."""

    _watched: list["_Watched"] = field(default_factory=list["_Watched"])
    _reused: dict[str, Any] = field(default_factory=dict[str, Any])
    _shared: dict[str, Arguments] = field(default_factory=dict[str, Arguments])

    def arguments(self, call: Call, caller: Caller) -> Arguments:
        """The objects to pass."""
        if caller is Caller.SHARES:
            return self._shared.setdefault(call.code(), call.fresh())
        if caller is Caller.CHANGES:
            # Down to the numbers: what is changed must not be part of the program.
            return copy.deepcopy((call.arguments, call.keywords))
        arguments, keywords = call.fresh()
        if caller is Caller.REUSES and arguments and isinstance(arguments[0], dict):
            self._reused.update(cast("dict[str, Any]", arguments[0]))
            arguments = (self._reused, *arguments[1:])
        if caller is Caller.WATCHES:
            self._watched.append(_Watched((*arguments, *keywords.values())))
        return arguments, keywords

    def after_call(self, arguments: Arguments, caller: Caller) -> None:
        """Do what the caller does once the call has returned or raised."""
        if caller is Caller.REUSES:
            self._reused.clear()
        elif caller is Caller.CHANGES:
            for argument in (*arguments[0], *arguments[1].values()):
                change(argument)

    def changed(self, by: str) -> str:
        """Say how a watched argument was changed since the last look; empty if none was."""
        problems = [each.problem() for each in self._watched]
        self._watched = [
            each for each, problem in zip(self._watched, problems, strict=True) if not problem
        ]
        found = next(filter(None, problems), "")
        return f"{by} changed the caller's arguments: {found}" if found else ""


class _Watched:
    """Arguments of one call as they were before it."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self._values = arguments
        self._was = [_snapshot(argument) for argument in arguments]

    def problem(self) -> str:
        pairs = zip(self._was, self._values, strict=True)
        return next(filter(None, (_difference(was, value, "") for was, value in pairs)), "")


def _snapshot(value: Any, inside: tuple[int, ...] = ()) -> Any:
    """The value with its shape: containers as lists of what is in them, numbers as floats."""
    if id(value) in inside:  # A list that holds itself.
        return (value, "")
    inside = (*inside, id(value))
    match value:
        case dict():
            items = cast("dict[object, Any]", value).items()
            return (value, [(key, _snapshot(item, inside)) for key, item in items])
        case list() | tuple():
            return (value, [_snapshot(item, inside) for item in cast("list[object]", value)])
        case _:
            return (value, _as_number(value))


def _as_number(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return repr(as_float(value))
    except (TypeError, ValueError, OverflowError):
        return ""


def _difference(was: Any, value: Any, where: str) -> str:
    old, inside = was
    if value is not old:
        return (
            f"{where or 'an argument'} was {shortened_source(old)} ({type(old).__name__}) and is "
            f"another object now: {shortened_source(value)} ({type(value).__name__})"
        )
    if inside == "":
        return ""
    if isinstance(value, dict):
        items = cast("dict[object, Any]", value)
        keys = [key for key, _ in inside]
        if list(items) != keys:
            return f"the keys{where and f' of {where}'} were {keys} and are now {list(items)}"
        problems = (_difference(item, items[key], f"{where}[{key!r}]") for key, item in inside)
        return next(filter(None, problems), "")
    if isinstance(value, list | tuple):
        values = cast("list[object]", value)
        if len(values) != len(inside):
            return f"the list {where} had {len(inside)} items and has {len(values)} now"
        pairs = enumerate(zip(inside, values, strict=True))
        problems = (_difference(item, now, f"{where}[{n}]") for n, (item, now) in pairs)
        return next(filter(None, problems), "")
    number = _as_number(value)
    return "" if number == inside else f"{where} was {inside} and is {number} now"


def change(value: Any) -> None:
    """Change a value in place wherever that is possible, at every depth."""
    match value:
        case dict():
            items = cast("dict[object, Any]", value)
            for key, item in list(items.items()):
                change(item)
                if not isinstance(item, dict | list | tuple):
                    items[key] = CHANGED
            if len(items) > 1:
                items.popitem()
            items["changed by the caller"] = CHANGED
        case list():
            values = cast("list[object]", value)
            for item in values:
                change(item)
            values.append(CHANGED)
        case tuple():
            for item in cast("tuple[object, ...]", value):
                change(item)
        case _ if type(value).__name__ == "ndarray":
            value.fill(0)
        case NumberLike():
            value.value = float(CHANGED)
        case _:
            pass

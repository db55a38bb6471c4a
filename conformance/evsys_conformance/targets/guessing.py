"""Guesses constructor parameters for a store that is named without a harness.

The rules, which docs/certify-a-store.md states for authors:

- If ``Config`` has required fields and each of them is the place of a file or directory, each gets
  a separate place inside the fresh directory. The other fields keep their defaults.
- If nothing is required, the optional fields that are directories get one; where there are none,
  those that are files. A default place would be the same for every destination.
- If no field is a place, no field may be a string: a string could be the address of a real server.

A field is a place if its type takes a ``Path``, or takes a ``str`` and its name says so.
"""

import inspect
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

_DIRECTORY_WORDS = {"dir", "directory", "dirname", "folder", "root", "rootdir", "workdir"} | {
    f"{prefix}dir" for prefix in ("log", "run", "out", "output", "save", "data", "base")
}
_FILE_WORDS = {"path", "file", "filename", "filepath", "pathname", "logfile", "dbfile", "dbpath"}
_ELSEWHERE_WORDS = {"url", "uri", "http", "https", "endpoint", "api", "remote", "host"}


@dataclass(frozen=True)
class Parameter:
    """One constructor parameter of a store."""

    name: str
    annotation: Any
    required: bool
    default: Any = None

    @property
    def types(self) -> set[Any]:
        """The plain types that it takes."""
        return set(_leaves(self.annotation))

    @property
    def takes_path(self) -> bool:
        """Whether a ``Path`` may be given."""
        return any(hasattr(each, "__fspath__") for each in self.types)

    @property
    def place(self) -> Literal["directory", "file"] | None:
        """The kind of place that it names; None if it names none, or nobody can tell."""
        words = self.name.lower().split("_")
        text = bool(self.types & {str, Any, inspect.Parameter.empty})
        if not self.takes_path and (not text or _ELSEWHERE_WORDS & set(words)):
            return None
        if words[-1] in _DIRECTORY_WORDS:
            return "directory"
        return "file" if self.takes_path or words[-1] in _FILE_WORDS else None

    @property
    def textual(self) -> bool:
        """Whether it may hold an address: a string, or anything else that is not a plain number."""
        return not self.types <= {bool, int, float, type(None)}

    @property
    def shown_type(self) -> str:
        """Its type, as its author would write it."""
        if self.annotation in {Any, inspect.Parameter.empty}:
            return "any type"
        if isinstance(self.annotation, type) and not typing.get_args(self.annotation):
            return self.annotation.__name__
        return str(self.annotation).replace("typing.", "").replace("pathlib.", "")


@dataclass(frozen=True)
class Guess:
    """Constructor parameters in which ``{dir}`` stands for a fresh directory."""

    template: dict[str, Any]
    directories: list[str] = field(default_factory=list[str])
    """Parameters whose directory the kit creates: not every store does."""


class CannotGuess(Exception):  # noqa: N818 - what the caller says, with a harness to copy
    """The parameters can't be guessed; the text says why, for the middle of a sentence."""


def guess(store: Any) -> Guess:
    """Guess the parameters of a store class.

    Raises:
        CannotGuess: A parameter is required and no place, or no parameter is a place.
    """
    known = parameters(store)
    required = [each for each in known if each.required]
    unclear = [each for each in required if each.place is None]
    if unclear:
        shown = ", ".join(f"{each.name} ({each.shown_type})" for each in unclear)
        raise CannotGuess(f"it requires {shown}, which no fresh directory tells")
    places = required or _optional_places(known)
    if not places and any(each.textual for each in known):
        raise CannotGuess(
            "none of its parameters is a file or directory, so every destination would be the same"
        )
    return _fill(places)


def _optional_places(known: list[Parameter]) -> list[Parameter]:
    directories = [each for each in known if each.place == "directory"]
    return directories or [each for each in known if each.place == "file"]


def _fill(places: list[Parameter]) -> Guess:
    template: dict[str, Any] = {}
    directories: list[str] = []
    for each in places:
        alone = each.place == "directory" and len(places) == 1
        text = "{dir}" if alone else f"{{dir}}/{each.name}"
        template[each.name] = Path(text) if each.takes_path else text
        if each.place == "directory":
            directories.append(each.name)
    return Guess(template, directories)


def filled(value: Any, directory: Path) -> Any:
    """``value`` with ``{dir}`` in its strings replaced, at every depth."""
    if isinstance(value, str):
        return value.replace("{dir}", str(directory))
    if isinstance(value, Path):
        return Path(str(value).replace("{dir}", str(directory)))
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: filled(item, directory) for key, item in items}
    if isinstance(value, list):
        return [filled(item, directory) for item in value]  # pyright: ignore[reportUnknownVariableType] - JSON
    return value


def parameters(store: Any) -> list[Parameter]:
    """The constructor's parameters: from ``Config`` if that is a model, else from the signature."""
    config = getattr(store, "Config", None)
    if isinstance(config, type) and issubclass(config, BaseModel):
        return [
            Parameter(name, each.annotation, each.is_required(), _plain(each.default))
            for name, each in config.model_fields.items()
        ]
    return list(_signature_parameters(store))


def _plain(default: Any) -> Any:
    return None if default is PydanticUndefined else default


def _signature_parameters(store: Any) -> Iterable[Parameter]:
    try:
        signature = inspect.signature(store)
    except (TypeError, ValueError):
        return
    try:
        hints = typing.get_type_hints(store.__init__)
    except Exception:  # noqa: BLE001 - an annotation may be any expression
        hints = {}
    empty = inspect.Parameter.empty
    for name, each in signature.parameters.items():
        if each.kind in {each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY}:
            required = each.default is empty
            yield Parameter(
                name, hints.get(name, Any), required, None if required else each.default
            )


def _leaves(annotation: Any) -> Iterable[Any]:
    """The types of a union, without ``Annotated`` and the parameters of generic types."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(typing.get_args(annotation)[0])
    elif origin in {typing.Union, types.UnionType}:
        for each in typing.get_args(annotation):
            yield from _leaves(each)
    else:
        yield origin or annotation

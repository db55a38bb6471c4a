"""Which children of a composite store raised an error, kept on the error as data."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

__all__ = ["ChildFailure", "ChildPlace", "child_failures", "leaf_errors", "mark_children"]

_ATTRIBUTE = "_evsys_sdk_children"
_NOTE = "multiplex: raised by "


class ChildPlace(NamedTuple):
    """Where a child is in a composite, and its kind."""

    path: tuple[int, ...]
    kind: str

    def __str__(self) -> str:
        return f"{'.'.join(f'children[{index}]' for index in self.path)} ({self.kind})"


class ChildFailure(NamedTuple):
    """A child of a composite store that did not take a call; ``str()`` names it."""

    path: tuple[int, ...]
    """Which child: ``(1, 0)`` is ``children[1].children[0]``."""
    kind: str
    """The kind of the child."""
    error: BaseException
    """What the child raised."""

    def __str__(self) -> str:
        return str(ChildPlace(self.path, self.kind))


def child_failures(error: Exception) -> tuple[ChildFailure, ...]:
    """The children that did not take the call which raised ``error``; all others have taken it.

    Do not repeat the call on the composite: it would reach the others twice.

    Args:
        error: What a call of a composite store such as ``multiplex`` raised: the error of one
            child, or a group with those of several.

    Returns:
        The failures in the order of the children, of which some may be children of children.
        Empty if the composite itself refused the call, or if the store is not a composite.
    """
    found = [
        ChildFailure(*place, each)
        for each in leaf_errors(error)
        for place in _places(each)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda failure: failure.path))


def leaf_errors(error: BaseException) -> Iterator[BaseException]:
    """Every error in a group and in its groups, once; of another error, itself."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        distinct = {id(each): each for member in group.exceptions for each in leaf_errors(member)}
        yield from distinct.values()
    else:
        yield error


def mark_children(failures: Iterable[tuple[ChildPlace, bool, BaseException]]) -> None:
    """Keep on each error, as data and as a note, which children raised it.

    A store may raise the same error object again and again, and two children may share one.

    Args:
        failures: For each child that failed: its place, whether it is a multiplex (which has
            already marked the errors of its children), and what it raised.
    """
    marks: dict[int, tuple[BaseException, list[ChildPlace]]] = {}
    for child, is_multiplex, error in failures:
        for each in leaf_errors(error):
            below = _places(each) if is_multiplex else ()
            places = [ChildPlace(child.path + place.path, place.kind) for place in below]
            _, marked = marks.setdefault(id(each), (each, []))
            marked += places or [child]
            _remove_notes(each, below)
    for error, places in marks.values():
        error.__dict__[_ATTRIBUTE] = tuple(places)
        for place in places:
            note = f"{_NOTE}{place}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)


def _places(error: BaseException) -> tuple[ChildPlace, ...]:
    places: tuple[ChildPlace, ...] = error.__dict__.get(_ATTRIBUTE, ())
    return places


def _remove_notes(error: BaseException, places: Iterable[ChildPlace]) -> None:
    notes: list[str] = getattr(error, "__notes__", [])
    for place in places:
        if f"{_NOTE}{place}" in notes:
            notes.remove(f"{_NOTE}{place}")

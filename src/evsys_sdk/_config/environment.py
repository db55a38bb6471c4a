"""Environment variables in the strings of a configuration.

``${NAME}`` stands for the value of a variable, ``${NAME:-default}`` for the default if the variable
is not set or is empty, and ``$$`` for a dollar. A default may contain the same again. Any other
dollar stands for itself.

The result is a string. It is not read again, neither for variables nor as YAML. Names of parameters
and other keys stay as they are.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from evsys_sdk._problems import ConfigProblem, Path
from evsys_sdk.text import nearest, shortened

__all__ = ["escaped", "filled_in"]

_SPECIAL = re.compile(r"\$\$|\$\{|\}")
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(\}|:-)")
_SIMILAR = re.compile(
    r"\s*(?:oc\.)?(?:env[.:])?\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:[:,=-]+(?![?+])\s*([^{}]*?)\s*)?",
    re.DOTALL,
)
"""What other programs have in the braces: ``OUT-x``, ``OUT:=x``, ``env:OUT``, ``oc.env:OUT,x``."""


def filled_in(section: object, path: Path, problems: list[ConfigProblem]) -> object:
    """A copy of the section with the variables in its strings filled in, at any depth.

    Objects other than mappings, lists, tuples and strings are not copied.

    Args:
        section: Plain data. It may contain itself, and so does the copy.
        path: Where the section is in the configuration.
        problems: Gets a problem for each variable that is not set and has no default, and for each
            ``${`` that begins nothing of this kind. Such a string stays as it is.
    """
    return _Copy(problems).of(section, path)


def escaped(text: str) -> str:
    """The string that is ``text`` once its variables are filled in."""
    return re.sub(r"\$(?=[${])", "$$", text)


class _Copy:
    """Copies data, each object once, as an alias in YAML may lead to the same object."""

    def __init__(self, problems: list[ConfigProblem]) -> None:
        self._problems = problems
        self._copies: dict[int, object] = {}

    def of(self, value: object, path: Path) -> object:
        if isinstance(value, str):
            return self._filled(value, path)
        if id(value) in self._copies:
            return self._copies[id(value)]
        if isinstance(value, Mapping):
            mapping: dict[object, object] = {}
            self._copies[id(cast("object", value))] = mapping
            for key, part in cast("Mapping[object, object]", value).items():
                name = key if isinstance(key, str | int) else str(key)
                mapping[key] = self.of(part, (*path, name))
            return mapping
        if isinstance(value, list):
            items: list[object] = []
            self._copies[id(cast("object", value))] = items
            items.extend(self._items(cast("list[object]", value), path))
            return items
        if type(value) is tuple:
            copy = tuple(self._items(cast("tuple[object, ...]", value), path))
            return self._copies.setdefault(id(cast("object", value)), copy)
        return value

    def _items(self, values: Sequence[object], path: Path) -> Iterator[object]:
        for index, value in enumerate(values):
            yield self.of(value, (*path, index))

    def _filled(self, text: str, path: Path) -> str:
        faults: list[str] = []
        try:
            result, _ = _filled_from(text, 0, faults)
        except _MalformedError as error:
            faults.append(str(error))
        else:
            if not faults:
                return result
        self._problems.extend(ConfigProblem(path, fault) for fault in faults)
        return text


class _MalformedError(Exception):
    """A string has a ``${`` that begins no variable."""

    def __init__(self, text: str) -> None:
        """Explain the string that begins with it."""
        inside, closed, _ = text.removeprefix("${").partition("}")
        similar = _SIMILAR.fullmatch(inside)
        guess = ""
        if similar:
            default = "" if similar[2] is None else f":-{similar[2]}"
            guess = f"; did you mean {shortened(f'${{{similar[1]}{default}}}')}?"
        given = repr(shortened(f"${{{inside}{closed}", 40))
        super().__init__(
            f"an environment variable must be written as ${{NAME}} or ${{NAME:-default}}, "
            f"got {given}{guess or '.'} For a dollar before a brace, write $${{"
        )


def _filled_from(
    text: str, start: int, faults: list[str] | None, *, in_default: bool = False
) -> tuple[str, int]:
    """What the text from ``start`` on stands for, and where it ends.

    Args:
        text: The whole string.
        start: Where to begin.
        faults: Gets a message for each variable that is not set; None if the result is not needed.
        in_default: Whether the text ends at a closing brace.

    Raises:
        _MalformedError: A ``${`` begins no variable.
    """
    parts: list[str] = []
    while match := _SPECIAL.search(text, start):
        parts.append(text[start : match.start()])
        start = match.end()
        if match[0] == "$$":
            parts.append("$")
        elif match[0] == "${":
            value, start = _value_of(text, match.start(), faults)
            parts.append(value)
        elif in_default:
            return "".join(parts), start
        else:
            parts.append("}")
    if in_default:
        return "", -1
    return "".join((*parts, text[start:])), len(text)


def _value_of(text: str, start: int, faults: list[str] | None) -> tuple[str, int]:
    """What the ``${…}`` at ``start`` stands for, and where it ends; as :func:`_filled_from`."""
    reference = _REFERENCE.match(text, start)
    if reference is None:
        raise _MalformedError(text[start:])
    name, sign = reference.groups()
    value = os.environ.get(name)
    if sign == "}":
        if value is None and faults is not None:
            guess = nearest(name, os.environ) or "."
            faults.append(
                f"the environment variable {name} is not set{guess} "
                f"Set it, or write ${{{name}:-default}}"
            )
        return value or "", reference.end()
    default, end = _filled_from(text, reference.end(), None if value else faults, in_default=True)
    if end < 0:
        raise _MalformedError(text[start:])
    return value or default, end

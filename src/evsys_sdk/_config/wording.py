"""The errors of pydantic in the words of YAML.

pydantic speaks of Python: of dictionaries, instances and classes. Here each type of error has its
own sentence, and the names of Python classes are shortened in the others.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["requirement", "shown_in_yaml"]

_MAPPING = "a mapping of names to values"

# What the value must be, by the beginning of pydantic's type of error.
_EXPECTED = {
    "bool": "true or false",
    "bytes_type": "a string",
    "complex": "a number",
    "counter": _MAPPING,
    "dataclass": _MAPPING,
    "date_from_datetime_inexact": "a date without a time",
    "date_future": "a date in the future",
    "date_past": "a date in the past",
    "date_": "a date such as 2026-12-31",
    "datetime_future": "a time in the future",
    "datetime_past": "a time in the past",
    "datetime": "a date and time such as 2026-12-31T23:59:00",
    "decimal_parsing": "a number",
    "decimal_type": "a number",
    "deque": "a list",
    "dict": _MAPPING,
    "finite_number": "a finite number",
    "float": "a number",
    "fraction": "a number",
    "frozen_dict": _MAPPING,
    "frozen_set": "a list",
    "int_": "an integer",
    "iterable": "a list",
    "json": "JSON, in a string",
    "list": "a list",
    "mapping": _MAPPING,
    "model": _MAPPING,
    "named_tuple": "a list, or a mapping of names to values",
    "none_required": "null",
    "ordered_dict": _MAPPING,
    "path_type": "a path",
    "set_item": "a list of plain values",
    "set_type": "a list",
    "string_type": "a string",
    "string_unicode": "a string",
    "time_delta": "a number of seconds, or a duration such as 01:30:00",
    "time_": "a time such as 23:59:00",
    "timezone_aware": "a time with a time zone",
    "timezone_naive": "a time without a time zone",
    "tuple": "a list",
    "url_parsing": "a URL",
    "url_syntax": "a URL",
    "url_type": "a URL",
    "uuid": "a UUID",
}

_BY_LENGTH_OF_NAME = sorted(_EXPECTED, key=len, reverse=True)

# Only Python code can give such a value.
_OBJECTS = {
    "callable_type": "a function",
    "is_instance_of": "an object",
    "is_subclass_of": "a class",
}

_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_QUOTED_OR_PYTHON = re.compile(r"'(?:[^'\\]|\\.)*'|\b(?:True|False|None)\b")


def requirement(details: "ErrorDetails") -> str:
    """What the value must be: ``must be a path``; or the message of a validator."""
    kind, context = details["type"], details.get("ctx", {})
    if kind in _OBJECTS:
        of_class = f" of {context['class']}" if "class" in context else ""
        return f"must be {_OBJECTS[kind]}{of_class}, which only Python code can give"
    if kind.startswith(("too_", "string_too_", "bytes_too_")):
        return _length_requirement(kind, context)
    if kind in {"enum", "literal_error"}:
        return f"must be {_without_python(str(context.get('expected', '')))}"
    if kind == "url_scheme":
        return f"must be a URL that begins with {context['expected_schemes']}"
    if kind == "union_tag_invalid":
        return f"{context['discriminator']} must be one of {context['expected_tags']}"
    if kind == "union_tag_not_found":
        return f"must have {context['discriminator']}, which says what it is"
    for name in _BY_LENGTH_OF_NAME:
        if kind.startswith(name):
            return f"must be {_EXPECTED[name]}"
    return _own_words(details["msg"])


def _length_requirement(kind: str, context: Mapping[str, object]) -> str:
    bound, count = "at least", context.get("min_length")
    if kind.endswith("long"):
        bound, count = "at most", context.get("max_length")
    item = "item" if kind.startswith("too_") else "character"
    return f"must have {bound} {count} {item}{'' if count == 1 else 's'}"


def _own_words(message: str) -> str:
    """A message of a validator, or one of pydantic that is plain enough."""
    text = re.sub(r"^(Value error|Assertion failed), ", "", message)
    text = re.sub(r"^(Input|Value|Decimal input|Date|String|URL|URL scheme) should ", "must ", text)
    text = re.sub(r"<(?:class|enum|function) '?(?:[\w<>]+\.)*(\w+)[^>]*>", r"\1", text)
    return f"{text[:1].lower()}{text[1:]}" or "is refused"


def _without_python(text: str) -> str:
    return _QUOTED_OR_PYTHON.sub(lambda word: _PYTHON_WORDS.get(word[0], word[0]), text)


def shown_in_yaml(value: object) -> str:
    """What was given, with what it is: ``5 (an integer)``; of what has parts only what it is."""
    match value:
        case None:
            return "null"
        case bool():
            return f"{str(value).lower()} (a boolean)"
        case int() if value.bit_length() > 200:
            return "a huge integer"
        case int():
            return f"{value} (an integer)"
        case float():
            return f"{value} (a float)"
        case str():
            return f"{value!r:.60} (a string)"
        case datetime():
            return f"{value} (a date and time)"
        case date():
            return f"{value} (a date)"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case bytes():
            return "binary data"
        case _:
            return f"an object of the type {type(value).__name__}"

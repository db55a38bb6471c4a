"""Text for people, in errors and in the terminal, for the SDK, the command and the kit.

Text of a log or a user may hold anything. It must not confuse a terminal, nor fill it.
"""

import re
from collections.abc import Iterable
from contextlib import suppress

__all__ = [
    "counted",
    "natural_key",
    "nearest",
    "path_text",
    "printable",
    "printable_lines",
    "shortened",
    "truncated",
]


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(text: str) -> list[str | int]:
    """The key that sorts names by the numbers in them, ``layer2`` before ``layer10``."""
    return [int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(text))]


def nearest(name: str, names: Iterable[str]) -> str:
    """``; did you mean NAME?``, or nothing where no name is near."""
    from difflib import get_close_matches  # slow to import, and only errors need it

    matches = get_close_matches(name, list(names), n=1)
    return f"; did you mean {matches[0]}?" if matches else ""


def truncated(text: str, length: int) -> str:
    """The text, or its beginning and ``…`` if it is longer than ``length``."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def shortened(text: str, length: int = 60) -> str:
    """The printable text, without its middle if it is longer than ``length``."""
    text = printable(text)
    if len(text) <= length:
        return text
    end = (length - 1) // 3
    return f"{text[: length - 1 - end]}…{text[-end:]}"


def counted(count: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """The text with escapes for what is not printed: control characters, turns of direction.

    A path may hold bytes that are not text, each as a surrogate; their escapes show the bytes.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def printable_lines(text: str) -> str:
    """As :func:`printable`, but newlines stay."""
    return "\n".join(map(printable, text.split("\n")))


def path_text(path: str) -> str:
    """The path as printable text, which is the same in any locale."""
    with suppress(UnicodeEncodeError):  # a surrogate that stands for no byte
        path = path.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return printable(path)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(char)[1:-1]

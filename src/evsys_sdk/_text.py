"""Text for people: it may come from anywhere, and must not confuse a terminal."""

from contextlib import suppress

__all__ = ["path_text", "printable"]


def printable(text: str) -> str:
    """The text with escapes for what is not printed: control characters, turns of direction.

    A path may hold bytes that are not text, each as a surrogate; their escapes show the bytes.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def path_text(path: str) -> str:
    """The path as printable text, which is the same in any locale."""
    with suppress(UnicodeEncodeError):  # a surrogate that stands for no byte
        path = path.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return printable(path)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(char)[1:-1]

"""Text of a log, made fit for a terminal: it may hold anything, also what moves the cursor."""

import math

from evsys_sdk._text import printable

__all__ = ["counted", "printable", "printable_lines", "readable_number", "shortened"]


def printable_lines(text: str) -> str:
    """As :func:`printable`, but newlines stay."""
    return "\n".join(map(printable, text.split("\n")))


def counted(count: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shortened(text: str, length: int = 60) -> str:
    """The printable text, without its middle if it is long."""
    text = printable(text)
    if len(text) <= length:
        return text
    end = (length - 1) // 3
    return f"{text[: length - 1 - end]}…{text[-end:]}"


def readable_number(value: float) -> str:
    """Four significant digits."""
    if math.isfinite(value) and (value == 0 or 1e-3 <= abs(value) < 1e6):
        places = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 0
        return f"{value:,.{places}f}" if value % 1 else f"{value:,.0f}"
    return f"{value:.4g}".replace("inf", "Infinity").replace("nan", "NaN")

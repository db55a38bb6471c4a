"""Text that matplotlib can draw: fallback fonts, and escapes for characters without a font."""

from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any

__all__ = ["Fonts"]

_PLACEHOLDERS = "Last Resort"
"""A font that comes with matplotlib and has a box for every character; an escape says more."""


class Fonts:
    """The fonts of this machine that draw some texts.

    Args:
        texts: Everything that will be drawn.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        manager: Any = import_module("matplotlib.font_manager")
        usual = _characters(manager.findfont(manager.FontProperties()))
        self.families: list[str] = []
        """The families of further fonts, to be tried in this order."""
        self.missing: set[str] = {char for text in texts for char in text} - usual
        """The characters that no font has."""
        for font in manager.fontManager.ttflist if self.missing else ():
            if font.name.startswith(_PLACEHOLDERS) or font.name in self.families:
                continue
            if font.style == "normal" and font.weight == 400:
                found = self.missing & _characters(font.fname)
                if found:
                    self.missing -= found
                    self.families.append(font.name)

    def drawable(self, text: str) -> str:
        """The text with an escape for each character that no font has."""
        if self.missing.isdisjoint(text):
            return text
        return "".join(ascii(char)[1:-1] if char in self.missing else char for char in text)


def _characters(path: str) -> set[str]:
    """The characters of a font file that can be drawn in any size."""
    with suppress(OSError, RuntimeError):  # FreeType can't read it
        font: Any = import_module("matplotlib.ft2font").FT2Font(path)
        if font.scalable:
            return {chr(code) for code in font.get_charmap()}
    return set()

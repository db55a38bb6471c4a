"""Texts that need no second check."""

from collections.abc import Iterable

__all__ = ["KnownTexts"]

_MOST_KNOWN = 1 << 24
"""Characters: a few texts of megabytes must not fill the memory, nor millions of short ones."""
_COST_OF_A_TEXT = 64
"""What a text takes beside its characters."""


class KnownTexts(set[str]):
    """Keys and splits that were checked once: all of a call's are asked for in one look, in C.

    Bounded, for programs that make up new keys: it forgets all, and begins again.
    """

    _size = 0

    def learn(self, texts: Iterable[str]) -> None:
        """Add texts that have been checked."""
        new = {text for text in texts if type(text) is str} - self
        size = sum(map(len, new)) + _COST_OF_A_TEXT * len(new)
        self._size += size
        if self._size > _MOST_KNOWN:
            self.clear()
            self._size = size
        if size <= _MOST_KNOWN:
            self.update(new)

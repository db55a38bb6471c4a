"""Strings that need no second check."""

from collections.abc import Iterable

__all__ = ["KnownTexts"]

_MOST_KNOWN = 1 << 24
"""Characters: neither a few strings of megabytes nor millions of short ones may fill the memory."""
_COST_OF_A_TEXT = 64
"""The memory that a string takes beside its characters, in characters."""


class KnownTexts(set[str]):
    """The keys and splits that passed their check, so that one set operation in C checks a call.

    Its size is bounded: when a program makes up too many keys, it is emptied and filled again.
    """

    _size = 0

    def learn(self, texts: Iterable[str]) -> None:
        """Add strings that passed their check."""
        new = {text for text in texts if type(text) is str} - self
        size = sum(map(len, new)) + _COST_OF_A_TEXT * len(new)
        self._size += size
        if self._size > _MOST_KNOWN:
            self.clear()
            self._size = size
        if size <= _MOST_KNOWN:
            self.update(new)

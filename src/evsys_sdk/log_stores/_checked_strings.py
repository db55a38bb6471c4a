"""Strings that need no second check."""

from collections.abc import Iterable

__all__ = ["CheckedStrings"]

_MOST_CHARACTERS = 1 << 24
"""Characters: neither a few strings of megabytes nor millions of short ones may fill the memory."""
_COST_OF_A_STRING = 64
"""The memory that a string takes beside its characters, in characters."""


class CheckedStrings(set[str]):
    """The keys and splits that passed their check, so that one set operation in C checks a call.

    Its size is bounded: when a program makes up too many keys, it is emptied and filled again.
    """

    _size = 0

    def remember(self, strings: Iterable[str]) -> None:
        """Add strings that passed their check."""
        new = {text for text in strings if type(text) is str} - self
        size = sum(map(len, new)) + _COST_OF_A_STRING * len(new)
        self._size += size
        if self._size > _MOST_CHARACTERS:
            self.clear()
            self._size = size
        if size <= _MOST_CHARACTERS:
            self.update(new)

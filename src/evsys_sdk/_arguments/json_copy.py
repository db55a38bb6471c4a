"""The deep copy of hyperparameters as plain JSON values, for ``checked_hyperparams``."""

import operator
import os
from typing import Any

from evsys_sdk._arguments.remedies import json_remedy
from evsys_sdk._arguments.values import (
    check_utf8,
    copy_of_mapping,
    is_mapping,
    is_path,
    is_sequence,
    item,
    quoted,
    shown,
)

# The contract asks for 100 levels; JSON readers stop at 128 (those built on serde_json) and later.
_MAX_DEPTH = 120
# CPython's own limit for converting an int to a string and back, and so for json.loads.
_INT_LIMIT = 10**4300
# Values share their parts (YAML aliases do), so that a small structure can unfold into one that
# fills the memory. A value counts as 64 bytes and a string as its length.
_MAX_BYTES = 2**28
_VALUE_BYTES = 64


class JsonCopy:
    """One deep copy in progress: its place in the original, and how much it has copied."""

    def __init__(self) -> None:
        self._place: list[str | int] = []
        self._open: dict[int, object] = {}  # by id, the containers on the way down to the place
        self._bytes = 0

    def of_mapping(self, mapping: Any) -> dict[str, Any]:
        self._enter(mapping)
        copy: dict[str, Any] = {}
        # From a first copy: another thread may change the original meanwhile.
        for key, value in copy_of_mapping(mapping, "params").items():
            if not isinstance(key, str):
                raise TypeError(
                    f"{self._where()} has the key {shown(key)}, but JSON keys must be strings. "
                    f"Pass str(key)"
                )
            plain_key = self._text(key, "a key of ")
            self._place.append(plain_key)
            copy[plain_key] = self._of(value)
            self._place.pop()
        self._open.popitem()
        return copy

    def _of_sequence(self, sequence: Any) -> list[Any]:
        self._enter(sequence)
        copy: list[Any] = []
        for index, value in enumerate([*sequence]):
            self._place.append(index)
            copy.append(self._of(value))
            self._place.pop()
        self._open.popitem()
        return copy

    def _of(self, value: Any) -> Any:
        self._count(_VALUE_BYTES)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            return self._int(value)
        if isinstance(value, float):
            return float(value)
        if is_sequence(value):
            return self._of_sequence(value)
        if is_mapping(value):
            return self.of_mapping(value)
        return self._of_other(value)

    def _of_other(self, value: Any) -> Any:
        if is_path(value):
            return self._of(os.fspath(value))
        if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
            plain = item(value)  # NumPy scalars, 0-d arrays, 0-d tensors
            if plain is None or isinstance(plain, bool | int | float | str):
                return self._of(plain)
        raise TypeError(
            f"{self._where()} is {shown(value)}, which has no JSON form. Pass {self._remedy(value)}"
        )

    def _remedy(self, value: Any) -> str:
        """What to pass instead; the outermost configuration is named, if one contains another."""
        remedy = json_remedy(value)
        if remedy is None:
            return "a str, number, bool, None, or a list or dict of these"
        alike = (d for d, outer in enumerate(self._open.values()) if json_remedy(outer) == remedy)
        return remedy.replace("{}", self._where(next(alike, None)))

    def _int(self, value: int) -> int:
        if not -_INT_LIMIT < value < _INT_LIMIT:
            raise ValueError(
                f"{self._where()} is an int of more than 4,300 digits, which JSON readers refuse. "
                f"Pass it as a str, hex(value) for example"
            )
        return operator.index(value)

    def _text(self, text: str, part: str = "") -> str:
        self._count(len(text))
        if not text.isascii():
            check_utf8(text, part + self._where())
        return text if type(text) is str else str.__str__(text)

    def _enter(self, container: object) -> None:
        if id(container) in self._open:
            raise ValueError(f"{self._where()} contains itself, which JSON can't express")
        if len(self._open) >= _MAX_DEPTH:
            raise ValueError(
                f"{self._where()} is nested more than {_MAX_DEPTH} levels deep. Flatten it, or "
                f"write it to a file and log that as an artifact"
            )
        self._open[id(container)] = container

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > _MAX_BYTES:
            raise ValueError(
                f"params hold more than {_MAX_BYTES >> 20} MB, reached at {self._where()}. Write "
                f"large data to a file and log that as an artifact"
            )

    def _where(self, depth: int | None = None) -> str:
        place = self._place[:depth]
        parts = place if len(place) <= 8 else [*place[:8], ...]
        return "params" + "".join(f"[{quoted(part)}]" for part in parts)

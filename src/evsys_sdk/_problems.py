"""Problems of a configuration, and where they are."""

import re
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and indices that lead to a value in a configuration."""

OUR_WORDS = "evsys_log_store"
"""The pydantic type of errors whose text needs no translation."""


class ConfigProblem(NamedTuple):
    """One problem of a configuration or a store class; ``str()`` gives the text with its place."""

    path: Path
    """The keys and indices that lead to the value; empty if the problem has no such place."""
    text: str
    """What is wrong."""
    line: int = 0
    """The line in the file, from 1; 0 if it is not known."""
    file: str = ""
    """The file, as its path was given; empty for a configuration that is not from a file."""

    def __str__(self) -> str:
        places = [
            f"{self.file}:{self.line}" if self.line else self.file,
            shown_path(self.path),
            self.text,
        ]
        return ": ".join(filter(None, places))


def shown_path(path: Path) -> str:
    """``log_store.params.children[1].kind``; a key that is not a word is quoted in brackets."""
    text = ""
    for part in path:
        if isinstance(part, str) and re.fullmatch(r"[\w-]+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r:.60}]"
    return text

"""Problems of a configuration: collected, put in order, and raised together."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from evsys_sdk._yaml_source import YamlDocument

Path = tuple[str | int, ...]
"""Keys and indices that lead to a value in a configuration."""

OUR_WORDS = "evsys_log_store"
"""The pydantic type of errors whose text needs no translation."""


class Problem(NamedTuple):
    """One thing that is wrong."""

    path: Path
    text: str
    line: int = 0
    """Where it stands in the file; 0 to find the line by the path."""


def problems_text(problems: Iterable[Problem], document: "YamlDocument | None") -> str:
    """One line per problem, ``file:line: path: text`` in the order of a file, if there is one."""
    lines: list[tuple[int, str]] = []
    for path, text, known_line in problems:
        line = known_line or (document.line(path) if document else 0)
        place = f"{document.file}:{line}: " if document else ""
        where = f"{shown_path(path)}: " if path else ""
        lines.append((line, f"{place}{where}{text}"))
    # Stable: problems in one line, or of data without lines, stay in the order of the data.
    lines.sort(key=lambda item: item[0])
    texts = [text for _, text in lines]
    return texts[0] if len(texts) == 1 else "\n".join([f"{len(texts)} problems:", *texts])


def shown_path(path: Path) -> str:
    """``log_store.params.children[1].kind``; a key that is no plain word in quotes and brackets."""
    text = ""
    for part in path:
        if isinstance(part, str) and re.fullmatch(r"[\w-]+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r:.60}]"
    return text


def nearest(name: str, names: Iterable[str]) -> str:
    """``; did you mean NAME?``, or nothing where no name is near."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(names), n=1)
    return f"; did you mean {found[0]}?" if found else ""

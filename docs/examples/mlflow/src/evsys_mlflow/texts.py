"""Texts of any length in the tags of a run, whose values end at 8,000 characters.

Older servers end at 5,000. A longer text is split into several tags: ``name``, ``name.part.1``,
``name.part.2`` and so on.
"""

from collections.abc import Iterator, Mapping

from mlflow.entities import RunTag

_MOST_CHARACTERS = 4000
_MOST_TAGS = 100

_PART = ".part."


def to_tags(name: str, text: str) -> Iterator[list[RunTag]]:
    """The tags of an ASCII string, in batches that one request can hold.

    The tag without a part number comes last: if it exists, the text is complete.
    """
    tags = [
        RunTag(f"{name}{_PART}{start // _MOST_CHARACTERS}", text[start : start + _MOST_CHARACTERS])
        for start in range(_MOST_CHARACTERS, len(text), _MOST_CHARACTERS)
    ]
    tags.append(RunTag(name, text[:_MOST_CHARACTERS]))
    for start in range(0, len(tags), _MOST_TAGS):
        yield tags[start : start + _MOST_TAGS]


def from_tags(tags: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Every complete text whose name begins with ``prefix``: by the rest of its name, sorted."""
    texts: dict[str, str] = {}
    for name in sorted(name for name in tags if name.startswith(prefix) and _PART not in name):
        texts[name.removeprefix(prefix)] = "".join(_parts(tags, name))
    return texts


def last_number(tags: Mapping[str, str], prefix: str) -> int:
    """The highest number after ``prefix``, incomplete texts included; 0 where there is none."""
    rests = (name.removeprefix(prefix) for name in tags if name.startswith(prefix))
    return max((int(rest.partition(".")[0]) for rest in rests), default=0)


def _parts(tags: Mapping[str, str], name: str) -> Iterator[str]:
    yield tags[name]
    number = 1
    while (part := tags.get(f"{name}{_PART}{number}")) is not None:
        yield part
        number += 1

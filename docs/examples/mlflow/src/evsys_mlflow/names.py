"""The name of a key and a split in MLflow.

MLflow's names have 250 characters at most, of a few kinds, and are refused where they would be
another path when tidied up (``a//b``, ``/loss``). It has no split. So the name is the key if the
split is ``train``, and ``key:split`` otherwise. A name that MLflow would refuse gets an alias,
``key::`` and a digest; the tag ``evsys.series.`` and the digest holds both.
"""

import hashlib
import json
import posixpath
import re
from dataclasses import dataclass

TAG = "evsys.series."
"""What the name of a tag begins with that holds a key and a split."""

EXACT = ":::exact"
"""What is added to a name for the series that says which values MLflow could not hold."""

MOST = 250
"""How many characters a name may have."""

# MLflow also takes the letters of other scripts, which some of its databases compare in their own
# way, and the colon, which is ours.
_PLAIN = re.compile(r"[A-Za-z0-9_./ -]+")
_ALLOWED = re.compile(r"[A-Za-z0-9_./ :-]+")
_DIGEST = re.compile(r"::([0-9a-f]{24})$")


@dataclass(frozen=True)
class Name:
    """A name in MLflow, and the tag that explains it, if it needs one."""

    name: str
    digest: str = ""
    text: str = ""
    """What the tag holds: key and split, as JSON."""


def name_of(key: str, split: str) -> Name:
    """The name of a series: the same two texts have the same name, and no other two have it."""
    name = key if split == "train" else f"{key}:{split}"
    plain = _PLAIN.fullmatch(key) and _PLAIN.fullmatch(split)
    if plain and is_allowed(name, MOST - len(EXACT)):
        return Name(name)
    text = json.dumps([key, split])
    digest = hashlib.sha256(text.encode()).hexdigest()[:24]
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "_", key[:60])
    return Name(f"_{readable}::{digest}", digest, text)


def texts_of(name: str, tags: dict[str, str]) -> tuple[str, str]:
    """Key and split of a name; ``tags`` are texts by digest.

    Raises:
        KeyError: The name is an alias, and its tag is gone.
    """
    if alias := _DIGEST.search(name):
        key, split = json.loads(tags[alias[1]])
        return key, split
    key, _, split = name.partition(":")
    return key, split or "train"


def is_allowed(name: str, most: int = MOST) -> bool:
    """Whether MLflow takes this name, on every system it runs on."""
    tidy = posixpath.normpath(name)
    return (
        len(name) <= most
        and _ALLOWED.fullmatch(name) is not None
        and tidy == name
        and tidy != "."
        and not tidy.startswith(("..", "/"))
    )

"""Ways in which a store can break its contract, and what is known of one case."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

RecordKind = Literal[
    "lost",
    "altered",
    "mixed up",
    "under another split",
    "doubled",
    "invented",
    "reordered",
    "unreadable",
]
"""What happened to records: it shows in what is read."""

Kind = Literal[
    RecordKind,
    "accepted",
    "written after close",
    "raised",
    "wrong error",
    "close raised",
    "open raised",
    "arguments changed",
    "hung",
    "not synchronous",
    "process ended",
    "harness at fault",
]
"""What happened, in the words that a report uses."""

RECORDS: frozenset[Kind] = frozenset(get_args(RecordKind))
"""The kinds of :data:`RecordKind`, to look them up."""


@dataclass(frozen=True)
class Difference:
    """One way in which what was seen is not what the contract asks for."""

    kind: Kind
    text: str
    """What was expected and what was seen, for a person."""
    steps: frozenset[int] = frozenset()
    """Places in the program of the calls that it is about; empty where nobody can tell."""
    place: int = 0
    """Place in the program of the step at which it showed."""
    area: str = ""
    """Which records it is about: points, hyperparams or artifacts; empty: none."""

    @property
    def family(self) -> str:
        """Kinds of one family can turn into each other when a program is made smaller."""
        return f"records {self.area}" if self.kind in RECORDS else self.kind

    def is_like(self, other: "Difference") -> bool:
        """Whether the two may have one cause: a log that can't be read may lack any record."""
        both = {self.kind, other.kind}
        return self.family == other.family or ("unreadable" in both and both <= RECORDS)


def listed_texts(problems: Iterable[Difference], most: int = 4) -> str:
    """The texts of several differences, one below the other, some of each area."""
    found = list(problems)
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int]] = []
    for place, problem in enumerate(found):
        ranked.append((seen[problem.area], place))
        seen[problem.area] += 1
    shown = sorted(place for _, place in sorted(ranked)[:most])
    texts = [found[place].text for place in shown]
    if len(found) > most:
        texts.append(f"… and {len(found) - most} more differences")
    return "\n".join(texts)

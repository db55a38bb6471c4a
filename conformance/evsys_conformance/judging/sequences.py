"""Sequences of records, some of them optional, in an order that the contract leaves open."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from evsys_conformance.judging.expected import Record


class _Recorded(Protocol):
    """Part of a record: a point or an artifact."""

    @property
    def record(self) -> Record: ...


Part = TypeVar("Part", bound=_Recorded)


def present(
    want: Sequence[Part], have: Sequence[Any], same: Callable[[Part, Any], bool]
) -> list[Part]:
    """What must be there, and what may be there and is, in its place.

    Args:
        want: What was logged by one writer, in order.
        have: What is recorded.
        same: Whether something that was logged is what is recorded.
    """
    spare = len(have) - sum(not each.record.optional for each in want)
    there: list[Part] = []
    for each in want:
        place = len(there)
        if not each.record.optional:
            there.append(each)
        elif spare > 0 and place < len(have) and same(each, have[place]):
            there.append(each)
            spare -= 1
    return there


def lost_and_extra(
    want: Sequence[Part],
    have: Iterable[Hashable],
    key: Callable[[Part], Hashable],
) -> tuple[list[Part], int]:
    """What several writers logged and is not recorded, and how much else is recorded.

    Args:
        want: What they logged.
        have: The keys of what is recorded.
        key: What tells one part from another.
    """
    rest = Counter(have)
    lost: list[Part] = []
    for each in want:
        if rest[key(each)]:
            rest[key(each)] -= 1
        else:
            lost.append(each)
    return lost, rest.total()


def out_of_order(
    want: Sequence[Part],
    have: Sequence[Hashable],
    key: Callable[[Part], Hashable],
) -> list[Part]:
    """What one of several writers logged and is not recorded in its order; of the first such one.

    What several of them logged alike tells nothing about the order of any.
    """
    for chain in dict.fromkeys(each.record.chain for each in want):
        others = {key(each) for each in want if each.record.chain != chain}
        own = [each for each in want if each.record.chain == chain and key(each) not in others]
        keys = [key(each) for each in own]
        mine = set(keys)
        if [each for each in have if each in mine] != keys:
            return own
    return []

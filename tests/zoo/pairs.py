"""Stores with two faults each: two faulty stores of the zoo in one class.

Two faults go together where they sit in different methods of one backend and break different
clauses, neither of which needs a claim that the other store does not make.
"""

import itertools
import random
import sys
from dataclasses import dataclass
from typing import Any, Final, cast

from evsys_conformance import StoreHarness
from zoo.registry import FAULTY
from zoo.stores import Faulty

__all__ = ["PAIRS", "Pair"]

NUMBER = 60
"""How many pairs are drawn; the same ones every time."""


@dataclass(frozen=True)
class Pair:
    """A store with two faults."""

    first: Faulty
    second: Faulty
    harness: type[StoreHarness]

    @property
    def id(self) -> str:
        """The name under which pytest shows it."""
        return f"{self.first.store.__name__}+{self.second.store.__name__}"

    @property
    def clauses(self) -> set[str]:
        """The clauses that it breaks."""
        return {self.first.clause, self.second.clause}


def _members(faulty: Faulty) -> set[str]:
    names = list(cast("dict[str, Any]", faulty.store.__dict__))
    return {name for name in names if name == "__init__" or not name.startswith("__")}


def _fit(first: Faulty, second: Faulty) -> bool:
    same_backend = first.store.__bases__ == second.store.__bases__
    same_claims = set(first.harness.capabilities) == set(second.harness.capabilities)
    apart = not _members(first) & _members(second)
    plain = not {"CAP", "SIG", "ID"} & {first.clause[:3], second.clause[:3], first.clause[:2]}
    return (
        same_backend
        and same_claims
        and apart
        and plain
        and second.clause[:2] != "ID"
        and first.clause != second.clause
        and len(first.store.__bases__) == 1
    )


def _together(first: Faulty, second: Faulty) -> Pair:
    name = f"{first.store.__name__}And{second.store.__name__}"
    store: Any = type(name, (first.store, second.store), {"__module__": __name__})
    attributes = {"store": store, "__module__": __name__}
    harness = cast("type[StoreHarness]", type(f"{name}Harness", (first.harness,), attributes))
    # Child processes import both by module path.
    for each in (store, harness):
        setattr(sys.modules[__name__], each.__name__, each)
    return Pair(first, second, harness)


_FITTING = [pair for pair in itertools.combinations(FAULTY, 2) if _fit(*pair)]
PAIRS: Final = tuple(_together(*pair) for pair in random.Random(1).sample(_FITTING, NUMBER))

"""Correct and faulty stores: what the zoo knows about each, and how a class joins it."""

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from evsys_conformance import StoreHarness

__all__ = ["CORRECT", "FAULTY", "Correct", "Faulty", "correct", "fault"]

Harness = TypeVar("Harness", bound=type[StoreHarness])
Store = TypeVar("Store", bound=type)


@dataclass(frozen=True)
class Correct:
    """A store that the kit must not refuse."""

    harness: type[StoreHarness]
    freedom: str
    """What it does that the contract allows."""

    @property
    def id(self) -> str:
        """The name under which pytest shows it."""
        return self.harness.__name__.removesuffix("Harness")

    @property
    def store(self) -> Any:
        """The store class."""
        return self.harness.store


@dataclass(frozen=True)
class Faulty:
    """A store with one fault, which the kit must find."""

    store: Any
    harness: type[StoreHarness]
    clause: str
    """The clause that it breaks."""
    reason: str
    """What it does wrong."""
    message: str
    """A pattern that the text of the violation must match, so that it is no other fault's."""

    @property
    def id(self) -> str:
        """The name under which pytest shows it."""
        return f"{self.clause}-{self.store.__name__}"


CORRECT: Final[list[Correct]] = []
FAULTY: Final[list[Faulty]] = []


def correct(freedom: str) -> Callable[[Harness], Harness]:
    """List the harness of a correct store; ``freedom`` says what it does that it may do."""

    def listed(harness: Harness) -> Harness:
        CORRECT.append(Correct(harness, freedom))
        return harness

    return listed


def fault(
    clause: str,
    reason: str,
    *,
    habitat: type[StoreHarness],
    message: str,
    capabilities: Collection[str] | None = None,
) -> Callable[[Store], Store]:
    """List a faulty store: it lives where the store of the harness ``habitat`` lives, and claims
    the same unless ``capabilities`` says otherwise."""

    def listed(store: Store) -> Store:
        claims = habitat.capabilities if capabilities is None else capabilities
        attributes: dict[str, Any] = {
            "store": store,
            "capabilities": claims,
            "__module__": store.__module__,
        }
        harness = cast(
            "type[StoreHarness]", type(f"{store.__name__}Harness", (habitat,), attributes)
        )
        # Child processes and sessions import it by module path.
        setattr(sys.modules[store.__module__], harness.__name__, harness)
        FAULTY.append(Faulty(store, harness, clause, reason, message))
        return store

    return listed

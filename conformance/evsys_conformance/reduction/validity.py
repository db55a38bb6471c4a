"""Which programs keep the contract's own rules: a smaller program must not break them itself."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Close,
    Drop,
    Expect,
    Forks,
    Killed,
    Make,
    Open,
    Processes,
    Program,
    Read,
    Step,
    Threads,
)


def is_valid(program: Program, claims: Collection[str]) -> bool:
    """Whether a correct store must get through the program.

    A store is open before it is used, nobody reads while it is open, and a destination is written
    to again only where the store claims ``resume``. A record of a call that
    is not judged must not look like a record of another call.
    """
    state = _State("resume" in claims)
    return (
        all(map(state.allows, program.steps))
        and not state.open_stores
        and _calls_that_are_not_judged_stand_apart(program)
    )


@dataclass
class _State:
    """What a program has done so far."""

    resumes: bool
    where: dict[int, int] = field(default_factory=dict[int, int])
    """The destination of each store, closed ones included."""
    open_stores: set[int] = field(default_factory=set[int])
    written: set[int] = field(default_factory=set[int])
    """Destinations that exist."""

    def allows(self, step: Step) -> bool:
        """Whether a step may come now; it is taken."""
        match step:
            case Open():
                return self._opened(step)
            case Make() | Close():
                if isinstance(step, Close):
                    self.open_stores.discard(step.store)
                return step.store in self.where
            case Threads():
                known = step.store in self.open_stores
                if step.close_after is not None:
                    self.open_stores.discard(step.store)
                return known and (step.close_after or 0) <= _longest(step.histories)
            case Drop():
                known = step.store in self.where and step.store not in self.open_stores
                self.where.pop(step.store, None)
                return known
            case Read():
                return step.destination in self.written and not self._is_open(step.destination)
            case Killed() | Forks():
                self.written.add(step.destination)
                return bool(step.calls) and getattr(step, "after", 0) <= len(step.calls)
            case Processes():
                # Several processes need a destination that was made before they start.
                alone = len(step.histories) == 1 or step.destination in self.written
                self.written.add(step.destination)
                return alone and any(step.histories)

    def _is_open(self, destination: int) -> bool:
        return any(self.where[store] == destination for store in self.open_stores)

    def _opened(self, step: Open) -> bool:
        allowed = (
            step.store not in self.open_stores
            and not self._is_open(step.destination)
            and (self.resumes or step.destination not in self.written)
            and (step.same_objects_as is None or step.same_objects_as in self.where)
        )
        self.where[step.store] = step.destination
        self.open_stores.add(step.store)
        self.written.add(step.destination)
        return allowed


def _longest(histories: tuple[tuple[Call, ...], ...]) -> int:
    return max(map(len, histories), default=-1)


def _calls_that_are_not_judged_stand_apart(program: Program) -> bool:
    """Whether no other call records anything under the names that they use."""
    names: dict[bool, set[tuple[str, Any]]] = {True: set(), False: set()}
    for step in program.steps:
        if isinstance(step, Make) and step.expect not in (Expect.REFUSED, Expect.TYPE_ERROR):
            names[step.expect is Expect.NOT_JUDGED].update(_names(step.call))
    return names[True].isdisjoint(names[False])


def _names(call: Call) -> Iterator[tuple[str, Any]]:
    """The names that the records of a call have, each with its kind."""
    given = named_arguments(call)
    match call.method:
        case "log_scalar":
            yield "points", given["key"]
        case "log_metrics":
            yield from (("points", key) for key in given["metrics"])
        case "log_hyperparams":
            yield from (("hyperparams", key) for key in given["params"])
        case _:
            yield "artifacts", given["name"]

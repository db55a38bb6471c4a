"""What a check is, and the list of all of them.

A check is a plain function over a trial and drawn data that raises ``ClauseViolation``. It names
its clause; pytest and Hypothesis only drive it.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from evsys_conformance.clauses import BY_ID, Clause
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.trial import Trial

Strategies = dict[str, st.SearchStrategy[Any]]


@dataclass(frozen=True)
class Check:
    """One check of one clause."""

    clause: Clause
    name: str
    """Name of the function, which says what must hold."""
    function: Callable[..., None]
    draw: Callable[[Bench], Strategies] | None
    """The data to draw, by parameter of the function; None: the check runs once."""
    weight: float
    """Share of the usual number of examples."""
    observes: bool
    """Whether it is worth nothing without a reader."""

    @property
    def id(self) -> str:
        """Clause and name: what a node id and ``-k`` show."""
        return f"{self.clause.id}::{self.name}"

    def begin(self, bench: Bench) -> Trial:
        """Start a trial for this check."""
        return Trial(bench, self.clause)


CHECKS: list[Check] = []


def check(
    clause_id: str,
    draw: Callable[[Bench], Strategies] | None = None,
    *,
    weight: float = 1.0,
    observes: bool = True,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a check of a clause.

    The function takes a :class:`~evsys_conformance.programs.trial.Trial` at a fresh destination
    first, then what ``draw`` names. Set ``observes=False`` where it proves something without a
    reader.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        CHECKS.append(Check(BY_ID[clause_id], function.__name__, function, draw, weight, observes))
        return function

    return register


_ROOMS = (
    "shape",
    "signatures",
    "metrics",
    "bad_metrics",
    "volume",
    "hyperparams",
    "isolation",
    "artifacts",
    "surrogates",
    "independence",
    "closing",
    "leaks",
    "composition",
    "resume",
    "crash",
    "threads",
    "processes",
    "fork",
)


def all_checks() -> list[Check]:
    """Every check of the kit, in the order of the clauses."""
    for room in _ROOMS:
        importlib.import_module(f"evsys_conformance.checks.{room}")
    order = {clause_id: place for place, clause_id in enumerate(BY_ID)}
    return sorted(CHECKS, key=lambda each: order[each.clause.id])

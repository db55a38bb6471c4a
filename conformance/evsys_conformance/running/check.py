"""What a check is, and how a function becomes one.

A check names its clause and yields programs; whether a store kept its contract is judged from the
programs alone. The few checks that can't be put as a program (signatures, leaks, files that must
not be touched, children of a composite) are functions that look for themselves: *direct* checks.
pytest and Hypothesis only drive either.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from evsys_conformance.clauses import BY_ID, Clause
from evsys_conformance.programs.observation import Observation
from evsys_conformance.programs.program import Program
from evsys_conformance.programs.subject import Subject

Strategies = dict[str, st.SearchStrategy[Any]]
Programs = Generator[Program, Observation, None]
"""What a check yields; it is sent what was seen."""


@dataclass(frozen=True)
class Check:
    """One check of one clause."""

    clause: Clause
    name: str
    """Name of the function, which says what must hold."""
    function: Callable[..., Any]
    draw: Callable[[Subject], Strategies] | None
    """The data to draw, by parameter of the function; None: the check runs once."""
    weight: float
    """Share of the usual number of examples."""
    observes: bool
    """Whether it is worth nothing without a reader."""
    direct: bool
    """Whether the function looks for itself, at a trial, instead of yielding programs."""

    @property
    def id(self) -> str:
        """Clause and name: what a node id and ``-k`` show."""
        return f"{self.clause.id}::{self.name}"


CHECKS: list[Check] = []
"""Those whose modules were imported; :func:`evsys_conformance.checks.all_checks` has all."""


def check(
    clause_id: str,
    draw: Callable[[Subject], Strategies] | None = None,
    *,
    weight: float = 1.0,
    observes: bool = True,
) -> Callable[[Callable[..., Programs]], Callable[..., Programs]]:
    """Make a generator of programs a check of a clause.

    The function takes the :class:`~evsys_conformance.programs.subject.Subject`, then what ``draw``
    names. Set ``observes=False`` where it proves something without a reader.
    """

    def register(function: Callable[..., Programs]) -> Callable[..., Programs]:
        CHECKS.append(
            Check(BY_ID[clause_id], function.__name__, function, draw, weight, observes, False)
        )
        return function

    return register


def direct_check(
    clause_id: str,
    draw: Callable[[Subject], Strategies] | None = None,
    *,
    observes: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a check that looks for itself; it raises ``ClauseViolation``.

    The function takes a :class:`~evsys_conformance.running.trial.Trial` at a fresh destination
    first, then what ``draw`` names.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        CHECKS.append(
            Check(BY_ID[clause_id], function.__name__, function, draw, 1.0, observes, True)
        )
        return function

    return register

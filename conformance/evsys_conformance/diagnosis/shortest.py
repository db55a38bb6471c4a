"""The shortest program that shows a failure, and how often it does."""

from collections.abc import Sequence
from dataclasses import replace

from evsys_conformance.judging.differences import Difference
from evsys_conformance.programs.program import Program
from evsys_conformance.reduction import structure
from evsys_conformance.reduction.experiments import Experiments, OutOfTime
from evsys_conformance.reduction.reducer import Reduced, reduced
from evsys_conformance.reduction.weight import weight

_REPEATS = 10
"""A store that fails only sometimes is run this often to count its failures."""
_TRIES = 5
"""How often each smaller program of such a store is run, before it counts as passing."""


def shortest(
    program: Program, found: Sequence[Difference], about: Difference, experiments: Experiments
) -> tuple[Reduced, str]:
    """The shortest program that was found in time, and how often it fails.

    Args:
        program: What failed.
        found: All that was wrong with it.
        about: The difference that must remain.
        experiments: Runs programs.

    Returns:
        The program, and how often it failed, as in ``3 of 10``; empty if it always fails.
    """
    if about.kind == "hung":  # Each smaller program could take as long.
        return Reduced(program, tuple(found), complete=False), ""
    runs = _frequency(program, about, experiments)
    experiments.tries = _TRIES if runs else 1
    try:
        result = reduced(program, found, about, experiments)
        return _without_surroundings(result, experiments), runs
    finally:
        experiments.tries = 1


def symptom_of(result: Reduced, about: Difference) -> Difference:
    """Of the differences that a reduced program shows, the one like that of the whole program."""
    alike = (each for each in result.found if each.is_like(about))
    return next(alike, result.found[0] if result.found else about)


def _frequency(program: Program, about: Difference, experiments: Experiments) -> str:
    """How often a program fails, if not always."""
    try:
        if _shows(about, experiments.found(program)):
            return ""
        failed = 1  # The check has seen it.
        for _ in range(_REPEATS - 2):
            failed += _shows(about, experiments.once(program))
    except OutOfTime:
        return ""
    return f"{failed} of {_REPEATS}"


def _shows(about: Difference, found: list[Difference]) -> bool:
    return any(each.is_like(about) for each in found)


def _without_surroundings(result: Reduced, experiments: Experiments) -> Reduced:
    """The same without threads, processes or wrappers, if it fails in any way at all."""
    complete = result.complete
    for plain in structure.without_surroundings(result.program):
        if weight(plain) < weight(result.program):
            try:
                found = experiments.found(plain)
            except OutOfTime:
                complete = False  # The next one may have been run before.
                continue
            if found:
                return reduced(plain, found, found[0], experiments)
    return replace(result, complete=complete)

"""What is bound to fail where a class has no usable methods, or a Config that takes anything."""

from collections.abc import Container
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from evsys_conformance.judging.differences import Difference
from evsys_conformance.programs.program import Close, Open, Program, Read, Step, Through, logged
from evsys_conformance.reduction.experiments import Experiments
from evsys_conformance.reduction.plainer import plain_call
from evsys_conformance.reduction.writers import calls_of
from evsys_sdk.signatures import WRITE_METHODS


def unusable_methods(experiments: Experiments) -> frozenset[str]:
    """The methods of which the plainest call raises.

    If their signature is wrong (SIG-1), nothing else is known about them.
    """
    programs = {method: logged([plain_call(method)]) for method in WRITE_METHODS}
    programs["close"] = Program((Open(), Close(), Read()))
    return frozenset(
        method
        for method, program in programs.items()
        if any(each.kind in ("raised", "close raised") for each in experiments.found(program))
    )


def methods_of(program: Program) -> set[str]:
    """The methods that a program calls."""
    called = {call.method for step in program.steps for call in calls_of(step)}
    return called | {"close" for step in program.steps if isinstance(step, Close)}


def wrapping_needs(
    program: Program, about: Difference, known: Container[str], experiments: Experiments
) -> str:
    """The clause without which no wrapper works: a strict Config (ID-2), or named parameters.

    Args:
        program: What failed.
        about: How it failed.
        known: The clauses that have a cause.
        experiments: Runs programs.

    Returns:
        A clause that has a cause; empty if the program has no wrapper, or fails without it too.

    Raises:
        OutOfTime: It could not be found out in time.
    """
    needed = {"open raised": "ID-2", "raised": "SIG-1"}.get(about.kind, "")
    direct = Program(tuple(map(_unwrapped, program.steps)))
    if needed not in known or direct == program:
        return ""
    return "" if any(each.is_like(about) for each in experiments.found(direct)) else needed


def _unwrapped(step: Step) -> Step:
    return replace(step, through=Through.NOTHING) if isinstance(step, Open) else step


def followed(clause_id: str, known: Container[str], experiments: Experiments) -> str:
    """The clause from whose cause the failure of a direct check follows; empty if there is none.

    Args:
        clause_id: The clause of the check.
        known: The clauses that have a cause.
        experiments: Runs programs.

    Raises:
        OutOfTime: It could not be found out in time.
    """
    method = {"SIG-2": "log_metrics", "SIG-3": "log_artifact"}.get(clause_id)
    if method and "SIG-1" in known and method in unusable_methods(experiments):
        return "SIG-1"
    if clause_id == "ID-3" and "ID-2" in known and not _has_config(experiments.subject.store):
        return "ID-2"
    return ""


def _has_config(store: Any) -> bool:
    """Whether there is a Config at all, which a constructor could follow (ID-3)."""
    config = getattr(store, "Config", None)
    return isinstance(config, type) and issubclass(config, BaseModel)

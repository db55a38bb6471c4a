"""What is bound to fail where a class has no usable methods, or a Config that takes anything."""

from typing import Any

from pydantic import BaseModel

from evsys_conformance.judging.differences import Difference
from evsys_conformance.programs.program import Close, Open, Program, Read, Through, logged
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


def wrapping_needs(program: Program, about: Difference) -> str:
    """The clause without which no wrapper works: a strict Config (ID-2), or named parameters."""
    opened = [step for step in program.steps if isinstance(step, Open)]
    if all(step.through is Through.NOTHING for step in opened):
        return ""
    return {"open raised": "ID-2", "raised": "SIG-1"}.get(about.kind, "")


def has_config(store: Any) -> bool:
    """Whether there is a Config at all, which a constructor could follow (ID-3)."""
    config = getattr(store, "Config", None)
    return isinstance(config, type) and issubclass(config, BaseModel)

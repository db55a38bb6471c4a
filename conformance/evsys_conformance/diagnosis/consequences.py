"""What is bound to fail where a class has no usable methods, or a Config that takes anything."""

from evsys_conformance.diagnosis import structure
from evsys_conformance.diagnosis.experiments import Experiments
from evsys_conformance.diagnosis.plainer import plain_call
from evsys_conformance.programs.calls import WRITE_METHODS
from evsys_conformance.programs.differences import Difference
from evsys_conformance.programs.program import Close, Open, Program, Read, Through, logged


def unusable_methods(experiments: Experiments) -> frozenset[str]:
    """The methods of which the plainest call raises.

    Where their signature is wrong (SIG-1), nothing else can be said of them.
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
    made = {call.method for step in program.steps for call in structure.calls_of(step)}
    return made | {"close" for step in program.steps if isinstance(step, Close)}


def is_kept_from_wrapping(program: Program, about: Difference) -> bool:
    """Whether no wrapper could be built around the store: its Config must be strict (ID-2)."""
    opened = [step for step in program.steps if isinstance(step, Open)]
    wrapped = any(step.through is not Through.NOTHING for step in opened)
    return wrapped and about.kind == "open raised"

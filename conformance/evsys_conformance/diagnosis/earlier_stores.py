"""Finds out whether a program fails through what earlier stores left in the process (ID-4)."""

import contextlib
from collections.abc import Iterator
from dataclasses import fields, replace

from evsys_conformance.harness import StoreHarness
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Close, Drop, Make, Open, Program, Read, Step
from evsys_conformance.reduction.experiments import Experiments, OutOfTime
from evsys_conformance.reduction.reducer import Reduced

_EARLIER = (
    Call("log_metrics", ({"elsewhere": 0.25}, 3), {"split": "val"}),
    Call("log_hyperparams", ({"elsewhere": 2},)),
    Call("log_artifact", ("elsewhere", "elsewhere.pt"), {"kind": "checkpoint"}),
)
"""What an earlier store may have done: nothing in it is like a plain call."""


def with_an_earlier_store(program: Program, experiments: Experiments) -> Reduced | None:
    """The program after one of another store, if it fails only then; else None.

    The experiments run in new processes if so: here every program has stores before it. A harness
    that starts something when it is entered is left alone: a second one might get in its way.
    """
    if type(experiments.subject.harness).__enter__ is not StoreHarness.__enter__:
        return None
    if {type(step) for step in program.steps} - {Open, Make, Close, Read, Drop}:
        return None
    experiments.in_new_processes = True
    with contextlib.suppress(OutOfTime):
        if not experiments.found(program):
            for longer in _after_others(program):
                if found := experiments.found(longer):
                    return Reduced(longer, tuple(found))
    experiments.in_new_processes = False
    return None


def _after_others(program: Program) -> Iterator[Program]:
    """The program after itself, and after a store that was used in another way."""
    later = tuple(map(_moved, program.steps))
    same = tuple(step for step in program.steps if not isinstance(step, Read))
    yield Program((*same, *later))
    for call in _EARLIER:
        yield Program((Open(), Make(call), Close(), *later))


def _moved(step: Step) -> Step:
    """The step with another store, at another destination."""
    moved = {
        each.name: getattr(step, each.name) + 1
        for each in fields(step)
        if each.name in ("store", "destination")
    }
    return replace(step, **moved)

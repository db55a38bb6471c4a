"""Finds out whether records of one destination show at another (ID-4)."""

from evsys_conformance.judging.differences import Difference
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Close, Make, Open, Program, Read
from evsys_conformance.reduction.experiments import Experiments

_ELSEWHERE = (
    Call("log_metrics", ({"elsewhere": 0.5}, 0)),
    Call("log_hyperparams", ({"elsewhere": 1},)),
    Call("log_artifact", ("elsewhere", "model.pt")),
)


def shared_records(experiments: Experiments) -> tuple[Program, list[Difference]] | None:
    """A program in which records of one destination show at another, if there is one (ID-4)."""
    there = (Open(1, 1), Close(1), Read(1))
    for call in _ELSEWHERE:
        # What a store invents, or has kept from earlier programs, shows without the call too.
        usual = {each.text for each in experiments.once(Program((Open(), Close(), *there)))}
        program = Program((Open(), Make(call), Close(), *there))
        found = [each for each in experiments.once(program) if each.text not in usual]
        if found:
            return program, found
    return None

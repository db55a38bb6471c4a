"""Runs a whole program in a new process, where no earlier store has left anything."""

import pickle

from evsys_conformance.judging.differences import Difference
from evsys_conformance.processes.parent import Child
from evsys_conformance.programs.program import Program
from evsys_conformance.programs.subject import Subject


def found_in_new_process(program: Program, subject: Subject) -> list[Difference]:
    """What is wrong with a program there; empty if it passes.

    Raises:
        ProcessFailed: The program can't be pickled, or the process did not come to its end.
    """
    options = {"program": program, "target": subject.target, "params_given": subject.params_given}
    with Child(subject, {}, "judge_program", (), **options) as child:
        child.wait_until_done()
    found: list[Difference] = pickle.loads(bytes.fromhex(child.answer))  # noqa: S301 - our own
    return found

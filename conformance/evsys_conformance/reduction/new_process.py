"""Judges a whole program in a new process, where no earlier store has left anything."""

import os
import pickle

from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.judge import judged
from evsys_conformance.processes import fork_server
from evsys_conformance.processes.child import Job, Opening
from evsys_conformance.processes.parent import Child
from evsys_conformance.programs.program import Program
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.interpreter import run
from evsys_conformance.targets.loading import load_harness

fork_server.preload(__name__)


def found_in_new_process(program: Program, subject: Subject) -> list[Difference]:
    """What is wrong with a program there; empty if it passes.

    Raises:
        ProcessFailed: The program can't be pickled, or the process did not come to its end.
    """
    options = {"program": program, "target": subject.target, "params_given": subject.params_given}
    with Child(subject, {}, judge_program, (), **options) as child:
        child.wait_until_done()
    found: list[Difference] = pickle.loads(bytes.fromhex(child.answer))  # noqa: S301 - our own
    return found


def judge_program(job: Job, _open_store: Opening) -> None:
    """In the child: run the program as the parent would, and report what is wrong with it."""
    program, target, params = (job.options[name] for name in ("program", "target", "params_given"))
    with load_harness(target, params) as harness:
        subject = Subject(harness, target, params)
        try:
            found = judged(program, run(program, subject), subject)
        finally:
            subject.discard()
    os.write(job.report, pickle.dumps(found).hex().encode())

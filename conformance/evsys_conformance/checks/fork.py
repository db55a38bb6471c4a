"""Checks of CAP-FORK: forked children and the parent's store, in child processes throughout."""

import os

from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Forks, Leave, Read, program
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check


def _calls(number: int) -> tuple[Call, ...]:
    log: list[Call] = [calls.hyperparams({"lr": 0.5})]
    log += [calls.metrics({"loss": n / 8}, n) for n in range(number)]
    return (*log, calls.artifact("model", "a.pt"), calls.hyperparams({"seed": 1}))


@check("CAP-FORK")
def a_forked_child_that_exits_does_no_harm(subject: Subject) -> Programs:
    """Forked after each call of the parent; it leaves normally or by os._exit."""
    if hasattr(os, "fork"):
        for leave in Leave:
            yield program(Forks(_calls(5), leave=leave), Read())


@check("CAP-FORK")
def a_write_in_a_forked_child_is_recorded_once_or_raises(subject: Subject) -> Programs:
    """Recorded at the same destination; the parent's own records are kept."""
    if hasattr(os, "fork"):
        for leave in Leave:
            yield program(Forks(_calls(4), leave=leave, write=True), Read())


@check("CAP-FORK", observes=False)
def a_fork_beside_a_writing_thread_does_not_hang(subject: Subject) -> Programs:
    """The child writes too. Its records are judged if the store claims threads."""
    if hasattr(os, "fork"):
        forks = Forks(_calls(12), leave=Leave.AT_ONCE, write=True, beside_a_writer=True)
        yield program(forks, [Read()] if "threads" in subject.claims else [])

"""Checks of CAP-PROC: several processes at one destination."""

from evsys_conformance.checks._histories import writer_calls
from evsys_conformance.programs.program import Close, Open, Processes, Read, program
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check

PROCESSES = 3
CALLS = 300


@check("CL-1")
def a_closed_log_outlives_its_process(subject: Subject) -> Programs:
    """What runs at the exit of a process adds nothing. For stores that can be read from another."""
    if subject.claims & {"crash", "processes", "fork"}:
        yield program(Processes((writer_calls(0, 30),)), Read())


@check("CAP-PROC")
def processes_keep_every_record(subject: Subject) -> Programs:
    """Three processes, each with its own instance, write at once; a fourth comes late."""
    number = subject.affordable(CALLS)
    histories = tuple(writer_calls(writer, number) for writer in range(PROCESSES + 1))
    # The destination exists before they start.
    yield program(Open(), Close(), Processes(histories), Read())

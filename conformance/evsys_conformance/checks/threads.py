"""Checks of CAP-THREADS: one instance, several threads."""

from evsys_conformance.checks._histories import merging_calls, racing_calls, writer_calls
from evsys_conformance.programs.program import Close, Open, Read, Threads, program, run_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check

THREADS = 4
ROUNDS = 3
CALLS = 120
MERGES = 24
RACING_CALLS = 3000


@check("CAP-THREADS", observes=False)
def threads_keep_every_record(subject: Subject) -> Programs:
    """Four threads write to one store at once, through a barrier."""
    for giving_way in (*[False] * ROUNDS, True):
        number = subject.affordable(CALLS)
        histories = tuple(writer_calls(writer, number) for writer in range(THREADS))
        yield run_of(Threads(histories, giving_way=giving_way))


@check("CAP-THREADS", observes=False)
def threads_keep_every_hyperparameter(subject: Subject) -> Programs:
    """Four threads merge hyperparameters at once, which all change one thing."""
    number = subject.affordable(MERGES)
    histories = tuple(merging_calls(writer, number) for writer in range(THREADS))
    yield run_of(Threads(histories, giving_way=True))


@check("CAP-THREADS", observes=False)
def close_may_race_writes(subject: Subject) -> Programs:
    """A write that returned is recorded, one that raised is not; nothing hangs."""
    histories = tuple(racing_calls(writer, RACING_CALLS) for writer in range(THREADS - 1))
    for after in (0, 1, 5, 40, 150):
        yield program(Open(), Threads(histories, close_after=after), Close(), Read())

"""From failed checks to their causes.

Each failing program is reduced, and what remains names a clause. Failures that end at one clause
are one cause, shown by the smallest program. A clause whose checks failed through the cause of
another clause gets a separate cause if its own tiny programs (each of its calls alone) lead back
to it.
"""

import itertools
from collections.abc import Iterable, Iterator

from evsys_conformance.diagnosis.cause import Cause, Failure
from evsys_conformance.diagnosis.search import CauseSearch
from evsys_conformance.reduction.experiments import Experiments
from evsys_conformance.reduction.writers import calls_of

SECONDS_PER_PROGRAM = 6.0
"""How long one failing program may be reduced, in the first round."""


def causes_of(failures: Iterable[Failure], experiments: Experiments) -> list[Cause]:
    """The causes of failed checks, most telling first.

    Of the checks for which the time did not suffice, a few may become a cause of their clause that
    is not ``complete``. The others are in no cause.
    """
    search = CauseSearch(experiments)
    waiting = list(in_turn(failures))
    for seconds in _rounds(experiments.seconds_left()):
        waiting = [failure for failure in waiting if not search.explain(failure, seconds)]
    search.keep_unfinished(waiting)
    return search.causes.most_telling_first()


def _rounds(whole: float) -> Iterator[float]:
    """Seconds for each program: in each round twice as many, until one may take all that is left.

    Programs that ran before are not run again. The last round also explains what needs no more
    than the causes that are known by then.
    """
    seconds = SECONDS_PER_PROGRAM
    while seconds < 2 * whole:
        yield seconds
        seconds *= 2
    yield seconds


def in_turn(failures: Iterable[Failure]) -> Iterator[Failure]:
    """One failure of each clause, then a second one of each, as long as there are any.

    When the time is up, each clause has had its turn. Quick programs come first: what they find is
    known when the slow ones are reduced.
    """
    of_clause: dict[str, list[Failure]] = {}
    for failure in sorted(failures, key=_cost):
        of_clause.setdefault(failure.clause.id, []).append(failure)
    for turn in itertools.zip_longest(*of_clause.values()):
        yield from filter(None, turn)


def _cost(failure: Failure) -> int:
    if failure.program is None:
        return -1
    return sum(len(calls_of(step)) for step in failure.program.steps)

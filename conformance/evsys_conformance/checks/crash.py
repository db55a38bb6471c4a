"""Checks of CAP-CRASH: what a returned call wrote survives SIGKILL of the process."""

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Close, Killed, Open, Read, Step, make_steps, program
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, Strategies, check

PLACES = 12
"""At most this many actions of a call are cut, at normal effort."""


def _runs(subject: Subject) -> Strategies:
    splits = strategies.usual_splits(subject.claims)
    return {
        "drawn": st.lists(strategies.any_calls(splits), min_size=1, max_size=25),
        "share": st.floats(0, 1),
    }


def _resumed(subject: Subject) -> list[Step]:
    """Read, and log more where the store claims that a log can be continued: it keeps the rest."""
    if "resume" not in subject.claims:
        return [Read()]
    more = [calls.metrics({"loss": 0.75, "resumed": 1.0}, 9), calls.artifact("later", "b.pt")]
    more += [calls.hyperparams({"resumed": True})]
    return [Read(), Open(), *make_steps(more), Close(), Read()]


@check("CAP-CRASH", _runs, weight=0.16)
def calls_that_returned_survive(subject: Subject, drawn: list[Call], share: float) -> Programs:
    """Killed between two calls of a drawn run, without time for anything else."""
    after = max(1, round(share * len(drawn)))
    yield program(Killed(tuple(drawn[:after])), _resumed(subject))


@check("CAP-CRASH")
def a_long_run_survives(subject: Subject) -> Programs:
    """Every kind of call, more of them than a buffer holds, killed at the end."""
    log: list[Call] = [calls.hyperparams({"lr": 0.5})]
    for n in range(150):
        log.append(calls.metrics({"loss": n / 8, "acc": 0.5}, n))
        if n % 30 == 0:
            log.append(calls.artifact("model", f"{n}.pt"))
    log += [calls.hyperparams({"seed": 1}), calls.scalar("loss", 0.5, 151)]
    yield program(Killed(tuple(log)), _resumed(subject))


@check("CAP-CRASH")
def a_call_in_progress_harms_no_other_record(subject: Subject) -> Programs:
    """Killed at any instant of a run: the call in progress may be there in part."""
    wide = {f"layer.{n:02}/gradient": n / 8 for n in range(12)}
    log: list[Call] = []
    for n in range(2000):
        log.append(calls.metrics({**wide, "loss": float(n)}, n))
        if n % 5 == 0:
            log += [calls.artifact("model", f"{n}.pt"), calls.hyperparams({"n": n})]
    for after, pause in ((1, 0.0011), (9, 0.0003), (40, 0.0037), (120, 0.0019)):
        yield program(Killed(tuple(log), pause=pause, after=after), _resumed(subject))


_LAST_CALLS = (
    calls.hyperparams({"lr": 0.25, "seed": 1}),
    calls.artifact("model", "last.pt"),
    calls.metrics({"loss": 0.75, "acc": 0.25}, 3),
    calls.scalar("loss", 0.75, 3),
)


@check("CAP-CRASH")
def a_call_of_each_kind_may_be_cut_anywhere(subject: Subject) -> Programs:
    """Killed right after it returned, and right after each thing that it does outside the process.

    Where importing the store starts threads, after which no process can be forked with safety, only
    right after it returned.
    """
    before: list[Call] = [calls.hyperparams({"lr": 0.5, "batch": 32})]
    for n in range(3):
        before.append(calls.metrics({"loss": n / 8, "acc": 0.5}, n))
        before.append(calls.artifact("model", f"{n}.pt"))
    for last in _LAST_CALLS:
        yield program(Killed((last,)), _resumed(subject))
        log = (*before, last)
        observation = yield program(Killed(log), _resumed(subject))
        actions = observation.seen[0].actions
        for place in _spread(actions, round(PLACES * subject.share_of_a_long_run)):
            yield program(Killed(log, within=place), _resumed(subject))


def _spread(last: int, most: int) -> list[int]:
    """Whole numbers from 1 to ``last``, ``most`` at most, as evenly as can be."""
    if last <= most:
        return list(range(1, last + 1))
    return [1 + n * (last - 1) // (most - 1) for n in range(most)]

"""Checks of close: CL-1 to CL-3, and the lifecycle of a store as a whole."""

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Close,
    Drop,
    Expect,
    Make,
    Open,
    Program,
    Read,
    Step,
    logged,
    make_steps,
    program,
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, Strategies, check

_EACH_METHOD = (
    calls.scalar("late", 0.5, 1),
    calls.metrics({"late": 0.5}, 1),
    calls.metrics({"late": 0.5}, 1, "val"),
    calls.metrics({}, 1),
    calls.hyperparams({"late": 1}),
    calls.hyperparams({}),
    calls.artifact("late", "late.pt"),
    calls.artifact("late", "late.pt", "checkpoint"),
)


@check("CL-1")
def a_reader_finds_a_single_scalar(subject: Subject) -> Programs:
    """The first thing to know: do the store and its reader meet?"""
    yield logged([calls.scalar("loss", 0.5, 1)])


@check("CL-1", lambda _: {"drawn": st.lists(strategies.any_calls(), min_size=1, max_size=20)})
def a_closed_log_is_complete(subject: Subject, drawn: list[Call]) -> Programs:
    """Any sequence of calls is complete after close."""
    yield logged(drawn)


@check("CL-1")
def a_closed_log_outlives_its_instance(subject: Subject) -> Programs:
    """Collecting the garbage adds nothing and takes nothing away."""
    for length in (1, 7, 100):
        log = [calls.hyperparams({"lr": 0.5}), calls.artifact("model", "a.pt")]
        log += [calls.metrics({"loss": n / 8}, n) for n in range(length)]
        yield program(Open(), make_steps(log), Close(), Drop(), Read())


@check("CL-1")
def the_last_call_is_recorded(subject: Subject) -> Programs:
    """Each method in turn makes the last call."""
    before = [calls.metrics({"loss": n / 8}, n) for n in range(5)]
    for last in (
        calls.metrics({"last": 0.5}, 9),
        calls.scalar("last", 0.5, 9),
        calls.hyperparams({"last": 1}),
        calls.artifact("last", "last.pt"),
        calls.metrics({}, 9),
    ):
        for log in ([*before, last], [last, *before], [last]):
            yield logged(log)


@check("CL-2")
def closing_again_changes_nothing(subject: Subject) -> Programs:
    """Twice, three times, and after the log was read."""
    log = [
        calls.hyperparams({"lr": 0.5}),
        *(calls.metrics({"loss": n / 8}, n) for n in range(10)),
        calls.artifact("model", "a.pt"),
    ]
    again: list[Step] = [Close(), Close(), Read()]
    yield program(Open(), make_steps(log), again, make_steps(_EACH_METHOD), again)


@check("CL-2")
def closing_after_one_kind_of_call_succeeds(subject: Subject) -> Programs:
    """A run of nothing but hyperparameters, artifacts, empty dicts or refused calls."""
    bad = Make(
        calls.scalar("loss", "1.5", 0),
        expect=Expect.REFUSED,
        because="the value '1.5' is not a number",
    )
    for step in (*make_steps(_EACH_METHOD), bad):
        yield program(Open(), step, Close(), Close())


@check("CL-2")
def closing_without_a_write_succeeds(subject: Subject) -> Programs:
    """Once and again; nothing is recorded."""
    yield program(Open(), Close(), Close(), Read())


@check("CL-3", observes=False)
def a_closed_store_refuses_each_method(subject: Subject) -> Programs:
    """After writes; also for an empty dict, and also when closed again in between."""
    log = [calls.metrics({"loss": 0.5}, 0), calls.hyperparams({"lr": 1}), calls.artifact("m", "p")]
    refused: list[Step] = [Close(), *make_steps(_EACH_METHOD)]
    yield program(Open(), make_steps(log), refused, refused, Read(), Drop(), Read())


@check("CL-3", observes=False)
def a_store_closed_without_a_write_refuses(subject: Subject) -> Programs:
    """Each method, on a store that has never opened its destination, perhaps."""
    for call in _EACH_METHOD:
        yield program(Open(), Close(), Make(call), Close(), Read())


def _lifecycle(subject: Subject) -> Strategies:
    splits = strategies.usual_splits(subject.claims)
    event = st.one_of(
        strategies.any_calls(splits),
        strategies.any_calls(splits),
        strategies.any_calls(splits),
        st.sampled_from(["close", "reopen", "read"]),
    )
    return {"events": st.lists(event, min_size=1, max_size=25)}


@check("CL-1", _lifecycle)
def any_life_of_a_store_records_what_was_logged(
    subject: Subject, events: list[Call | str]
) -> Programs:
    """Open, write, close, write again, reopen, read: against a plain list of calls."""
    yield _life(events, resumes="resume" in subject.claims)


def _life(events: list[Call | str], *, resumes: bool) -> Program:
    """A store that claims ``resume`` is opened again at its destination, another at a fresh one."""
    steps: list[Step] = [Open()]
    destination, closed = 0, False
    for event in events:
        if isinstance(event, Call):
            steps.append(Make(event))
        elif event == "close":
            steps.append(Close())
            closed = True
        elif event == "reopen":
            steps += [Close(), Read(destination)]
            destination += not resumes
            steps.append(Open(destination=destination))
            closed = False
        elif closed:  # While a store is open nobody may read.
            steps.append(Read(destination))
    return program(steps, Close(), Read(destination))

"""Checks of CAP-RESUME: a new instance at the same destination continues the log."""

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Close,
    Drop,
    Open,
    Program,
    Read,
    Step,
    make_steps,
    program,
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, Strategies, check


def _sessions(subject: Subject) -> Strategies:
    splits = strategies.usual_splits(subject.claims)
    session = st.lists(strategies.any_calls(splits), max_size=8)
    return {"sessions": st.lists(session, min_size=2, max_size=5)}


@check("CAP-RESUME", _sessions)
def sessions_make_one_log(subject: Subject, sessions: list[list[Call]]) -> Programs:
    """Several instances one after another, some of which log nothing."""
    yield _one_after_another(sessions)


@check("CAP-RESUME")
def a_session_that_logs_nothing_loses_nothing(subject: Subject) -> Programs:
    """Before, between and after sessions that log something."""
    some = [
        calls.hyperparams({"lr": 0.5, "model": {"layers": 2}}),
        calls.metrics({"loss": 0.5, "acc": 0.25}, 0),
        calls.artifact("model", "a.pt"),
    ]
    yield _one_after_another([[], some, [], [], some])


@check("CAP-RESUME")
def each_kind_of_record_continues(subject: Subject) -> Programs:
    """A session that logs one kind of record only loses none of the other kinds."""
    yield _one_after_another(
        [
            [calls.hyperparams({"lr": 0.5, "seed": 1}), calls.metrics({"loss": 0.5}, 5)],
            [calls.metrics({"loss": 0.25, "new": 1.0}, 5), calls.scalar("loss", 0.5, 5)],
            [calls.artifact("model", "a.pt"), calls.artifact("model", "a.pt")],
            [calls.hyperparams({"lr": 0.25, "late": [1]})],
            [calls.metrics({"loss": 0.125}, 0)],
            [calls.artifact("model", "a.pt")],
        ],
    )


@check("CAP-RESUME")
def a_dozen_sessions_stay_in_order(subject: Subject) -> Programs:
    """Also the tenth, which comes before the second where numbers are sorted as text."""
    yield _one_after_another(
        [[calls.metrics({"loss": n / 8}, n), calls.hyperparams({"lr": n})] for n in range(12)],
    )


@check("CAP-RESUME")
def a_long_log_continues(subject: Subject) -> Programs:
    """After more rows than one buffer holds."""
    size = subject.affordable(1500)
    first = [calls.metrics({"loss": n / 8}, n) for n in range(size)]
    second = [calls.metrics({"loss": n / 8}, n) for n in range(size // 2, size // 2 + size // 8)]
    yield _one_after_another([first, second, []])


@check("CAP-RESUME")
def a_log_continues_after_its_instance_is_gone(subject: Subject) -> Programs:
    """Collecting an earlier instance, before or after the next one writes, changes nothing."""
    steps: list[Step] = []
    for n in range(3):
        steps.append(Open(store=2 * n))
        steps += make_steps(
            [calls.metrics({"loss": n / 8}, n), calls.hyperparams({f"first {n}": n})], 2 * n
        )
        steps.append(Close(2 * n))
        if n % 2:
            steps.append(Drop(2 * n))
        steps.append(Open(store=2 * n + 1))
        steps += make_steps(
            [calls.metrics({"loss": n / 4}, n), calls.artifact("model", f"{n}.pt")], 2 * n + 1
        )
        if n % 2 == 0:
            steps.append(Drop(2 * n))
        steps.append(Close(2 * n + 1))
    yield program(steps, Read())


def _one_after_another(sessions: list[list[Call]]) -> Program:
    return program(*([Open(), *make_steps(session), Close()] for session in sessions), Read())

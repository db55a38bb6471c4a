"""Checks of CAP-RESUME: a new instance at the same destination continues the log."""

import gc

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.pace import affordable
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running.check import Strategies, check


def _sessions(bench: Bench) -> Strategies:
    splits = strategies.usual_splits(bench.claims)
    session = st.lists(strategies.any_calls(splits), max_size=8)
    return {"sessions": st.lists(session, min_size=2, max_size=5)}


@check("CAP-RESUME", _sessions)
def sessions_make_one_log(trial: Trial, sessions: list[list[Call]]) -> None:
    """Several instances one after another, some of which log nothing."""
    _one_after_another(trial, sessions)


@check("CAP-RESUME")
def a_session_that_logs_nothing_loses_nothing(trial: Trial) -> None:
    """Before, between and after sessions that log something."""
    some = [
        calls.hyperparams({"lr": 0.5, "model": {"layers": 2}}),
        calls.metrics({"loss": 0.5, "acc": 0.25}, 0),
        calls.artifact("model", "a.pt"),
    ]
    _one_after_another(trial, [[], some, [], [], some])


@check("CAP-RESUME")
def each_kind_of_record_continues(trial: Trial) -> None:
    """A session that logs one kind of record only loses none of the other kinds."""
    _one_after_another(
        trial,
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
def a_dozen_sessions_stay_in_order(trial: Trial) -> None:
    """Also the tenth, which comes before the second where numbers are sorted as text."""
    _one_after_another(
        trial,
        [[calls.metrics({"loss": n / 8}, n), calls.hyperparams({"lr": n})] for n in range(12)],
    )


@check("CAP-RESUME")
def a_long_log_continues(trial: Trial) -> None:
    """After more rows than one buffer holds."""
    size = affordable(trial, 1500)
    first = [calls.metrics({"loss": n / 8}, n) for n in range(size)]
    second = [calls.metrics({"loss": n / 8}, n) for n in range(size // 2, size // 2 + size // 8)]
    _one_after_another(trial, [first, second, []])


@check("CAP-RESUME")
def a_log_continues_after_its_instance_is_gone(trial: Trial) -> None:
    """Collecting an earlier instance, before or after the next one writes, changes nothing."""
    made: list[Call] = []
    for n in range(3):
        first = trial.open()
        first.calls([calls.metrics({"loss": n / 8}, n), calls.hyperparams({f"first {n}": n})])
        first.close()
        if n % 2:
            first.store = None
            gc.collect()
        second = trial.open()
        second.calls([calls.metrics({"loss": n / 4}, n), calls.artifact("model", f"{n}.pt")])
        first.store = None
        gc.collect()
        second.close()
        made += [calls.metrics({"loss": n / 8}, n), calls.hyperparams({f"first {n}": n})]
        made += [calls.metrics({"loss": n / 4}, n), calls.artifact("model", f"{n}.pt")]
    trial.expect(made)


def _one_after_another(trial: Trial, sessions: list[list[Call]]) -> None:
    for session in sessions:
        store = trial.open()
        store.calls(session)
        store.close()
    trial.expect([call for session in sessions for call in session])

"""Checks of close: CL-1 to CL-3, and the lifecycle of a store as a whole."""

import contextlib
import gc

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.trial import OpenStore, Trial
from evsys_conformance.running.check import Strategies, check

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
def a_reader_finds_a_single_scalar(trial: Trial) -> None:
    """The first thing to know: do the store and its reader meet?"""
    call = calls.scalar("loss", 0.5, 1)
    trial.log_calls([call])
    run_log = trial.read()
    if run_log is None:
        return
    with trial.judged("going through what harness.read(params) returned"):
        points = [item for row in run_log.metrics for item in row.metrics.items()]
    if not points:
        trial.fail(
            "One scalar was logged and the store was closed, but harness.read(params) reports no "
            "point at all. Either your reader looks in another place than your store writes to, or "
            "your store wrote nothing: look at the destination that harness.params gave after "
            "running the script below. If the point is there, it is your reader; if not, your "
            "store."
        )
    trial.expect([call])


@check("CL-1", lambda _: {"drawn": st.lists(strategies.any_calls(), min_size=1, max_size=20)})
def a_closed_log_is_complete(trial: Trial, drawn: list[Call]) -> None:
    """After close, and still after the instance was garbage-collected."""
    store = trial.open()
    store.calls(drawn)
    store.close()
    trial.expect(drawn)


@check("CL-1")
def a_closed_log_outlives_its_instance(trial: Trial) -> None:
    """Collecting the garbage adds nothing and takes nothing away."""
    for length in (1, 7, 100):
        run = Trial(trial.bench, trial.clause)
        made = [calls.hyperparams({"lr": 0.5}), calls.artifact("model", "a.pt")]
        made += [calls.metrics({"loss": n / 8}, n) for n in range(length)]
        store = run.open()
        store.calls(made)
        store.close()
        store.store = None
        gc.collect()
        run.note("del store; import gc; gc.collect()")
        run.expect(made)
        trial.unobserved = trial.unobserved or run.unobserved


@check("CL-1")
def the_last_call_is_recorded(trial: Trial) -> None:
    """Whichever method it was."""
    before = [calls.metrics({"loss": n / 8}, n) for n in range(5)]
    for last in (
        calls.metrics({"last": 0.5}, 9),
        calls.scalar("last", 0.5, 9),
        calls.hyperparams({"last": 1}),
        calls.artifact("last", "last.pt"),
        calls.metrics({}, 9),
    ):
        for made in ([*before, last], [last, *before], [last]):
            run = Trial(trial.bench, trial.clause)
            run.log_calls(made)
            run.expect(made)
            trial.unobserved = trial.unobserved or run.unobserved


@check("CL-2")
def closing_again_changes_nothing(trial: Trial) -> None:
    """Twice, three times, and after the log was read."""
    made = [
        calls.hyperparams({"lr": 0.5}),
        *(calls.metrics({"loss": n / 8}, n) for n in range(10)),
        calls.artifact("model", "a.pt"),
    ]
    store = trial.open()
    store.calls(made)
    store.close()
    store.close()
    trial.expect(made)
    for call in _EACH_METHOD:
        with contextlib.suppress(Exception):
            store.make(call.method, *call.arguments)
    store.close()
    store.close()
    trial.expect(made)


@check("CL-2")
def closing_after_one_kind_of_call_is_no_error(trial: Trial) -> None:
    """A run of nothing but hyperparameters, artifacts, empty dicts or refused calls."""
    bad = calls.scalar("loss", "1.5", 0)
    for call in (*_EACH_METHOD, bad):
        run = Trial(trial.bench, trial.clause)
        store = run.open()
        if call is bad:
            store.refused(bad, "the value '1.5' is no number")
        else:
            store.call(call)
        store.close()
        store.close()


@check("CL-2")
def closing_without_a_write_is_no_error(trial: Trial) -> None:
    """Once and again; nothing is recorded."""
    store = trial.open()
    store.close()
    store.close()
    trial.expect([])


def _refuses_when_closed(trial: Trial, store: OpenStore, call: Call) -> None:
    trial.note(
        "try:", f"    {call.code(store.name)}", "except Exception as error:", "    print(error)"
    )
    arguments, keywords = call.fresh()
    try:
        store.make(call.method, *arguments, **keywords)
    except Exception:  # noqa: BLE001 - any exception will do
        return
    trial.fail(f"{call.code(store.name)} after close() did not raise")


@check("CL-3", observes=False)
def a_closed_store_refuses_each_method(trial: Trial) -> None:
    """After writes; also for an empty dict, and also when closed again in between."""
    made = [calls.metrics({"loss": 0.5}, 0), calls.hyperparams({"lr": 1}), calls.artifact("m", "p")]
    store = trial.open()
    store.calls(made)
    store.close()
    for call in _EACH_METHOD:
        _refuses_when_closed(trial, store, call)
    store.close()
    for call in _EACH_METHOD:
        _refuses_when_closed(trial, store, call)
    trial.expect(made)
    store.store = None
    gc.collect()
    trial.expect(made)


@check("CL-3", observes=False)
def a_store_closed_without_a_write_refuses(trial: Trial) -> None:
    """Each method, on a store that has never opened its destination, perhaps."""
    for call in _EACH_METHOD:
        run = Trial(trial.bench, trial.clause)
        store = run.open()
        store.close()
        _refuses_when_closed(run, store, call)
        store.close()
        run.expect([])
        trial.unobserved = trial.unobserved or run.unobserved


def _lifecycle(bench: Bench) -> Strategies:
    splits = strategies.usual_splits(bench.claims)
    event = st.one_of(
        strategies.any_calls(splits),
        strategies.any_calls(splits),
        strategies.any_calls(splits),
        st.sampled_from(["close", "reopen", "read"]),
    )
    return {"events": st.lists(event, min_size=1, max_size=25)}


@check("CL-1", _lifecycle)
def any_life_of_a_store_records_what_was_logged(trial: Trial, events: list[Call | str]) -> None:
    """Open, write, close, write again, reopen, read: against a plain list of calls.

    A store that claims ``resume`` is reopened at its destination, another at a fresh one.
    """
    life = _Life(trial)
    for event in events:
        if isinstance(event, Call):
            life.write(event)
        elif event == "close":
            life.close()
        elif event == "reopen":
            life.reopen()
        else:
            life.read()
    life.close()
    life.read()
    trial.unobserved = trial.unobserved or life.trial.unobserved


class _Life:
    """The model: a list of the calls that must be recorded at the current destination."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.made: list[Call] = []
        self.closed = False
        self.store = trial.open()

    def write(self, call: Call) -> None:
        """Write; a closed store must refuse it."""
        if self.closed:
            _refuses_when_closed(self.trial, self.store, call)
        else:
            self.store.call(call)
            self.made.append(call)

    def close(self) -> None:
        """Close, again if need be."""
        self.store.close()
        self.closed = True

    def reopen(self) -> None:
        """Close and open a new instance."""
        self.close()
        if "resume" not in self.trial.bench.claims:
            self.read()
            self.trial = Trial(self.trial.bench, self.trial.clause)
            self.made = []
        self.store = self.trial.open()
        self.closed = False

    def read(self) -> None:
        """Read where the contract allows it: when nothing is open."""
        if self.closed:
            self.trial.expect(self.made)

"""Checks of composition: MUX-1 for every store, MUX-2 for stores that hold children."""

import contextlib

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.judging.comparison import differences
from evsys_conformance.judging.differences import listed_texts
from evsys_conformance.judging.expected import Record
from evsys_conformance.judging.precision import Precision
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.forwarding import child_specs
from evsys_conformance.programs.program import Through, logged
from evsys_conformance.programs.sibling_stores import ChangingStore, FailingStore, RecordingStore
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, Strategies, check, direct_check
from evsys_conformance.running.trial import Trial
from evsys_conformance.violation import ClauseViolation
from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog


def _drawn_calls(subject: Subject) -> Strategies:
    splits = strategies.usual_splits(subject.claims)
    return {"drawn": st.lists(strategies.any_calls(splits), min_size=1, max_size=15)}


@check("MUX-1", _drawn_calls)
def calls_handed_on_by_position_are_recorded(subject: Subject, drawn: list[Call]) -> Programs:
    """Inside an object whose method of the same name hands the call on."""
    yield logged(drawn, through=Through.BY_POSITION)


@check("MUX-1", _drawn_calls)
def calls_handed_on_by_keyword_are_recorded(subject: Subject, drawn: list[Call]) -> Programs:
    """Likewise, every argument by its name."""
    yield logged(drawn, through=Through.BY_KEYWORD)


@check("MUX-1", _drawn_calls)
def a_child_of_multiplex_records_what_it_would_alone(
    subject: Subject, drawn: list[Call]
) -> Programs:
    """Between siblings that record, fail, and change what they are handed."""
    yield logged(drawn, through=Through.MULTIPLEX)


_ARRANGEMENTS: tuple[tuple[type[RecordingStore], ...], ...] = (
    (RecordingStore,),
    (RecordingStore, RecordingStore, RecordingStore),
    (FailingStore, RecordingStore),
    (RecordingStore, FailingStore, RecordingStore),
    (RecordingStore, FailingStore, FailingStore, RecordingStore),
    (ChangingStore, RecordingStore, ChangingStore, RecordingStore),
)


def _composite_calls(subject: Subject) -> Strategies:
    return {**_drawn_calls(subject), "kinds": st.sampled_from(_ARRANGEMENTS)}


@direct_check("MUX-2", _composite_calls)
def every_child_gets_every_call(
    trial: Trial, drawn: list[Call], kinds: tuple[type[RecordingStore], ...]
) -> None:
    """Each child gets equal arguments in order, even if another child fails."""
    every_child(trial, drawn, kinds)


@direct_check("MUX-2")
def a_failing_child_keeps_nothing_from_the_others(trial: Trial) -> None:
    """On each method and on close, wherever the failing child is."""
    log = [
        calls.hyperparams({"lr": 0.5, "model": {"layers": [1, 2]}}),
        calls.metrics({"loss": 0.5, "acc": 0.25}, 0),
        calls.metrics({"loss": 0.5}, 1, "val"),
        calls.scalar("loss", 0.125, 2),
        calls.artifact("model", "a.pt", "checkpoint"),
        calls.metrics({"loss": 0.25}, 3),
        calls.hyperparams({"lr": 0.25}),
        calls.artifact("model", "b.pt"),
    ]
    for kinds in _ARRANGEMENTS:
        for some in (*([call] for call in log), log):  # One call alone shows most faults.
            every_child(Trial(trial.subject, trial.clause), some, kinds)


def every_child(trial: Trial, log: list[Call], kinds: tuple[type[RecordingStore], ...]) -> None:
    """Fail unless each child of these kinds gets the calls, with equal arguments and in order."""
    if "children" not in getattr(trial.subject.store.Config, "model_fields", {}):
        trial.fail(
            "The store claims `composite`, but its Config has no field `children`: the kit builds "
            "it with children=[{kind, params}, …] to see what they get."
        )
    shown = ", ".join(kind.__name__ for kind in kinds)
    with contextlib.ExitStack() as stack:
        specs = child_specs(kinds, stack)
        trial.params = {**trial.params, "children": specs}
        trial.note(f"# children=[{shown}] (evsys_conformance.programs.sibling_stores)")
        store = trial.open()
        # How a composite reports what a child raised is its own business.
        tolerated = (ClauseViolation,) if FailingStore in kinds else ()
        for call in (*log, Call("close")):
            with contextlib.suppress(*tolerated):
                trial.make(store, call)
        for number, (kind, spec) in enumerate(zip(kinds, specs, strict=True)):
            token = spec["params"]["token"]
            who = f"children[{number}] ({kind.__name__}, of {shown})"
            problem = _received_difference(trial, log, RecordingStore.received[token])
            if problem:
                trial.fail(f"{who} did not get what was logged:\n{problem}")
            if not RecordingStore.closed[token]:
                trial.fail(f"{who} was not closed")


def _received_difference(trial: Trial, log: list[Call], received: list[Call]) -> str | None:
    """How the calls that a child received differ from those that were made."""
    if len(received) != len(log):
        return f"calls made: {len(log)}; calls received by the child: {len(received)}"
    for number, (call, got) in enumerate(zip(log, received, strict=True), 1):
        found = differences([Record(call, 0)], _as_log(got), Precision.of(trial.subject.claims))
        problems = list(found)
        if problems:
            text = f"call {number}, {call.code()}, was received as {got.code()}"
            return f"{text}: {listed_texts(problems)}"
    return None


def _as_log(call: Call) -> RunLog:
    """The log that holds one call, as a reader would report it."""
    given = Record(call, 0).arguments()
    log = RunLog(metrics=[], hyperparams={}, artifacts=[])
    match call.method:
        case "log_hyperparams":
            log.hyperparams.update(given["params"])
        case "log_artifact":
            log.artifacts.append(ArtifactPointer(given["name"], given["path"], given["kind"]))
        case "log_scalar":
            log.metrics.append(MetricRow(given["step"], "train", {given["key"]: given["value"]}))
        case _:
            log.metrics.append(MetricRow(given["step"], given["split"], given["metrics"]))
    return log

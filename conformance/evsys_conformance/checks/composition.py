"""Checks of composition: MUX-1 for every store, MUX-2 for stores that hold children."""

import contextlib
import itertools
import logging
from collections.abc import Generator
from typing import Any, ClassVar

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.checks._sibling_stores import (
    ChangingStore,
    FailingStore,
    RecordingStore,
    SiblingFailed,
    forget,
)
from evsys_conformance.harness import build_store
from evsys_conformance.programs import calls
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.comparison import (
    artifact_difference,
    expected_artifacts,
    expected_points,
    json_difference,
    merged_hyperparams,
    metric_difference,
)
from evsys_conformance.programs.trial import OpenStore, Trial
from evsys_conformance.running.check import Strategies, check
from evsys_sdk.registry import temporarily_registered

_NUMBERS = itertools.count()


def _fresh(what: str) -> str:
    return f"evsys-conformance-{what}-{next(_NUMBERS)}"


class _ByPosition:
    """Hands every call on: by position where the contract allows it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self._inner.log_scalar(key, value, step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        self._inner.log_metrics(metrics, step, split=split)

    def log_hyperparams(self, params: Any) -> None:
        self._inner.log_hyperparams(params)

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self._inner.log_artifact(name, path, kind=kind)

    def close(self) -> None:
        self._inner.close()


class _ByKeyword(_ByPosition):
    """Hands every call on: by keyword throughout."""

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self._inner.log_scalar(key=key, value=value, step=step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        self._inner.log_metrics(metrics=metrics, step=step, split=split)

    def log_hyperparams(self, params: Any) -> None:
        self._inner.log_hyperparams(params=params)

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self._inner.log_artifact(name=name, path=path, kind=kind)


def _drawn_calls(bench: Bench) -> Strategies:
    splits = strategies.usual_splits(bench.claims)
    return {"drawn": st.lists(strategies.any_calls(splits), min_size=1, max_size=15)}


def _through(trial: Trial, drawn: list[Call], forwarding: type[_ByPosition], how: str) -> None:
    store = trial.open(lambda params: forwarding(build_store(trial.bench.store, params)))
    trial.note(
        f"# inside an object whose methods hand each call on {how}",
        "store = build_store(harness.store, params)",
    )
    store.calls(drawn)
    store.close()
    trial.expect(drawn)


@check("MUX-1", _drawn_calls)
def calls_handed_on_by_position_are_recorded(trial: Trial, drawn: list[Call]) -> None:
    """Inside an object whose method of the same name hands the call on."""
    _through(trial, drawn, _ByPosition, "by position")


@check("MUX-1", _drawn_calls)
def calls_handed_on_by_keyword_are_recorded(trial: Trial, drawn: list[Call]) -> None:
    """Likewise, every argument by its name."""
    _through(trial, drawn, _ByKeyword, "by keyword")


@contextlib.contextmanager
def _children(*kinds: type[RecordingStore]) -> Generator[list[dict[str, Any]]]:
    """Specs of the kit's own stores, registered for as long as they are needed."""
    with contextlib.ExitStack() as stack:
        registered = {kind: _fresh("sibling") for kind in kinds}
        for kind, name in registered.items():
            stack.enter_context(temporarily_registered(name, kind))
        specs: list[dict[str, Any]] = []
        for kind in kinds:
            token = _fresh("token")
            stack.callback(forget, token)
            specs.append({"kind": registered[kind], "params": {"token": token}})
        yield specs


@contextlib.contextmanager
def _quiet(logger: str) -> Generator[None]:
    """Keep the log free of the failures of the kit's own siblings."""
    found = logging.getLogger(logger)
    found.disabled, was = True, found.disabled
    try:
        yield
    finally:
        found.disabled = was


def _as_child(store: Any, kind: str) -> Any:
    """A class under a private kind that stands for the store, whatever kind that one is."""

    class Child(_ByPosition):
        name: ClassVar[str] = kind
        Config = store.Config

        def __init__(self, **fields: Any) -> None:
            super().__init__(store(**fields))

    return Child


@check("MUX-1", _drawn_calls)
def a_child_of_multiplex_records_what_it_would_alone(trial: Trial, drawn: list[Call]) -> None:
    """Between siblings that record, fail, and change what they are handed."""
    from evsys_sdk.log_stores.multiplex import MultiplexLogStore

    if not hasattr(trial.bench.store, "Config"):
        trial.fail("It can't be a child: a multiplex builds its children through their Config")
    kind = _fresh("child")
    with (
        _quiet("evsys_sdk.log_stores.multiplex"),
        temporarily_registered(kind, _as_child(trial.bench.store, kind)),
        _children(FailingStore, ChangingStore, RecordingStore) as siblings,
    ):
        specs = [siblings[0], siblings[1], {"kind": kind, "params": trial.params}, siblings[2]]
        trial.note("# as the third of four children of a multiplex store; the first one fails")
        trial.note("store = build_store(harness.store, params)")
        store = trial.open(lambda _: MultiplexLogStore(children=specs))
        for call in drawn:
            trial.note(call.code())
            _tolerating(store, call)
        store.close()
        beside = RecordingStore.made[siblings[2]["params"]["token"]]
        problem = _received_difference(trial, drawn, beside)
    if problem:
        trial.fail(f"Its sibling in the multiplex did not get what was logged:\n{problem}")
    trial.expect(drawn)


def _tolerating(store: OpenStore, call: Call) -> None:
    """Make a call during which the kit's siblings fail; any other error is a violation."""
    arguments, keywords = call.fresh()
    try:
        store.make(call.method, *arguments, **keywords)
    except SiblingFailed:
        return
    except ExceptionGroup as group:
        rest = group.split(SiblingFailed)[1]
        if rest is not None:
            store.trial.fail_for(f"{call.code()}, a valid call,", rest.exceptions[0])
    except Exception as error:  # noqa: BLE001 - a store may raise anything
        store.trial.fail_for(f"{call.code()}, a valid call,", error)


def _received_difference(trial: Trial, made: list[Call], received: list[Call]) -> str | None:
    """How what a recording child received differs from the calls that were made."""
    if len(received) != len(made):
        return f"{len(made)} calls were made, and the child received {len(received)}"
    for number, (call, got) in enumerate(zip(made, received, strict=True), 1):
        precision = trial.bench.precision
        problem = (
            metric_difference(
                expected_points([call], precision), expected_points([got], precision), precision
            )
            or json_difference(merged_hyperparams([call]), merged_hyperparams([got]))
            or artifact_difference(expected_artifacts([call]), expected_artifacts([got]))
        )
        if problem:
            return f"call {number}, {call.code()}, was received as {got.code()}: {problem}"
    return None


_ARRANGEMENTS: tuple[tuple[type[RecordingStore], ...], ...] = (
    (RecordingStore,),
    (RecordingStore, RecordingStore, RecordingStore),
    (FailingStore, RecordingStore),
    (RecordingStore, FailingStore, RecordingStore),
    (RecordingStore, FailingStore, FailingStore, RecordingStore),
    (ChangingStore, RecordingStore, ChangingStore, RecordingStore),
)


def _composite_calls(bench: Bench) -> Strategies:
    return {**_drawn_calls(bench), "kinds": st.sampled_from(_ARRANGEMENTS)}


@check("MUX-2", _composite_calls, observes=False)
def every_child_gets_every_call(
    trial: Trial, drawn: list[Call], kinds: tuple[type[RecordingStore], ...]
) -> None:
    """With equal arguments, in order, whatever another child does."""
    _every_child(trial, drawn, kinds)


@check("MUX-2", observes=False)
def a_failing_child_keeps_nothing_from_the_others(trial: Trial) -> None:
    """On each method and on close, wherever the failing child stands."""
    made = [
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
        _every_child(trial, made, kinds)


def _every_child(trial: Trial, made: list[Call], kinds: tuple[type[RecordingStore], ...]) -> None:
    if "children" not in getattr(trial.bench.store.Config, "model_fields", {}):
        trial.fail(
            "The store claims `composite`, and its Config has no field `children`: the kit builds "
            "it with children=[{kind, params}, …] to see what they get."
        )
    run = Trial(trial.bench, trial.clause)
    shown = ", ".join(kind.__name__ for kind in kinds)
    with _children(*kinds) as specs:
        run.params = {**run.params, "children": specs}
        run.note(f"# built with children=[{shown}], stores of the kit (_sibling_stores.py)")
        store = run.open()
        # How a composite reports what a child raised is its own business.
        tolerated = (Exception,) if FailingStore in kinds else ()
        for call in (*made, Call("close")):
            run.note(call.code())
            arguments, keywords = call.fresh()
            with run.judged(f"{call.code()}, a valid call,"), contextlib.suppress(*tolerated):
                store.make(call.method, *arguments, **keywords)
        for number, (kind, spec) in enumerate(zip(kinds, specs, strict=True)):
            token = spec["params"]["token"]
            who = f"children[{number}] ({kind.__name__}, of {shown})"
            problem = _received_difference(run, made, RecordingStore.made[token])
            if problem:
                run.fail(f"{who} did not get what was logged:\n{problem}")
            if not RecordingStore.closed[token]:
                run.fail(f"{who} was not closed")

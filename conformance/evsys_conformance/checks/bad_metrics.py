"""Checks of MET-7: a bad call is refused, records nothing, and harms nothing."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.trial import OpenStore, Trial
from evsys_conformance.running.check import Strategies, check

Bad = tuple[Call, str]
"""A call that must be refused, and why."""


def _bad_values() -> Iterator[Bad]:
    for value in strategies.NO_NUMBERS:
        why = f"the value {calls.source(value)} is no number"
        yield calls.scalar("loss", value, 1), why
        yield calls.metrics({"loss": value}, 1), why
        yield calls.metrics({"loss": 0.5, "acc": 0.25, "bad": value}, 1), why
        yield calls.metrics({"loss": 0.5, "bad": value, "acc": 0.25}, 1), why
        yield calls.metrics({"bad": value, "loss": 0.5, "acc": 0.25}, 1), why


def _bad_keys() -> Iterator[Bad]:
    for key in strategies.NO_TEXTS:
        why = f"the key {calls.source(key)} is no str"
        yield calls.scalar(key, 0.5, 1), why
        yield calls.metrics({key: 0.5}, 1), why
        yield calls.metrics({"loss": 0.5, key: 0.25}, 1), why
        yield calls.metrics({key: 0.25, "loss": 0.5}, 1), why


def _bad_steps() -> Iterator[Bad]:
    for step in strategies.NO_STEPS:
        why = f"the step {calls.source(step)} is no integer"
        yield calls.scalar("loss", 0.5, step), why
        yield calls.metrics({"loss": 0.5, "acc": 0.25}, step), why


def _bad_splits() -> Iterator[Bad]:
    for split in strategies.NO_TEXTS:
        why = f"the split {calls.source(split)} is no str"
        yield Call("log_metrics", ({"loss": 0.5}, 1), {"split": split}), why


@check("MET-7")
def bad_values_are_refused(trial: Trial) -> None:
    """Alone, and first, last or in the middle of good ones."""
    _refused_one_by_one(trial, _bad_values())


@check("MET-7")
def bad_keys_are_refused(trial: Trial) -> None:
    """Alone and beside good ones."""
    _refused_one_by_one(trial, _bad_keys())


@check("MET-7")
def bad_steps_are_refused(trial: Trial) -> None:
    """In both methods."""
    _refused_one_by_one(trial, _bad_steps())


@check("MET-7")
def bad_splits_are_refused(trial: Trial) -> None:
    """Where the store claims to keep splits."""
    if "split" in trial.bench.claims:
        _refused_one_by_one(trial, _bad_splits())


def _refused_one_by_one(trial: Trial, bad: Iterator[Bad]) -> None:
    """Each bad call between good ones, on one store; only the good ones are recorded."""
    store = trial.open()
    good: list[Call] = []
    for n, (call, why) in enumerate(bad):
        good.append(_good(store, n))
        store.refused(call, why)
    good.append(_good(store, 1000))
    store.close()
    trial.expect(good)


def _good(store: OpenStore, n: int) -> Call:
    call = calls.metrics({"loss": n / 8, "good": 0.5}, n) if n % 2 else calls.scalar("loss", n, n)
    store.call(call)
    return call


@check("MET-7")
def a_bad_call_leaves_no_split_behind(trial: Trial) -> None:
    """The split of a call that was refused is not that of the next one."""
    if "split" not in trial.bench.claims:
        return
    store = trial.open()
    good: list[Call] = []
    for n, bad in enumerate(("1.5", None)):
        for items in ({"loss": bad}, {"loss": 0.5, "acc": bad}):
            store.refused(calls.metrics(items, n, "val"), f"the value {bad!r} is no number")
            good.append(_good(store, n))
        store.refused(calls.metrics({"loss": 0.5}, "1", "val"), "the step '1' is no integer")
        good.append(_good(store, n + 10))
    store.close()
    trial.expect(good)


@check("MET-7")
def a_bad_call_harms_no_other_method(trial: Trial) -> None:
    """Hyperparameters and artifacts that come after one are recorded."""
    store = trial.open()
    good: list[Call] = []
    bad = [next(_bad_values()), next(_bad_keys()), next(_bad_steps())]
    for n, (call, why) in enumerate(bad):
        store.refused(call, why)
        for after in (
            calls.hyperparams({"lr": n, f"only {n}": n}),
            calls.artifact("model", "a.pt"),
        ):
            store.call(after)
            good.append(after)
    store.close()
    trial.expect(good)


@check("MET-7")
def a_first_call_that_is_bad_leaves_an_empty_log(trial: Trial) -> None:
    """A store that has recorded nothing yet is not special."""
    store = trial.open()
    store.refused(calls.metrics({"loss": "1.5"}, 0), "the value '1.5' is no number")
    store.refused(calls.metrics({"loss": 0.5, "acc": None}, 0), "the value None is no number")
    store.refused(calls.scalar("loss", 0.5, 0.5), "the step 0.5 is no integer")
    store.close()
    trial.expect([])


def _mixed(_: Bench) -> Strategies:
    bad = st.sampled_from([*_bad_values(), *_bad_keys(), *_bad_steps()])
    mixed = st.one_of(strategies.metric_calls(), bad)
    return {"drawn": st.lists(mixed, min_size=1, max_size=12)}


@check("MET-7", _mixed)
def bad_calls_between_good_ones_change_nothing(trial: Trial, drawn: list[Call | Bad]) -> None:
    """Earlier records stand, and the store still works."""
    store = trial.open()
    good: list[Call] = []
    for item in drawn:
        if isinstance(item, Call):
            store.call(item)
            good.append(item)
        else:
            store.refused(*item)
    store.close()
    trial.expect(good)


def _with_a_bad_item(_: Bench) -> Strategies:
    items = st.tuples(strategies.plain_texts(), strategies.exact_values())
    return {
        "items": st.lists(items, max_size=6, unique_by=lambda item: item[0]),
        "place": st.integers(0, 6),
        "bad": st.sampled_from(strategies.NO_NUMBERS),
        "step": strategies.steps(),
    }


@check("MET-7", _with_a_bad_item)
def no_item_of_a_bad_call_is_recorded(
    trial: Trial, items: list[tuple[str, float]], place: int, bad: Any, step: int
) -> None:
    """Wherever the bad item stands."""
    mixed: list[tuple[str, Any]] = [*items]
    mixed.insert(place, ("a bad value", bad))
    store = trial.open()
    store.call(calls.scalar("before", 0.5, 0))
    store.refused(calls.metrics(dict(mixed), step), f"the value {calls.source(bad)} is no number")
    store.call(calls.scalar("after", 0.5, 0))
    store.close()
    trial.expect([calls.scalar("before", 0.5, 0), calls.scalar("after", 0.5, 0)])

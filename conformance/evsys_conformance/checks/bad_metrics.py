"""Checks of MET-7: a bad call is refused, records nothing, and harms nothing."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Expect, Make, Program, Step, run_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, Strategies, check

Bad = tuple[Call, str]
"""A call that must be refused, and why."""


def _no_number(value: Any) -> str:
    return f"the value {calls.source(value)} is not a number"


def _bad_values() -> Iterator[Bad]:
    for value in strategies.NO_NUMBERS:
        why = _no_number(value)
        yield calls.scalar("loss", value, 1), why
        yield calls.metrics({"loss": value}, 1), why
        yield calls.metrics({"loss": 0.5, "acc": 0.25, "bad": value}, 1), why
        yield calls.metrics({"loss": 0.5, "bad": value, "acc": 0.25}, 1), why
        yield calls.metrics({"bad": value, "loss": 0.5, "acc": 0.25}, 1), why


def _bad_keys() -> Iterator[Bad]:
    for key in strategies.NO_TEXTS:
        why = f"the key {calls.source(key)} is not a string"
        yield calls.scalar(key, 0.5, 1), why
        yield calls.metrics({key: 0.5}, 1), why
        yield calls.metrics({"loss": 0.5, key: 0.25}, 1), why
        yield calls.metrics({key: 0.25, "loss": 0.5}, 1), why


def _bad_steps() -> Iterator[Bad]:
    for step in strategies.NO_STEPS:
        why = f"the step {calls.source(step)} is not an integer"
        yield calls.scalar("loss", 0.5, step), why
        yield calls.metrics({"loss": 0.5, "acc": 0.25}, step), why


def _bad_splits() -> Iterator[Bad]:
    for split in strategies.NO_TEXTS:
        why = f"the split {calls.source(split)} is not a string"
        yield Call("log_metrics", ({"loss": 0.5}, 1), {"split": split}), why


@check("MET-7")
def bad_values_are_refused(subject: Subject) -> Programs:
    """Alone, and first, last or in the middle of good ones."""
    yield _refused_one_by_one(_bad_values())


@check("MET-7")
def bad_keys_are_refused(subject: Subject) -> Programs:
    """Alone and beside good ones."""
    yield _refused_one_by_one(_bad_keys())


@check("MET-7")
def bad_steps_are_refused(subject: Subject) -> Programs:
    """In both methods."""
    yield _refused_one_by_one(_bad_steps())


@check("MET-7")
def bad_splits_are_refused(subject: Subject) -> Programs:
    """Where the store claims to keep splits."""
    if "split" in subject.claims:
        yield _refused_one_by_one(_bad_splits())


def _refused(call: Call, because: str) -> Make:
    return Make(call, expect=Expect.REFUSED, because=because)


def _good(n: int) -> Make:
    items = {"loss": n / 8, "good": 0.5}
    return Make(calls.metrics(items, n) if n % 2 else calls.scalar("loss", n, n))


def _refused_one_by_one(bad: Iterator[Bad]) -> Program:
    """Each bad call between good ones, on one store; only the good ones are recorded."""
    steps: list[Step] = []
    for n, each in enumerate(bad):
        steps += [_good(n), _refused(*each)]
    return run_of(steps, _good(1000))


@check("MET-7")
def a_bad_call_leaves_no_split_behind(subject: Subject) -> Programs:
    """The split of a call that was refused is not that of the next one."""
    if "split" not in subject.claims:
        return
    steps: list[Step] = []
    for n, bad in enumerate(("1.5", None)):
        for items in ({"loss": bad}, {"loss": 0.5, "acc": bad}):
            steps.append(_refused(calls.metrics(items, n, "val"), _no_number(bad)))
            steps.append(_good(n))
        step = _refused(calls.metrics({"loss": 0.5}, "1", "val"), "the step must be an integer")
        steps += [step, _good(n + 10)]
    yield run_of(steps)


@check("MET-7")
def a_bad_call_harms_no_other_method(subject: Subject) -> Programs:
    """Hyperparameters and artifacts that come after one are recorded."""
    steps: list[Step] = []
    for n, bad in enumerate((next(_bad_values()), next(_bad_keys()), next(_bad_steps()))):
        steps.append(_refused(*bad))
        steps.append(Make(calls.hyperparams({"lr": n, f"only {n}": n})))
        steps.append(Make(calls.artifact("model", "a.pt")))
    yield run_of(steps)


@check("MET-7")
def a_first_call_that_is_bad_leaves_an_empty_log(subject: Subject) -> Programs:
    """A store that has recorded nothing yet is not special."""
    yield run_of(
        _refused(calls.metrics({"loss": "1.5"}, 0), _no_number("1.5")),
        _refused(calls.metrics({"loss": 0.5, "acc": None}, 0), _no_number(None)),
        _refused(calls.scalar("loss", 0.5, 0.5), "the step must be an integer"),
    )


def _mixed(_: Subject) -> Strategies:
    bad = st.sampled_from([*_bad_values(), *_bad_keys(), *_bad_steps()])
    mixed = st.one_of(strategies.metric_calls(), bad)
    return {"drawn": st.lists(mixed, min_size=1, max_size=12)}


@check("MET-7", _mixed)
def bad_calls_between_good_ones_change_nothing(
    subject: Subject, drawn: list[Call | Bad]
) -> Programs:
    """Earlier records are kept, and the store still works."""
    yield run_of(Make(item) if isinstance(item, Call) else _refused(*item) for item in drawn)


def _with_a_bad_item(_: Subject) -> Strategies:
    items = st.tuples(strategies.plain_texts(), strategies.exact_values())
    return {
        "items": st.lists(items, max_size=6, unique_by=lambda item: item[0]),
        "place": st.integers(0, 6),
        "bad": st.sampled_from(strategies.NO_NUMBERS),
        "step": strategies.steps(),
    }


@check("MET-7", _with_a_bad_item)
def no_item_of_a_bad_call_is_recorded(
    subject: Subject, items: list[tuple[str, float]], place: int, bad: Any, step: int
) -> Programs:
    """Wherever the bad item is."""
    mixed: list[tuple[str, Any]] = [*items]
    mixed.insert(place, ("a bad value", bad))
    yield run_of(
        Make(calls.scalar("before", 0.5, 0)),
        _refused(calls.metrics(dict(mixed), step), _no_number(bad)),
        Make(calls.scalar("after", 0.5, 0)),
    )

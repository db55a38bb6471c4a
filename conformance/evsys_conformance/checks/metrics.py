"""Checks of what is recorded by valid metric calls: MET-1 to MET-6, MET-8, CAP-SPLIT."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from evsys_conformance import awkward, strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Expect, Make, Program, Step, logged, run_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, Strategies, check
from evsys_conformance.strategies import FloatSubclass, IndexLike, NumberLike


def _call_lists(subject: Subject) -> Strategies:
    keys = st.one_of(st.sampled_from(["loss", "acc", "lr"]), strategies.plain_texts())
    drawn = strategies.metric_calls(keys=keys, splits=strategies.usual_splits(subject.claims))
    return {"drawn": st.lists(drawn, min_size=1, max_size=15)}


@check("MET-1", _call_lists)
def every_item_is_recorded_once(subject: Subject, drawn: list[Call]) -> Programs:
    """Every call is recorded, and nothing else is."""
    yield logged(drawn)


@check("MET-1")
def wide_calls_are_recorded_whole(subject: Subject) -> Programs:
    """A call of hundreds of items is recorded like one of two."""
    log = [
        calls.metrics({f"layer.{n:03}/norm": n / 8 for n in range(width)}, step)
        for step, width in enumerate(
            [1, 2, 9, 10, 11, 32, 33, 64, 65, 100, 101, 128, 257, 513, 1001, 2001]
        )
    ]
    yield logged(log)


@check("MET-1")
def keys_may_come_and_go(subject: Subject) -> Programs:
    """Every call may have different keys."""
    log = [calls.metrics({f"key {n}": n / 8, "loss": n / 4}, n) for n in range(24)]
    log += [calls.metrics({"loss": 0.5}, 24), calls.metrics({"key 3": 7.0, "new": 8.0}, 25)]
    yield logged(log)


def _scalars(subject: Subject) -> Strategies:
    one = st.tuples(
        strategies.plain_texts(),
        strategies.values("float64" in subject.claims),
        strategies.steps(),
        strategies.usual_splits(subject.claims),
    )
    return {"points": st.lists(one, min_size=1, max_size=8)}


@check("MET-2", _scalars)
def log_scalar_records_what_log_metrics_records(
    subject: Subject, points: list[tuple[str, float, int, str | None]]
) -> Programs:
    """The same points, logged either way, with calls of log_metrics between the scalars."""
    log: list[Call] = []
    for key, value, step, split in points:
        log += [calls.scalar(key, value, step), calls.metrics({key: value}, step, split)]
        log += [calls.scalar(key, value, step)]
    yield logged(log)


@check("MET-2")
def log_scalar_keeps_what_log_metrics_keeps(subject: Subject) -> Programs:
    """Awkward values, steps and keys, each logged either way."""
    log: list[Call] = []
    for n, value in enumerate(awkward.FLOATS):
        log += [calls.scalar("value", value, n), calls.metrics({"value": value}, n)]
    for step in awkward.STEPS:
        log += [calls.scalar("step", 0.5, step), calls.metrics({"step": 0.5}, step)]
    for key in awkward.PLAIN_KEYS:
        log += [calls.scalar(key, 0.5, 1), calls.metrics({key: 0.5}, 1)]
    yield logged(log)


@check("MET-2", lambda _: {"value": strategies.number_likes(), "step": strategies.index_likes()})
def log_scalar_takes_what_log_metrics_takes(subject: Subject, value: Any, step: Any) -> Programs:
    """Both methods take anything that behaves as a number."""
    log = [calls.scalar("loss", value, step), calls.metrics({"loss": value}, step)]
    yield logged(log)


def _ordered_calls(subject: Subject) -> Strategies:
    few = st.sampled_from([0.0, 0.5, 1.0])
    drawn = strategies.metric_calls(
        of=few, at=strategies.steps(), splits=strategies.usual_splits(subject.claims)
    )
    return {"drawn": st.lists(drawn, min_size=2, max_size=30)}


@check("MET-3", _ordered_calls)
def calls_are_kept_in_order(subject: Subject, drawn: list[Call]) -> Programs:
    """Steps may repeat, go back or jump."""
    yield logged(drawn)


@check("MET-3")
def steps_may_repeat_and_go_back(subject: Subject) -> Programs:
    """Repeated steps, repeated points, steps that go back, step 0, and steps up to int64."""
    steps = [5, 5, 5, 3, 0, 0, 7, 3, *awkward.STEPS, 0, *awkward.STEPS]
    log = [calls.metrics({"loss": n / 8, "same": 1.0}, step) for n, step in enumerate(steps)]
    log += [calls.scalar("same", 1.0, step) for step in [9, 9, 9, 2, 2, 0]]
    yield logged(log)


def _values(subject: Subject) -> Strategies:
    drawn = strategies.metric_calls(of=strategies.values("float64" in subject.claims))
    return {"drawn": st.lists(drawn, min_size=1, max_size=10)}


@check("MET-4", _values)
def drawn_values_are_kept(subject: Subject, drawn: list[Call]) -> Programs:
    """Any float64."""
    yield logged(drawn)


@check("MET-4")
def awkward_values_are_kept(subject: Subject) -> Programs:
    """Zeros, subnormals, extremes, NaN and infinities: alone, side by side, and after others."""
    values = awkward.FLOATS
    log = [calls.scalar("alone", value, n) for n, value in enumerate(values)]
    log += [calls.metrics({f"value {n}": value for n, value in enumerate(values)}, 0)]
    log += [calls.metrics({"loss": value, "acc": 0.5}, n) for n, value in enumerate(values)]
    yield logged(log)


@check("MET-4")
def repeated_values_are_kept(subject: Subject) -> Programs:
    """The same value several times under one key, in a row and in turns with another."""
    for method in (calls.scalar, _one_metric):
        yield logged(method("again", value, n) for value in awkward.FLOATS for n in range(3))
        yield logged(
            method("in turns", each, n)
            for value in awkward.FLOATS
            for n, each in enumerate((value, 0.5, value, 0.5, value))
        )


def _one_metric(key: str, value: float, step: int) -> Call:
    return calls.metrics({key: value}, step)


@check(
    "MET-5",
    lambda _: {
        "drawn": st.lists(
            strategies.metric_calls(
                of=st.one_of(strategies.number_likes(), strategies.exact_values()),
                at=st.one_of(strategies.index_likes(), st.integers(0, 5)),
            ),
            min_size=1,
            max_size=8,
        )
    },
)
def drawn_number_likes_are_numbers(subject: Subject, drawn: list[Call]) -> Programs:
    """Mixed with floats, as values and as steps."""
    yield logged(drawn)


@check("MET-5")
def each_kind_of_number_is_a_number(subject: Subject) -> Programs:
    """int, bool, Decimal, Fraction, float subclasses, anything with ``__float__``."""
    likes: list[Any] = [
        True,
        False,
        0,
        -3,
        2**24 + 1,
        123456789,
        2**53 + 1,
        2**64,
        10**22,
        Decimal("0.1"),
        Decimal("0.123456789"),
        Decimal(-2),
        Fraction(1, 3),
        NumberLike(0.25),
        FloatSubclass(0.75),
        *strategies.numpy_numbers(),
    ]
    log = [calls.scalar("alone", value, n) for n, value in enumerate(likes)]
    log += [calls.metrics({"loss": 0.5, "like": value, "acc": 1}, 0) for value in likes]
    log += [calls.scalar("step", 0.5, IndexLike(step)) for step in awkward.STEPS]
    log += [calls.metrics({"step": 0.5}, IndexLike(step)) for step in awkward.STEPS]
    yield logged(log)


def _plain_keys(subject: Subject) -> Strategies:
    texts = strategies.plain_texts()
    splits = texts if "split" in subject.claims else st.none()
    drawn = strategies.metric_calls(keys=texts, splits=splits)
    return {"drawn": st.lists(drawn, min_size=1, max_size=8)}


@check("MET-6", _plain_keys)
def plain_texts_come_back(subject: Subject, drawn: list[Call]) -> Programs:
    """Keys and splits that every store keeps."""
    yield logged(drawn)


@check("MET-6")
def awkward_plain_texts_come_back(subject: Subject) -> Programs:
    """Keys that meet somebody's column, folder or keyword, and keys of 250 characters."""
    keys = [*awkward.PLAIN_KEYS, *("k" * 249 + end for end in "abK/ ."), "k" * 250, "k" * 249]
    log = [calls.metrics({key: n / 8 for n, key in enumerate(keys)}, 0)]
    log += [calls.scalar(key, n / 8, 1) for n, key in enumerate(keys)]
    if "split" in subject.claims:
        log += [calls.metrics({"loss": n / 8}, 2, split) for n, split in enumerate(keys)]
    yield logged(log)


@check("MET-6", lambda _: {"texts": st.lists(strategies.other_texts(), min_size=1, max_size=5)})
def drawn_texts_come_back_or_are_refused(subject: Subject, texts: list[str]) -> Programs:
    """Any string is kept as it is or refused."""
    yield _kept_or_refused(subject, texts)


@check("MET-6")
def awkward_texts_come_back_or_are_refused(subject: Subject) -> Programs:
    """Unicode in two normal forms, quotes, newlines, NUL, great length."""
    yield _kept_or_refused(subject, awkward.OTHER_TEXTS)


def _kept_or_refused(subject: Subject, texts: Sequence[str]) -> Program:
    steps: list[Step] = []
    for n, text in enumerate(texts):
        attempts = [
            calls.metrics({"loss": 1.0, text: n / 8, "acc": 2.0}, n),
            calls.scalar(text, n / 8, n),
        ]
        if "split" in subject.claims:
            attempts.append(calls.metrics({"loss": 3.0}, n, text))
        steps += [Make(call, expect=Expect.KEPT_OR_REFUSED) for call in attempts]
        steps.append(Make(calls.scalar("after", n / 8, n)))
    return run_of(steps)


@check("MET-8")
def an_empty_dict_records_no_point(subject: Subject) -> Programs:
    """Before, between and after other calls."""
    split = "val" if "split" in subject.claims else None
    log = [
        calls.metrics({}, 0),
        calls.metrics({"loss": 0.5}, 1),
        calls.metrics({}, 1, split),
        calls.metrics({}, 7),
        calls.scalar("loss", 0.25, 2),
        calls.metrics({}, 0, split),
        calls.metrics({"loss": 0.125}, 3),
    ]
    yield logged(log)


@check("MET-8")
def nothing_but_empty_dicts_records_nothing(subject: Subject) -> Programs:
    """A run that never had a value."""
    yield logged([calls.metrics({}, 0), calls.metrics({}, 1)])


def _any_splits(_: Subject) -> Strategies:
    splits = st.one_of(strategies.usual_splits({"split"}), strategies.plain_texts())
    return {"drawn": st.lists(strategies.metric_calls(splits=splits), min_size=2, max_size=15)}


@check("CAP-SPLIT", _any_splits)
def points_come_back_under_their_split(subject: Subject, drawn: list[Call]) -> Programs:
    """Calls before and after may have any splits."""
    yield logged(drawn)


@check("CAP-SPLIT")
def splits_do_not_mix(subject: Subject) -> Programs:
    """The same keys and steps under several splits, scalars between them."""
    log: list[Call] = []
    for step in range(6):
        log.append(calls.metrics({"loss": step / 8, "acc": 0.5}, step))
        log.append(calls.metrics({"loss": step / 4, "acc": 0.25}, step, "val"))
        log.append(calls.scalar("loss", 7.0, step))
        log.append(calls.metrics({"loss": step / 2}, step, "test"))
        log.append(calls.metrics({"acc": 0.125}, step, "train"))
    for n, split in enumerate(("validation", "Val", "eval", "dev", "valid", "training", "t", "0")):
        log.append(calls.metrics({"loss": n / 8}, n, split))
    yield logged(log)

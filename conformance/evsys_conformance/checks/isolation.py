"""Checks that a store and its caller share nothing: MET-9 and HP-4."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Caller,
    Close,
    Drop,
    Expect,
    Make,
    Open,
    Program,
    program,
    run_of,
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check
from evsys_conformance.strategies import NumberLike


def _watched(*given: Make) -> Program:
    """Arguments are looked at after each call, after close, and once the store is gone."""
    return program(Open(), given, Close(), Drop())


def _watch(call: Call, **expecting: Any) -> Make:
    return Make(call, caller=Caller.WATCHES, **expecting)


@check("MET-9", observes=False)
def metrics_are_not_changed(subject: Subject) -> Programs:
    """Not by the call and not by close: the same keys, and the very same objects as values."""
    given: list[dict[str, Any]] = [
        {"loss": 0.5, "acc": 1},
        {"flag": True, "like": NumberLike(0.25), "exact": Decimal("0.5"), "third": Fraction(1, 3)},
        {"b": 2.0, "a": float("nan"), "c": 10},
        {f"numpy {n}": number for n, number in enumerate(strategies.numpy_numbers())},
        {},
    ]
    yield _watched(*(_watch(calls.metrics(items, n, "train")) for n, items in enumerate(given)))


@check("MET-9", observes=False)
def refused_metrics_are_not_changed(subject: Subject) -> Programs:
    """A call that is refused leaves its arguments alone, the bad item included."""
    refused: list[Make] = []
    for bad in strategies.NO_NUMBERS:
        items = {"loss": 0.5, "like": NumberLike(0.25), "bad": bad, "acc": 1}
        why = f"the value {calls.source(bad)} is not a number"
        refused.append(_watch(calls.metrics(items, 1), expect=Expect.REFUSED, because=why))
    yield _watched(*refused)


@check("MET-9")
def one_dict_may_be_used_again(subject: Subject) -> Programs:
    """A loop that fills the same dict at every step records what it held at each call."""
    yield run_of(
        Make(calls.metrics({"loss": step / 8, "acc": step / 4}, step), caller=Caller.REUSES)
        for step in range(100)
    )


@check("MET-9")
def changing_metrics_after_the_call_changes_nothing(subject: Subject) -> Programs:
    """Not a value, not a key, and not a number that can itself be changed."""
    yield run_of(_changed_metrics(), Make(calls.scalar("loss", 0.125, 2)))


@check("MET-9")
def changing_metrics_after_the_last_call_changes_nothing(subject: Subject) -> Programs:
    """Nothing but close comes between the change and the reader."""
    yield run_of(_changed_metrics())


def _changed_metrics() -> list[Make]:
    items: dict[str, Any] = {"loss": 0.25, "acc": 0.75, "like": NumberLike(0.5)}
    numbers = strategies.numpy_numbers()
    arrays = [number for number in numbers if type(number).__name__ == "ndarray"]
    items.update({f"array {n}": array for n, array in enumerate(arrays)})
    given = [calls.metrics(items, 0), calls.scalar("scalar", NumberLike(0.5), 1)]
    return [Make(call, caller=Caller.CHANGES) for call in given]


@check("HP-4", observes=False)
def hyperparams_are_not_changed(subject: Subject) -> Programs:
    """Not by the call and not by close; nested values are the very same objects."""
    given: dict[str, Any] = {
        "lr": 1,
        "tuple": (1, [2, 3]),
        "nested": {"list": [3, 1, 2, {"z": True, "a": 1}], "none": None, "empty": {}},
        "names": ["b", "a", "a"],
        "with tuple": {"shape": (3, 2), "deeper": [{"shape": (1, (2,))}]},
        "b": 2.0,
        "a": "text",
    }
    later = Make(calls.hyperparams({"lr": 2, "nested": 1}))
    yield _watched(_watch(calls.hyperparams(given)), later)


@check("HP-4", observes=False)
def refused_hyperparams_are_not_changed(subject: Subject) -> Programs:
    """A call that is refused leaves its arguments alone, the bad item included."""
    refused: list[Make] = []
    for bad in ({object()}, object()):
        params = {"lr": 1, "nested": {"b": (1, 2), "a": [bad]}, "bad": bad}
        why = f"{calls.source(bad)} has no JSON form"
        refused.append(_watch(calls.hyperparams(params), expect=Expect.REFUSED, because=why))
    yield _watched(*refused)


@check("HP-4")
def changing_hyperparams_after_the_call_changes_nothing(subject: Subject) -> Programs:
    """At the top, in nested dicts and in nested lists."""
    more = [calls.scalar("loss", 0.5, 0), calls.hyperparams({"seed": 3})]
    yield run_of(_changed_hyperparams(), map(Make, more))


@check("HP-4")
def changing_hyperparams_after_the_last_call_changes_nothing(subject: Subject) -> Programs:
    """Nothing but close comes between the change and the reader."""
    yield run_of(_changed_hyperparams())


def _changed_hyperparams() -> Make:
    params: dict[str, Any] = {
        "lr": 1,
        "layers": [1, 2, [3]],
        "model": {"width": 8, "in": {"a": 1}},
        "tuple": (4, [5]),
    }
    return Make(calls.hyperparams(params), caller=Caller.CHANGES)

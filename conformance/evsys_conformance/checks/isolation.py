"""Checks that a store and its caller share nothing: MET-9 and HP-4."""

import contextlib
import gc
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call, copied
from evsys_conformance.programs.comparison import json_difference
from evsys_conformance.programs.trial import OpenStore, Trial, described
from evsys_conformance.running.check import check
from evsys_conformance.strategies import NumberLike


@check("MET-9", observes=False)
def metrics_are_not_changed(trial: Trial) -> None:
    """Not by the call and not by close: the same keys, and the very same objects as values."""
    given: list[dict[str, Any]] = [
        {"loss": 0.5, "acc": 1},
        {"flag": True, "like": NumberLike(0.25), "exact": Decimal("0.5"), "third": Fraction(1, 3)},
        {"b": 2.0, "a": float("nan"), "c": 10},
        {f"numpy {n}": number for n, number in enumerate(strategies.numpy_numbers())},
        {},
    ]
    store = trial.open()
    before = [[(key, value, float(value)) for key, value in items.items()] for items in given]
    for step, items in enumerate(given):
        trial.note(calls.metrics(items, step, "train").code())
        with trial.judged("log_metrics, a valid call,"):
            store.make("log_metrics", items, step, split="train")
        _unchanged(trial, items, before[step], "the call")
    store.close()
    store.store = None
    gc.collect()
    for items, was in zip(given, before, strict=True):
        _unchanged(trial, items, was, "close()")


@check("MET-9", observes=False)
def refused_metrics_are_not_changed(trial: Trial) -> None:
    """A call that is refused leaves its arguments alone, the bad item included."""
    store = trial.open()
    for bad in strategies.NO_NUMBERS:
        items: dict[str, Any] = {"loss": 0.5, "like": NumberLike(0.25), "bad": bad, "acc": 1}
        was = dict(items)
        with contextlib.suppress(Exception):  # MET-7 judges how it is refused
            store.make("log_metrics", items, 1)
        same = list(items) == list(was) and all(items[key] is was[key] for key in was)
        if not same:
            trial.note(calls.metrics(was, 1).code())
            trial.fail(f"A refused call changed the caller's dict from {was} to {items}")
    store.close()


def _unchanged(
    trial: Trial, items: dict[str, Any], was: list[tuple[str, Any, float]], by: str
) -> None:
    keys = [key for key, _, _ in was]
    if list(items) != keys:
        trial.fail(f"{by} changed the keys of the caller's dict from {keys} to {list(items)}")
    for (key, value), (_, old, number) in zip(items.items(), was, strict=True):
        if value is not old:
            trial.fail(
                f"{by} replaced the value of {key!r} in the caller's dict: {calls.source(old)} "
                f"({type(old).__name__}) became {calls.source(value)} ({type(value).__name__})"
            )
        if float(value) != number and number == number:  # noqa: PLR0124 - NaN is itself
            trial.fail(
                f"{by} changed the caller's argument {key!r} itself: a {type(value).__name__} of "
                f"{number} is now {float(value)}"
            )


@check("MET-9")
def one_dict_may_be_used_again(trial: Trial) -> None:
    """A loop that fills the same dict at every step records what it held at each call."""
    store = trial.open()
    trial.note("metrics = {}", "for step in range(100):")
    trial.note("    metrics.update(loss=step / 8, acc=step / 4)")
    trial.note("    store.log_metrics(metrics, step)", "    metrics.clear()")
    items: dict[str, Any] = {}
    made: list[Call] = []
    for step in range(100):
        items.update(loss=step / 8, acc=step / 4)
        made.append(calls.metrics(dict(items), step))
        with trial.judged("log_metrics, a valid call,"):
            store.make("log_metrics", items, step)
        items.clear()
        items["later"] = -1.0
        del items["later"]
    store.close()
    trial.expect(made)


@check("MET-9")
def changing_metrics_after_the_call_changes_nothing(trial: Trial) -> None:
    """Not a value, not a key, and not a number that can itself be changed."""
    _metrics_changed_after_the_call(trial, last=False)


@check("MET-9")
def changing_metrics_after_the_last_call_changes_nothing(trial: Trial) -> None:
    """Nothing but close comes between the change and the reader."""
    _metrics_changed_after_the_call(trial, last=True)


def _metrics_changed_after_the_call(trial: Trial, *, last: bool) -> None:
    changing = NumberLike(0.5)
    arrays = [array for array in strategies.numpy_numbers() if type(array).__name__ == "ndarray"]
    items: dict[str, Any] = {"loss": 0.25, "acc": 0.75, "like": changing}
    items.update({f"array {n}": array for n, array in enumerate(arrays)})
    made = [calls.metrics({key: float(value) for key, value in items.items()}, 0)]
    made += [calls.scalar("scalar", 0.5, 1)]
    store = trial.open()
    trial.note(
        "like = NumberLike(0.5)",
        'metrics = {"loss": 0.25, "acc": 0.75, "like": like}',
        "store.log_metrics(metrics, 0)",
        'store.log_scalar("scalar", like, 1)',
        "like.value = 9.0",
        'metrics["loss"] = 9.0',
        'del metrics["acc"]',
        'metrics["new"] = 9.0',
    )
    with trial.judged("log_metrics, a valid call,"):
        store.make("log_metrics", items, 0)
        store.make("log_scalar", "scalar", changing, 1)
    changing.value = 9.0
    for array in arrays:
        array.fill(0)
    items["loss"] = 9.0
    items.pop("acc", None)  # A store that changes arguments may have taken it.
    items["new"] = 9.0
    if not last:
        made.append(calls.scalar("loss", 0.125, 2))
        store.call(made[-1])
    store.close()
    trial.expect(made)


@check("HP-4", observes=False)
def hyperparams_are_not_changed(trial: Trial) -> None:
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
    was, objects = copied(given), _identities(given)
    store = trial.open()
    trial.note(calls.hyperparams(given).code())
    for by in ("the call", "a later call", "close()"):
        if by == "the call":
            _log(trial, store, given)
        elif by == "a later call":
            store.call(calls.hyperparams({"lr": 2, "nested": 1}))
        else:
            store.close()
            store.store = None
            gc.collect()
        problem = json_difference(was, given)
        if problem or list(given) != list(was):
            trial.fail(f"{by} changed the caller's dict: {problem or 'the order of its keys'}")
        if _identities(given) != objects:
            trial.fail(f"{by} replaced a value in the caller's dict by another object")


def _identities(value: Any) -> list[Any]:
    """Identity of every value inside, at every depth."""
    items: list[Any] = []
    if isinstance(value, dict):
        items = list(cast("dict[str, Any]", value).values())
    elif isinstance(value, list | tuple):
        items = list(cast("list[Any]", value))
    return [[id(item), _identities(item)] for item in items]


def _log(trial: Trial, store: OpenStore, params: dict[str, Any]) -> None:
    try:
        store.make("log_hyperparams", params)
    except Exception as error:  # noqa: BLE001 - a store may raise anything
        trial.fail(f"log_hyperparams, a valid call, raised {described(error)}")


@check("HP-4", observes=False)
def refused_hyperparams_are_not_changed(trial: Trial) -> None:
    """A call that is refused leaves its arguments alone, the bad item included."""
    endless: list[Any] = []
    endless.append(endless)
    store = trial.open()
    for bad in ({object()}, object(), endless):
        params: dict[str, Any] = {"lr": 1, "nested": {"b": (1, 2), "a": [bad]}, "bad": bad}
        was = list(params.items()), list(params["nested"].items()), list(params["nested"]["a"])
        with contextlib.suppress(Exception):  # HP-3 judges how it is refused
            store.make("log_hyperparams", params)
        nested = params.get("nested", {})
        if (list(params.items()), list(nested.items()), list(nested.get("a", []))) != was:
            trial.fail("A refused call changed the caller's dict or what is nested in it")
    store.close()


@check("HP-4")
def changing_hyperparams_after_the_call_changes_nothing(trial: Trial) -> None:
    """At the top, in nested dicts and in nested lists."""
    _hyperparams_changed_after_the_call(trial, last=False)


@check("HP-4")
def changing_hyperparams_after_the_last_call_changes_nothing(trial: Trial) -> None:
    """Nothing but close comes between the change and the reader."""
    _hyperparams_changed_after_the_call(trial, last=True)


def _hyperparams_changed_after_the_call(trial: Trial, *, last: bool) -> None:
    in_tuple = [5]
    params: dict[str, Any] = {"lr": 1, "layers": [1, 2, [3]], "model": {"width": 8, "in": {"a": 1}}}
    params["tuple"] = (4, in_tuple)
    made = [calls.hyperparams(copied(params))]
    layers, model = params["layers"], params["model"]
    inner_list, inner_dict = layers[2], model["in"]
    store = trial.open()
    trial.note(
        'params = {"lr": 1, "layers": [1, 2, [3]], "model": {"width": 8, "in": {"a": 1}}}',
        "store.log_hyperparams(params)",
        'params["lr"] = 9',
        'params["new"] = 9',
        'params["layers"].append(9)',
        'params["layers"][2].append(9)',
        'params["model"]["width"] = 9',
        'params["model"]["in"]["b"] = 9',
    )
    _log(trial, store, params)
    params["lr"] = 9
    params["new"] = 9
    layers.append(9)
    inner_list.append(9)
    model["width"] = 9
    inner_dict["b"] = 9
    in_tuple.append(9)
    if not last:
        more = [calls.scalar("loss", 0.5, 0), calls.hyperparams({"seed": 3})]
        store.calls(more)
        made += more
    store.close()
    trial.expect(made)

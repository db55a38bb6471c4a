"""Checks of hyperparameters: HP-1 to HP-3 and HP-5."""

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from evsys_conformance import awkward, strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Expect, Make, Step, logged, run_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, Strategies, check


@check("HP-1", lambda _: {"drawn": st.lists(strategies.hyperparam_calls(), min_size=1, max_size=4)})
def json_values_come_back(subject: Subject, drawn: list[Call]) -> Programs:
    """Equal and of the same JSON type, at every depth."""
    yield logged(drawn)


@check("HP-1")
def each_kind_of_json_value_comes_back(subject: Subject) -> Programs:
    """One value of each kind, awkward ones included, at the top and nested."""
    values: dict[str, Any] = {
        "true": True,
        "false": False,
        "none": None,
        "zero": 0,
        "one": 1,
        "negative": -1,
        "beyond 2**53": 2**53 + 1,
        "beyond int64": 2**64 + 1,
        "beyond float64": 10**400,
        "0.1": 0.1,
        "1.0": 1.0,
        "1e-7": 1e-7,
        "smallest": 5e-324,
        "largest": 1.7976931348623157e308,
        "text": "text",
        "empty text": "",
        "number as text": "1.5",
        "word as text": "true",
        "null as text": "null",
        "unicode": "caf\u00e9 cafe\u0301 \U0001f600",
        "words": ["yes", "no", "on", "off", "True", "False", "~", "NaN", "Infinity", "1e5", "0x10"],
        "moments": ["2001-01-01", "2001-02-03T04:05:06", "2001-02-03 04:05:06Z", "12:30"],
        "templates": ["$HOME", "${HOME}", "%s", "{lr}", "~/a", "a/../b", "./a/"],
        "quoted": ['"a"', "'a'", "[]", "{}", '{"a": 1}', "0o17", "+1", ".5", "1_000"],
        "nul": "a\x00b",
        "padded": " a ",
        "lines": "a\nb\r\n\tc",
        "quotes": "\"'\\",
        "long": "x" * 70_000,
        "unsorted": [3, 1, 2, 1],
        "long list": list(range(3000)),
        "wide dict": {f"key {n}": n for n in range(1500)},
        "_private": 1,
        "__dunder__": 2,
        "a.b": 3,
        "a/b": 4,
        "name": "name",
        "params": {"step": 1, "split": "val"},
        "list": [1, 1.5, "1", True, None, [], {}],
        "tuple": (1, (2, 3), ()),
        "empty list": [],
        "empty dict": {},
        "dict": {"a": {"b": {"c": [1, {"d": None}]}}, "x.y": 1, "": 2, "1": 3},
    }
    log = [calls.hyperparams(values), calls.hyperparams({"nested": [values, {"again": values}]})]
    yield logged(log)


@check("HP-1")
def awkward_keys_come_back(subject: Subject) -> Programs:
    """Digits, case, spaces, dots, unicode in two normal forms; at the top and nested."""
    keys = [key for key in (*awkward.PLAIN_KEYS, *awkward.OTHER_TEXTS) if 0 < len(key) <= 250]
    yield logged(
        [
            calls.hyperparams({key: n for n, key in enumerate(keys)}),
            calls.hyperparams({"nested": {key: n for n, key in enumerate(keys)}}),
            calls.hyperparams({"in a list": [{key: n} for n, key in enumerate(keys)]}),
        ]
    )


@check("HP-1")
def awkward_texts_come_back_as_values(subject: Subject) -> Programs:
    """At the top, nested and in a list."""
    texts = [*awkward.PLAIN_KEYS, *awkward.OTHER_TEXTS]
    yield logged(
        [
            calls.hyperparams({f"text {n}": text for n, text in enumerate(texts)}),
            calls.hyperparams({"nested": {f"text {n}": text for n, text in enumerate(texts)}}),
            calls.hyperparams({"in a list": texts}),
        ]
    )


@check("HP-1")
def long_integers_come_back(subject: Subject) -> Programs:
    """An int of up to 4,300 digits stays that int."""
    log = [calls.hyperparams({"seed": 10**4300 - 1, "list": [-(10**4299) - 7, 10**1000 + 1]})]
    yield logged(log)


@check("HP-1")
def deep_values_come_back(subject: Subject) -> Programs:
    """Lists and dicts nested up to 100 deep, the outermost dict included."""
    in_lists: Any = "bottom"
    in_dicts: Any = "bottom"
    for _ in range(99):
        in_lists = [in_lists]
        in_dicts = {"inner": in_dicts}
    log = [calls.hyperparams({"lists": in_lists}), calls.hyperparams({"dicts": in_dicts})]
    yield logged(log)


@check("HP-1")
def nonfinite_hyperparams_are_kept_or_refused(subject: Subject) -> Programs:
    """As floats or as the texts NaN, Infinity, -Infinity; or ValueError; never null."""
    steps: list[Step] = [Make(calls.hyperparams({"before": 1}))]
    for n, value in enumerate([math.nan, math.inf, -math.inf]):
        attempts = (
            {f"alone {n}": value},
            {f"beside {n}": 1, f"nested {n}": [0.5, {"a": value}]},
            {f"in list {n}": [value, 1.0], f"in dict {n}": {"a": value}},
            {f"in tuple {n}": (1.0, (value,))},
        )
        steps += [
            Make(calls.hyperparams(params), expect=Expect.KEPT_OR_VALUE_ERROR)
            for params in attempts
        ]
    yield run_of(steps)


def _few_keys(_: Subject) -> Strategies:
    keys = st.sampled_from(["lr", "model", "seed"])
    values = st.one_of(
        st.sampled_from([0, 1, "", "a", None, False, 0.5, [], [1, 2], {}, {"a": 1}]),
        st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 3)),
    )
    drawn = st.builds(calls.hyperparams, st.dictionaries(keys, values))
    return {"drawn": st.lists(drawn, min_size=1, max_size=6)}


@check("HP-1")
def an_empty_key_is_kept_or_refused(subject: Subject) -> Programs:
    """At the top, where a store may want a name; never dropped."""
    yield run_of(
        Make(calls.hyperparams({"lr": 1})),
        Make(calls.hyperparams({"": 2, "seed": 3}), expect=Expect.KEPT_OR_REFUSED),
    )


@check("HP-2", _few_keys)
def later_values_replace_earlier_ones_whole(subject: Subject, drawn: list[Call]) -> Programs:
    """The union of the top-level keys; a nested dict is replaced, not merged into."""
    yield logged(drawn)


@check("HP-2")
def merging_is_shallow(subject: Subject) -> Programs:
    """An example of each way to get it wrong."""
    log = [
        calls.hyperparams({"lr": 0.5, "model": {"layers": 2, "width": 8}, "tags": ["a", "b"]}),
        calls.hyperparams({"model": {"layers": 3}}),
        calls.hyperparams({}),
        calls.hyperparams({"lr": 0, "seed": None, "tags": []}),
        calls.hyperparams({"lr": False, "new": 1}),
        calls.hyperparams({"model": "none", "seed": 0}),
        calls.hyperparams({"a": 1, "a.b": 2, "a/b": 3, "a_b": 4, "A": 5, "_a": 6}),
        calls.hyperparams({"a": {"b": 7}}),
        calls.hyperparams({"a.b": 8, "deep": {"x": {"y": 1, "z": 2}}}),
        calls.hyperparams({"deep": {"x": {"y": 3}}}),
        calls.hyperparams({"lr": None, "model": "", "seed": {}, "deep": None}),
    ]
    for upto in range(1, len(log) + 1):
        yield logged(log[:upto])


def _bad_params() -> list[tuple[Callable[[], Any], str, str]]:
    """What to pass, its source, and why it must be refused."""
    return [
        (lambda: {"bad": object()}, '{"bad": object()}', "object() has no JSON form"),
        (
            lambda: {"lr": 9, "bad": object(), "new": 9},
            '{"lr": 9, "bad": object(), "new": 9}',
            "object() has no JSON form",
        ),
        (
            lambda: {"new": 9, "deep": {"list": [1, {"bad": object()}]}},
            '{"new": 9, "deep": {"list": [1, {"bad": object()}]}}',
            "object() has no JSON form",
        ),
        (lambda: {"bad": {object()}}, '{"bad": {object()}}', "a set of objects has no JSON form"),
        (
            lambda: {"new": 9, "bad": strategies.endless_list()},
            '{"new": 9, "bad": endless_list()}',
            "a list that holds itself has no JSON form",
        ),
        (
            lambda: {"new": 9, "bad": strategies.endless_dict()},
            '{"new": 9, "bad": endless_dict()}',
            "a dict that holds itself has no JSON form",
        ),
        (lambda: {1: "one"}, '{1: "one"}', "the key 1 is not a string"),
        (lambda: {"new": 9, 1: "one"}, '{"new": 9, 1: "one"}', "the key 1 is not a string"),
        (lambda: {None: 1, "lr": 9}, '{None: 1, "lr": 9}', "the key None is not a string"),
        (lambda: {"lr": 9, True: 1}, '{"lr": 9, True: 1}', "the key True is not a string"),
        (lambda: {"lr": 9, 1.5: 1}, '{"lr": 9, 1.5: 1}', "the key 1.5 is not a string"),
        (lambda: {("a", "b"): 1}, '{("a", "b"): 1}', "a tuple is not a string"),
        (lambda: {b"lr": 1}, '{b"lr": 1}', "the key b'lr' is not a string"),
    ]


@check("HP-3")
def bad_hyperparams_are_refused(subject: Subject) -> Programs:
    """Each between good calls, on one store; only the good ones are recorded."""
    steps: list[Step] = [Make(calls.hyperparams({"lr": 0.5, "model": {"layers": 2}}))]
    for n, bad in enumerate(_bad_calls()):
        steps += [bad, Make(calls.hyperparams({f"good {n}": n}))]
    yield run_of(steps, Make(calls.scalar("loss", 0.5, 0)))


@check("HP-3")
def a_first_call_that_is_bad_leaves_no_hyperparams(subject: Subject) -> Programs:
    """And the last call of a run may be bad as well."""
    for bad in _bad_calls():
        yield run_of(bad)


def _bad_calls() -> list[Make]:
    return [
        Make(Call("log_hyperparams", (make(),), shown=shown), expect=Expect.REFUSED, because=why)
        for make, shown, why in _bad_params()
    ]


@check("HP-5", lambda _: {"drawn": st.lists(strategies.any_calls(), min_size=1, max_size=15)})
def hyperparams_may_come_at_any_time(subject: Subject, drawn: list[Call]) -> Programs:
    """Before, between and after metrics and artifacts."""
    yield logged(drawn)


@check("HP-5")
def hyperparams_between_other_calls_are_kept(subject: Subject) -> Programs:
    """Each between two other calls, and none at the end."""
    log: list[Call] = []
    for n in range(5):
        log += [calls.hyperparams({f"before {n}": n}), calls.metrics({"loss": n / 8}, n)]
        log += [calls.hyperparams({f"before artifact {n}": n}), calls.artifact("model", "a.pt")]
        log += [calls.hyperparams({f"before scalar {n}": n}), calls.scalar("loss", n / 4, n)]
    for upto in (2, 4, 6, 8, len(log)):
        yield logged(log[:upto])


@check("HP-5")
def hyperparams_after_many_metrics_are_kept(subject: Subject) -> Programs:
    """First metrics, then hyperparameters, then metrics, then hyperparameters as the last call."""
    log: list[Call] = [calls.metrics({"loss": n / 8}, n) for n in range(70)]
    log += [calls.hyperparams({"lr": 0.5, "late": True})]
    log += [calls.metrics({"loss": n / 8}, n) for n in range(70)]
    log += [calls.artifact("model", "a/b.pt"), calls.hyperparams({"lr": 0.25, "last": [1]})]
    yield logged(log)

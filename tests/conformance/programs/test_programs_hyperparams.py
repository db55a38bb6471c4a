"""When hyperparameters come back as the JSON values that they were, and which calls they are of."""

import math
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given

from evsys_conformance import strategies
from evsys_conformance.judging.differences import Difference, Kind
from evsys_conformance.judging.expected import Record, expected_hyperparams
from evsys_conformance.judging.json_values import hyperparam_differences, json_difference
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call, shortened_source


@given(strategies.json_values(nonfinite=True))
def test_a_json_value_is_itself(value: Any) -> None:
    assert json_difference(value, value) is None


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ([1], (1,)),
        ((1, (2,)), [1, [2]]),
        ([{"a": 1}], [MappingProxyType({"a": 1})]),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
        (math.nan, math.nan),
    ],
)
def test_these_are_the_same_json_value(expected: Any, found: Any) -> None:
    assert json_difference(expected, found) is None


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (True, 1),
        (1, True),
        (1, 1.0),
        (1.0, 1),
        ([], ""),
        (0, False),
        (None, "null"),
        (None, False),
        ("1", 1),
        (2**53 + 1, 2.0**53),
        ([1], [1, 2]),
        ([], {}),
        ({}, []),
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}),
        (math.nan, None),
        (math.inf, "NaN"),
        (math.inf, 1.7976931348623157e308),
    ],
)
def test_these_are_other_json_values(expected: Any, found: Any) -> None:
    assert json_difference(expected, found)


def test_a_difference_names_the_place() -> None:
    said = json_difference({"a": [0, {"b": True}]}, {"a": [0, {"b": 1}]})
    assert said == "hyperparams['a'][1]['b']: expected True (bool), recorded 1 (int)"


def _found(made: list[Call | Record], recorded: Any, **allowed: bool) -> list[Difference]:
    records = [
        Record(each, place) if isinstance(each, Call) else each for place, each in enumerate(made)
    ]
    return list(hyperparam_differences(expected_hyperparams(records), recorded, **allowed))


def test_a_later_value_replaces_an_earlier_one_whole() -> None:
    made: list[Call | Record] = [
        calls.hyperparams({"lr": 0.5, "model": {"layers": 2, "width": 8}}),
        calls.metrics({"lr": 7.0}, 0),
        calls.hyperparams({"model": {"layers": 3}}),
        calls.hyperparams({}),
    ]
    assert not _found(made, {"lr": 0.5, "model": {"layers": 3}})
    [merged_deep] = _found(made, {"lr": 0.5, "model": {"layers": 3, "width": 8}})
    assert "hyperparams['model']: expected {" in merged_deep.text
    assert merged_deep.text.endswith("the key 'width' must not be there")


@pytest.mark.parametrize(
    ("recorded", "kind", "said", "about"),
    [
        ({"lr": 1}, "lost", "hyperparams['seed'] is missing; expected 3", frozenset({1})),
        ({"lr": 2, "seed": 3}, "altered", "['lr']: expected 1 (int), recorded 2", frozenset({0})),
        (
            {"lr": 1, "seed": 3, "x": 4},
            "invented",
            "hyperparams['x'] was never logged, but is 4",
            frozenset[int](),
        ),
        ([], "altered", "hyperparams: expected a dict, recorded [] (list)", frozenset[int]()),
    ],
)
def test_a_difference_says_what_kind_it_is_and_which_call_it_is_about(
    recorded: Any, kind: Kind, said: str, about: frozenset[int]
) -> None:
    made: list[Call | Record] = [calls.hyperparams({"lr": 1}), calls.hyperparams({"seed": 3})]
    [difference] = _found(made, recorded)
    assert said in difference.text
    assert (difference.kind, difference.steps) == (kind, about)


def test_extra_keys_are_free_where_a_call_is_not_judged() -> None:
    assert not _found([calls.hyperparams({"lr": 1})], {"lr": 1, "x": 4}, extra_allowed=True)


def test_a_call_in_progress_may_be_there_in_part_and_a_later_value_still_counts() -> None:
    made: list[Call | Record] = [
        calls.hyperparams({"lr": 1}),
        Record(calls.hyperparams({"lr": 2, "seed": 3}), 1, optional=True),
    ]
    assert not _found(made, {"lr": 1})
    assert not _found(made, {"lr": 2})
    assert not _found(made, {"lr": 2, "seed": 3})
    assert _found(made, {"seed": 3})
    assert _found(made, {"lr": 1, "seed": 4})


def test_any_writer_may_have_been_the_last() -> None:
    made: list[Call | Record] = [
        Record(calls.hyperparams({"lr": 1}), 0, chain=1),
        Record(calls.hyperparams({"lr": 2}), 0, chain=1),
        Record(calls.hyperparams({"lr": 3}), 0, chain=2),
    ]
    assert not _found(made, {"lr": 2})
    assert not _found(made, {"lr": 3})
    assert _found(made, {"lr": 1}), "the first writer itself has replaced it"


def test_a_long_value_is_cut() -> None:
    assert shortened_source(list(range(1000)), most=13) == "[0, 1, 2, 3,…"
    assert shortened_source(1) == "1"


class Unprintable:
    def __repr__(self) -> str:
        raise ValueError("no repr today")


def test_a_value_that_cannot_be_printed_is_named_by_its_type() -> None:
    assert shortened_source(Unprintable()) == "<Unprintable>"

"""Calls as data: what is printed runs, and does the same."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import HERE, Call
from evsys_conformance.strategies import FloatSubclass, IndexLike, NumberLike

NAMES = {
    "np": np,
    "Decimal": Decimal,
    "Fraction": Fraction,
    "NumberLike": NumberLike,
    "IndexLike": IndexLike,
    "FloatSubclass": FloatSubclass,
}


@given(strategies.json_values(nonfinite=True))
def test_the_source_of_a_json_value_evaluates_to_it(value: Any) -> None:
    again = eval(calls.source(value))
    assert repr(again) == repr(value)


# float() warns of a masked value.
@pytest.mark.filterwarnings("ignore:Warning. converting a masked element to nan")
@given(strategies.number_likes())
def test_the_source_of_a_number_evaluates_to_it(value: Any) -> None:
    again = eval(calls.source(value), dict(NAMES))
    assert type(again) is type(value)
    assert float(again) == float(value) or (math.isnan(float(value)) and math.isnan(float(again)))


@given(strategies.any_calls())
def test_a_call_prints_as_itself(call: Call) -> None:
    class Spy:
        def __getattr__(self, method: str) -> Any:
            def received(*arguments: Any, **keywords: Any) -> None:
                made.append(Call(method, arguments, keywords))

            return received

    made: list[Call] = []
    exec(call.code(), {"store": Spy()})
    assert made == [call]


@pytest.mark.parametrize("value", [{1, "a"}, set[int](), ("a",), (), 10**200])
def test_odd_values_have_a_source_too(value: Any) -> None:
    assert eval(calls.source(value)) == value


def test_integers_beyond_what_repr_prints_have_a_source() -> None:
    for value in (10**5000, -(10**5000)):
        assert eval(calls.source(value)) == value


def test_what_has_no_json_form_still_prints() -> None:
    assert calls.source([object(), math.nan]) == '[object(), float("nan")]'


def test_long_repetitions_print_short() -> None:
    assert calls.source("k" * 250) == "'k' * 250"


def test_fresh_arguments_share_no_container() -> None:
    call = calls.hyperparams({"a": [1, {"b": (2, [3])}]})
    (fresh,), _ = call.fresh()
    assert fresh == call.arguments[0]
    fresh["a"][1]["b"][1].append(4)
    fresh["a"].append(5)
    assert call.arguments[0] == {"a": [1, {"b": (2, [3])}]}


def test_a_string_that_stands_for_the_directory_is_replaced_wherever_it_is_given() -> None:
    call = calls.artifact(f"{HERE}/a", f"{HERE}/b.pt", f"{HERE}/c")
    assert calls.located(call, "/tmp/x") == calls.artifact("/tmp/x/a", "/tmp/x/b.pt", "/tmp/x/c")
    assert call.code() == (
        "store.log_artifact(str(directory) + '/a', str(directory) + '/b.pt', "
        "kind=str(directory) + '/c')"
    )
    plain = calls.scalar("loss", 0.5, 1)
    assert calls.located(plain, "/tmp/x") is plain

"""The drawn data stays inside what the contract judges."""

import json
import operator
import re
from typing import Any

import pytest
from hypothesis import given

from evsys_conformance import awkward, strategies

# Tests of stores and printed programs import these from here, wherever they are defined.
NAMES = {
    "NO_NUMBERS",
    "NO_STEPS",
    "NO_TEXTS",
    "PLAIN_ALPHABET",
    "FloatSubclass",
    "IndexLike",
    "NumberLike",
    "StrSubclass",
    "any_calls",
    "artifact_calls",
    "endless_dict",
    "endless_list",
    "exact_values",
    "hyperparam_calls",
    "index_likes",
    "json_keys",
    "json_values",
    "metric_calls",
    "metric_dicts",
    "number_likes",
    "numpy_numbers",
    "other_texts",
    "plain_texts",
    "steps",
    "usual_splits",
    "values",
}

PLAIN = re.compile(r"[A-Za-z0-9_./\- ]{1,250}")


def test_the_public_names_are_these() -> None:
    assert set(strategies.__all__) == NAMES
    assert vars(strategies).keys() >= NAMES


@given(strategies.plain_texts())
def test_plain_texts_are_what_every_store_keeps(text: str) -> None:
    assert PLAIN.fullmatch(text)


@pytest.mark.parametrize("text", [*awkward.PLAIN_KEYS, *awkward.PLAIN_PATHS])
def test_awkward_plain_texts_are_plain(text: str) -> None:
    assert PLAIN.fullmatch(text)


@pytest.mark.parametrize("text", awkward.OTHER_TEXTS)
def test_awkward_other_texts_are_not_plain(text: str) -> None:
    assert not PLAIN.fullmatch(text)


@given(strategies.other_texts())
def test_other_texts_are_text(text: str) -> None:
    text.encode()


@pytest.mark.parametrize("text", awkward.OTHER_TEXTS)
def test_awkward_other_texts_are_text(text: str) -> None:
    text.encode()


@pytest.mark.parametrize("string", awkward.NOT_TEXT)
def test_strings_that_are_not_text_cannot_be_encoded(string: str) -> None:
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        string.encode()


# float() warns of a masked value.
@pytest.mark.filterwarnings("ignore:Warning. converting a masked element to nan")
@given(strategies.number_likes())
def test_number_likes_have_a_float_and_are_not_refusable(value: Any) -> None:
    assert hasattr(value, "__float__")
    assert not isinstance(value, str | bytes)
    float(value)


@given(strategies.index_likes())
def test_index_likes_fit_int64(value: Any) -> None:
    assert -(2**63) <= operator.index(value) < 2**63


@given(strategies.steps())
def test_steps_fit_int64(step: int) -> None:
    assert -(2**63) <= step < 2**63


@given(strategies.json_values())
def test_json_values_are_strict_json(value: Any) -> None:
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize("value", strategies.NO_NUMBERS)
def test_the_bad_values_have_no_float(value: Any) -> None:
    assert isinstance(value, str) or not hasattr(value, "__float__")


@pytest.mark.parametrize("step", strategies.NO_STEPS)
def test_the_bad_steps_have_no_index(step: Any) -> None:
    assert not hasattr(step, "__index__")


@pytest.mark.parametrize("text", strategies.NO_TEXTS)
def test_the_bad_keys_are_not_strings(text: Any) -> None:
    assert not isinstance(text, str)

"""A decoder made for some keys reads what the general one reads, or nothing."""

import json
import random
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from evsys_sdk.log_stores._jsonl.row import decode_row, encode_row
from evsys_sdk.sources.jsonl_decoder import RowDecoder, decoder_of
from evsys_sdk.sources.packed import Shape

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
# Made of what has a meaning in JSON, so that one is often found in another.
CONFUSING = st.text('"\\:,0', min_size=1, max_size=4)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANYTHING: st.SearchStrategy[Any] = st.sampled_from([1.5, 2, True, None, "1.5", [], {}, 1e400])


def agree(keys: tuple[str, ...], line: bytes) -> bool:
    """Whether the decoder for these keys takes the line, and then reads what the other one does."""
    try:
        step, split, _, values = RowDecoder(Shape(keys)).decode(line)
    except ValueError:
        return False
    expected = decode_row(line)
    assert (step, split) == (expected.step, expected.split or "")
    assert struct.unpack(f"{len(keys)}d", values) == tuple(expected.metrics[key] for key in keys)
    assert len(expected.metrics) == len(keys)
    return True


@given(
    st.dictionaries(TEXTS | CONFUSING, FINITE, max_size=5), st.integers(-(2**63), 2**63 - 1), TEXTS
)
def test_every_row_of_its_keys_is_read(metrics: dict[str, float], step: int, split: str) -> None:
    assert agree((*metrics,), encode_row(1.5, step, split, metrics) + b"\n")
    for unknown in ({}, {"ts": 1.5}, {"split": split}, {"ts": None, "split": None}):
        row = {"metrics": metrics, **unknown, "step": step}
        assert agree((*metrics,), to_json(row))


@given(
    st.fixed_dictionaries(
        {"step": ANYTHING | st.sampled_from([2**63 - 1, -(2**63), 2**63])},
        optional={
            "ts": ANYTHING,
            "split": st.just("val") | ANYTHING,
            "other": ANYTHING,
            "metrics": st.dictionaries(st.sampled_from("abc"), ANYTHING),
            "nonfinite": st.just({"a": "NaN"}),
        },
    ),
    st.integers(0, 30),
)
def test_a_row_of_another_form_is_read_in_the_same_way_or_refused(
    row: dict[str, Any], cut: int
) -> None:
    whole = json.dumps(row).encode()
    agree(("a", "b"), whole[: len(whole) - cut] if cut < 3 else whole)


@given(
    st.lists(CONFUSING, min_size=1, max_size=3, unique=True),
    st.lists(CONFUSING, max_size=2),
    st.randoms(use_true_random=False),
    TEXTS | CONFUSING,
    st.none() | st.tuples(st.integers(0, 150), st.integers(0, 3), st.sampled_from(['"', "\\", ""])),
)
def test_keys_that_hold_each_other_are_not_confused(
    keys: list[str],
    others: list[str],
    order: random.Random,
    split: str,
    damage: tuple[int, int, str] | None,
) -> None:
    logged = keys + others
    order.shuffle(logged)
    fields = ",".join(f"{json.dumps(key)}:{place / 8}" for place, key in enumerate(logged))
    row = f'{{"ts":1.5,"step":1,"split":{json.dumps(split)},"metrics":{{{fields}}}}}'
    if damage:
        place, length, put = damage
        row = row[:place] + put + row[place + length :]
    agree((*keys,), row.encode())


@pytest.mark.parametrize("key", ['say "loss"', "back\\slash", "new\nline", "\x1b[2J"])
def test_where_most_keys_need_an_alias_there_is_no_decoder(key: str) -> None:
    plain = tuple("abcdefg")
    assert decoder_of(Shape(plain))
    assert decoder_of(Shape((*plain, key)))
    assert not decoder_of(Shape((*plain[1:], key)))

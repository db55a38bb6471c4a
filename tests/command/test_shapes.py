"""A decoder made for some keys reads what the general one reads, or nothing."""

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evsys_sdk.command.shapes import Shape
from evsys_sdk.log_stores._json_files.row import decode_row, encode_row

KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'))
FINITE = st.dictionaries(KEYS, st.floats(allow_nan=False, allow_infinity=False), max_size=5)
ANYTHING: st.SearchStrategy[Any] = st.sampled_from(
    [1.5, 2, True, None, "1.5", [], {}, 10**30, 1e400]
)


@given(FINITE, st.integers(), st.text(st.characters(exclude_categories=["Cs"])))
def test_every_row_of_its_keys_is_read(metrics: dict[str, float], step: int, split: str) -> None:
    shape = Shape((*metrics,))
    assert shape.can_decode
    values = struct.pack(f"{len(metrics)}d", *metrics.values())
    assert shape.decode(encode_row(1.5, step, split, metrics) + b"\n") == (step, split, values)


@given(
    st.fixed_dictionaries(
        {"ts": ANYTHING, "step": ANYTHING, "split": st.just("val") | ANYTHING},
        optional={
            "metrics": st.dictionaries(st.sampled_from("abc"), ANYTHING),
            "nonfinite": st.just({"a": "NaN"}),
        },
    ),
    st.integers(0, 30),
)
def test_what_it_reads_is_what_the_general_decoder_reads(row: dict[str, Any], cut: int) -> None:
    whole = json.dumps(row).encode()
    line = whole[: len(whole) - cut] if cut < 3 else whole
    try:
        step, split, values = Shape(("a", "b")).decode(line)
    except ValueError:
        return
    expected = decode_row(line)
    assert (step, split) == (expected.step, expected.split)
    assert struct.unpack("2d", values) == (expected.metrics["a"], expected.metrics["b"])
    assert len(expected.metrics) == 2


@pytest.mark.parametrize("key", ['say "loss"', "back\\slash", "new\nline", "\x1b[2J"])
def test_keys_that_json_escapes_have_no_decoder(key: str) -> None:
    assert not Shape(("loss", key)).can_decode

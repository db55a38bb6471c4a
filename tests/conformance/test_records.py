"""What counts as recorded: points, values, hyperparameters and artifacts."""

import math
import struct
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs import comparison as records
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.comparison import Precision
from evsys_sdk import MetricRow

EXACT = Precision()
COARSE = Precision(float64=False, split=False)


def _difference(made: list[Call], rows: list[MetricRow], precision: Precision = EXACT) -> str:
    expected = records.expected_points(made, precision)
    found = records.found_points(rows, precision)
    return records.metric_difference(expected, found, precision) or ""


def _row(step: int, metrics: dict[str, Any], split: str | None = "train") -> MetricRow:
    return MetricRow(step=step, split=split, metrics=metrics)


@given(st.floats())
def test_a_float64_is_itself_and_nothing_beside_it(value: float) -> None:
    assert EXACT.same_value(value, value)
    beside = 1.0 if value == 0 else math.nextafter(value, 0.0)
    assert math.isnan(value) or not EXACT.same_value(value, beside)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (0.0, -0.0),
        (-0.0, 0.0),
        (1.0, "1.0"),
        (1.0, True),
        (1.0, None),
        (math.nan, None),
        (2.0**53, 2**53 + 1),
        (0.1, 0.1 + 2**-56),
        (math.inf, 1.7976931348623157e308),
    ],
)
def test_these_are_not_the_same_value(expected: float, found: Any) -> None:
    assert not EXACT.same_value(expected, found)


@pytest.mark.parametrize(
    ("expected", "found"),
    [(1.0, 1), (2.0**60, 2**60), (0.5, np.float64(0.5)), (math.nan, -math.nan)],
)
def test_a_reader_may_report_the_same_number_in_another_type(expected: float, found: Any) -> None:
    assert EXACT.same_value(expected, found)


def test_any_nan_is_nan() -> None:
    payload: float = struct.unpack("<d", b"\x01\x00\x00\x00\x00\x00\xf8\xff")[0]
    assert EXACT.same_value(math.nan, payload)


def test_without_float64_only_the_judged_range_counts() -> None:
    assert COARSE.same_value(0.1, float(np.float32(0.1)))
    assert not COARSE.same_value(0.1, 0.1001)
    assert not COARSE.same_value(0.5, 0.0)
    assert COARSE.same_value(1e300, math.inf)
    assert COARSE.same_value(5e-324, 0.0)
    assert COARSE.same_value(math.nan, None)


def test_grouping_and_the_order_of_keys_are_free() -> None:
    made = [calls.metrics({"a": 1.0, "b": 2.0}, 0), calls.metrics({"a": 3.0}, 1)]
    assert not _difference(made, [_row(0, {"b": 2.0, "a": 1.0}), _row(1, {"a": 3.0})])
    assert not _difference(made, [_row(0, {"a": 1.0}), _row(1, {"a": 3.0}), _row(0, {"b": 2.0})])
    assert not _difference(made, [_row(0, {"b": 2.0, "a": 1.0}), _row(9, {}), _row(1, {"a": 3.0})])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "'loss', split 'train' is not recorded; expected 0.5 at step 1, 0.25 at step 2"),
        ([_row(1, {"loss": 0.5})], "1 of 2 points is missing"),
        (
            [_row(1, {"loss": 0.5}), _row(2, {"loss": 0.25}), _row(2, {"loss": 0.25})],
            "1 point too many",
        ),
        ([_row(2, {"loss": 0.25}), _row(1, {"loss": 0.5})], "the order is not that of the calls"),
        ([_row(1, {"loss": 0.5}), _row(3, {"loss": 0.25})], "a step is altered"),
        ([_row(1, {"loss": 0.5}), _row(2, {"loss": 0.75})], "a value is altered"),
        (
            [_row(1, {"loss": 0.5}), _row(2, {"loss": 0.25, "x": 1.0})],
            "'x', split 'train' was never logged",
        ),
        (
            [_row(1, {"loss": 0.5}, "val"), _row(2, {"loss": 0.25}, "val")],
            "stands under split 'val'",
        ),
        ([_row(1, {"loss": 0.5}, None), _row(2, {"loss": 0.25}, None)], "stands under split None"),
    ],
)
def test_a_difference_says_what_kind_it_is(rows: list[MetricRow], said: str) -> None:
    made = [calls.scalar("loss", 0.5, 1), calls.metrics({"loss": 0.25}, 2)]
    assert said in _difference(made, rows)


def test_without_split_a_reader_may_report_none() -> None:
    made = [calls.metrics({"loss": 0.5}, 1, "val"), calls.metrics({"loss": 0.25}, 1)]
    rows = [_row(1, {"loss": 0.5}, None), _row(1, {"loss": 0.25}, None)]
    assert not _difference(made, rows, COARSE)
    assert _difference(made, rows, EXACT)


def test_a_call_under_way_may_be_there_wholly_in_part_or_not_at_all() -> None:
    expected = records.expected_points([calls.scalar("a", 0.5, 1)], EXACT)
    under_way = records.expected_points([calls.metrics({"a": 1.0, "b": 2.0}, 2)], EXACT)

    def judged(*rows: MetricRow) -> str | None:
        found = records.found_points([_row(1, {"a": 0.5}), *rows], EXACT)
        return records.metric_difference(expected, found, EXACT, under_way)

    assert judged() is None
    assert judged(_row(2, {"b": 2.0})) is None
    assert judged(_row(2, {"a": 1.0, "b": 2.0})) is None
    assert judged(_row(2, {"b": 2.0}), _row(2, {"b": 2.0})) is not None
    assert judged(_row(2, {"b": 3.0})) is not None


@given(strategies.json_values(nonfinite=True))
def test_a_json_value_is_itself(value: Any) -> None:
    assert records.json_difference(value, value) is None


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
    assert records.json_difference(expected, found) is None


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
    assert records.json_difference(expected, found)


def test_a_difference_names_the_place() -> None:
    said = records.json_difference({"a": [0, {"b": True}]}, {"a": [0, {"b": 1}]})
    assert said == "hyperparams['a'][1]['b']: expected True (bool), recorded 1 (int)"


def test_artifacts_are_compared_in_order() -> None:
    made = [calls.artifact("m", "a"), calls.artifact("m", "a"), calls.artifact("n", "b", "dir")]
    expected = records.expected_artifacts(made)
    assert records.artifact_difference(expected, expected) is None
    assert "number 2 differs" in str(records.artifact_difference(expected, expected[1:]))
    assert "number 4 differs" in str(
        records.artifact_difference(expected, [*expected, ("x", "y", "file")])
    )
    assert records.artifact_difference(expected[:2], expected, expected[2:]) is None

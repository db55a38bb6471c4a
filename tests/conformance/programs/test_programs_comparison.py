"""What counts as recorded: values, points per series, and artifacts."""

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evsys_conformance.judging.comparison import differences
from evsys_conformance.judging.differences import Difference, Kind
from evsys_conformance.judging.expected import Record
from evsys_conformance.judging.precision import Precision, same_step
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_sdk import ArtifactPointer, MetricRow, RunLog

EXACT = Precision()
COARSE = Precision(float64=False, split=False)


def _recorded(made: Sequence[Call], **how: Any) -> list[Record]:
    """The records of calls that steps 0, 1, 2 … of a program made."""
    return [Record(call, place, **how) for place, call in enumerate(made)]


def _found(
    made: Sequence[Call], rows: Sequence[MetricRow], precision: Precision = EXACT
) -> list[Difference]:
    return list(differences(_recorded(made), RunLog(list(rows), {}, []), precision))


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
        (1.0, 10**400),
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


def test_a_step_may_come_back_as_any_integer_but_not_as_a_string() -> None:
    assert same_step(7, np.int64(7))
    assert not same_step(7, "7")
    assert not same_step(7, None)


def test_grouping_and_the_order_of_keys_are_free() -> None:
    made = [calls.metrics({"a": 1.0, "b": 2.0}, 0), calls.metrics({"a": 3.0}, 1)]
    assert not _found(made, [_row(0, {"b": 2.0, "a": 1.0}), _row(1, {"a": 3.0})])
    assert not _found(made, [_row(0, {"a": 1.0}), _row(1, {"a": 3.0}), _row(0, {"b": 2.0})])
    assert not _found(made, [_row(0, {"b": 2.0, "a": 1.0}), _row(9, {}), _row(1, {"a": 3.0})])


LOSS = {1: _row(1, {"loss": 0.5}), 2: _row(2, {"loss": 0.25})}
"""Rows of the two points that the next test logs, by step."""


@pytest.mark.parametrize(
    ("rows", "kind", "said", "about"),
    [
        (
            [],
            "lost",
            "'loss', split 'train' is not recorded; expected 0.5 at step 1, 0.25 at step 2",
            frozenset({0, 1}),
        ),
        ([LOSS[1]], "lost", "1 of 2 points is missing: 0.25 at step 2", frozenset({1})),
        ([LOSS[2]], "lost", "1 of 2 points is missing: 0.5 at step 1", frozenset({0})),
        ([LOSS[1], LOSS[2], LOSS[2]], "doubled", "1 point too many (logged 2)", frozenset({1})),
        (
            [LOSS[1], LOSS[2], _row(3, {"loss": 7.0})],
            "invented",
            "1 point too many",
            frozenset({0, 1}),
        ),
        ([LOSS[2], LOSS[1]], "reordered", "the order is not that of the calls", frozenset({0, 1})),
        ([LOSS[1], _row(3, {"loss": 0.25})], "altered", "a step is altered", frozenset({1})),
        ([LOSS[1], _row(2, {"loss": 0.75})], "altered", "a value is altered", frozenset({1})),
        (
            [LOSS[1], _row(2, {"loss": 0.25, "x": 1.0})],
            "invented",
            "'x', split 'train' was never logged, but is recorded: 1.0 at step 2",
            frozenset[int](),
        ),
        (
            [_row(1, {"loss": 0.5}, "val"), _row(2, {"loss": 0.25}, "val")],
            "under another split",
            "The same number of points is recorded under key 'loss', split 'val'",
            frozenset({0, 1}),
        ),
        (
            [_row(1, {"loss": 0.5}, None), _row(2, {"loss": 0.25}, None)],
            "under another split",
            "recorded under key 'loss', split None",
            frozenset({0, 1}),
        ),
        (
            [_row(1, {"acc": 0.5}, "train"), _row(2, {"acc": 0.25}, "train")],
            "mixed up",
            "recorded under key 'acc', split 'train'",
            frozenset({0, 1}),
        ),
    ],
)
def test_a_difference_says_what_kind_it_is_and_which_calls_it_is_about(
    rows: list[MetricRow], kind: Kind, said: str, about: frozenset[int]
) -> None:
    made = [calls.scalar("loss", 0.5, 1), calls.metrics({"loss": 0.25}, 2)]
    first = _found(made, rows)[0]
    assert said in first.text
    assert (first.kind, first.steps, first.area) == (kind, about, "points")


def test_of_a_long_series_only_what_is_around_the_first_difference_is_shown() -> None:
    made = [calls.metrics({"loss": n / 8}, n) for n in range(100)]
    rows = [_row(n, {"loss": n / 8}) for n in range(100) if n != 63]
    [lost] = _found(made, rows)
    assert lost.steps == {63}
    assert "1 of 100 points is missing: 7.875 at step 63\n" in lost.text
    assert "expected … 7.625 at step 61, 7.75 at step 62, 7.875 at step 63" in lost.text
    assert "recorded … 7.625 at step 61, 7.75 at step 62, 8.0 at step 64" in lost.text
    assert all(line.endswith(" …") for line in lost.text.splitlines()[1:])


def test_without_split_a_reader_may_report_none() -> None:
    made = [calls.metrics({"loss": 0.5}, 1, "val"), calls.metrics({"loss": 0.25}, 1)]
    rows = [_row(1, {"loss": 0.5}, None), _row(1, {"loss": 0.25}, None)]
    assert not _found(made, rows, COARSE)
    assert _found(made, rows, EXACT)


def test_a_call_in_progress_may_be_there_wholly_in_part_or_not_at_all() -> None:
    records = [
        Record(calls.scalar("a", 0.5, 1), 0),
        Record(calls.metrics({"a": 1.0, "b": 2.0}, 2), 0, optional=True),
    ]

    def judged(*rows: MetricRow) -> list[Difference]:
        log = RunLog([_row(1, {"a": 0.5}), *rows], {}, [])
        return list(differences(records, log, EXACT))

    assert not judged()
    assert not judged(_row(2, {"b": 2.0}))
    assert not judged(_row(2, {"a": 1.0, "b": 2.0}))
    assert judged(_row(2, {"b": 2.0}), _row(2, {"b": 2.0}))
    assert judged(_row(2, {"b": 3.0}))


def test_a_call_in_progress_is_followed_by_the_calls_of_the_next_instance() -> None:
    records = [
        Record(calls.scalar("a", 0.5, 1), 0),
        Record(calls.scalar("a", 1.0, 2), 0, optional=True),
        Record(calls.scalar("a", 2.0, 3), 1),
    ]

    def judged(*steps: int) -> list[Difference]:
        rows = [_row(step, {"a": {1: 0.5, 2: 1.0, 3: 2.0}[step]}) for step in steps]
        return list(differences(records, RunLog(rows, {}, []), EXACT))

    assert not judged(1, 3)
    assert not judged(1, 2, 3)
    assert judged(1, 2)
    assert judged(1, 3, 2)


POINTERS = [("m", "a", "file"), ("m", "a", "file"), ("n", "b", "dir")]


def _artifacts(found: list[tuple[str, str, str]], *, last_may: bool = False) -> list[Difference]:
    made = [calls.artifact(name, path, kind) for name, path, kind in POINTERS]
    records = [*_recorded(made[:2]), Record(made[2], 2, optional=last_may)]
    pointers = [ArtifactPointer(*pointer) for pointer in found]
    return list(differences(records, RunLog([], {}, pointers), EXACT))


@pytest.mark.parametrize(
    ("found", "kind", "said", "about"),
    [
        (
            POINTERS[1:],
            "lost",
            "3 artifacts were logged, 2 are recorded; number 2 differs",
            frozenset({1}),
        ),
        (POINTERS[:2], "lost", "expected ('n', 'b', 'dir',)\n    recorded nothing", frozenset({2})),
        ([*POINTERS, POINTERS[2]], "doubled", "number 4 differs", frozenset[int]()),
        ([POINTERS[2], *POINTERS[:2]], "reordered", "number 1 differs", frozenset({0})),
        ([*POINTERS[:2], ("n", "B", "dir")], "altered", "number 3 differs", frozenset({2})),
    ],
)
def test_artifacts_are_compared_in_order(
    found: list[tuple[str, str, str]], kind: Kind, said: str, about: frozenset[int]
) -> None:
    assert not _artifacts(POINTERS)
    [difference] = _artifacts(found)
    assert said in difference.text
    assert (difference.kind, difference.steps, difference.area) == (kind, about, "artifacts")


def test_an_artifact_in_progress_may_be_missing() -> None:
    assert not _artifacts(POINTERS[:2], last_may=True)
    assert not _artifacts(POINTERS, last_may=True)
    assert _artifacts([*POINTERS, POINTERS[2]], last_may=True)


@pytest.mark.parametrize("call", [calls.scalar("odd", 0.5, 0), calls.artifact("odd", "a.pt")])
def test_what_a_call_that_is_not_judged_records_is_free_and_everything_else_is_judged(
    call: Call,
) -> None:
    records = [Record(calls.scalar("a", 0.5, 1), 0), Record(call, 1, judged=False)]
    points = [_row(1, {"a": 0.5})]
    strange = RunLog([*points, _row(0, {"ODD": 9.0})], {}, [ArtifactPointer("ODD", "?", "file")])
    kinds = [difference.area for difference in differences(records, strange, EXACT)]
    # Each kind of call leaves only its own kind of record.
    assert kinds == ["artifacts" if call.method == "log_scalar" else "points"]
    lost = list(differences(records, RunLog([], {}, []), EXACT))
    assert [difference.kind for difference in lost] == ["lost"]


def test_a_reader_that_reports_no_rows_at_all_is_an_error() -> None:
    broken: Any = RunLog([None], {}, [])  # type: ignore[list-item]
    with pytest.raises(AttributeError, match="split"):
        list(differences([], broken, EXACT))

"""Rows of any mixture become curves: every point of every row, in the order of the rows."""

import pickle
from codecs import BOM_UTF8
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evsys_sdk.command.show import collecting, scanning
from evsys_sdk.log_stores._jsonl.row import encode_row
from evsys_sdk.sources import jsonl_decoder, packed
from evsys_sdk.sources.opening import open_sources
from support.command_logs import row

# Few keys and splits, so that rows of the same shape and rows that share a key are both common.
METRICS = st.dictionaries(st.sampled_from('ab"c'), st.floats(allow_nan=False), max_size=4)
SPLITS = st.sampled_from(["train", "val"])
# A row that repeats the keys of the one before is decoded in another way.
RUNS = st.tuples(st.tuples(SPLITS, METRICS), st.integers(1, 5))
ROWS = st.lists(RUNS, max_size=15).map(lambda runs: [row for row, n in runs for _ in range(n)])


@settings(deadline=None)
@given(ROWS, st.sampled_from([1, 7, 1000]), st.sampled_from([10, 100, 10_000]))
@example([("train", {"a": 1.0, "b": 2.0}), ("val", {"a": 3.0})] * 5, 1000, 10_000)
@example([("train", {"a": 1.0, "b": 2.0}), ("train", {"b": 3.0})] * 5, 1000, 10_000)
@example([("train", {})], 1000, 10_000)
@example([("train", {"a": 1.0, "b": 2.0})] * 2 + [("val", {"b": 3.0, "a": 4.0})], 1000, 10_000)
def test_every_point_comes_to_its_curve(
    rows: list[tuple[str, dict[str, float]]], points_at_once: int, known_keys: int
) -> None:
    expected: dict[tuple[str, str], list[tuple[int, float]]] = {}
    lines: list[bytes] = []
    for step, (split, metrics) in enumerate(rows):
        lines.append(encode_row(1.5, step, split, metrics) + b"\n")
        for key, value in metrics.items():
            expected.setdefault((key, split), []).append((step, value))
    with (
        TemporaryDirectory() as directory,
        patch.object(collecting, "_POINTS_AT_ONCE", points_at_once),
        patch.object(packed, "_MOST_KNOWN_KEYS", known_keys),
        patch.object(jsonl_decoder, "_MOST_DECODERS", 2),
    ):
        (Path(directory) / "metrics.jsonl").write_bytes(b"".join(lines))
        scan = scanning.scan_source(*open_sources(directory))
    found = {
        name: [*zip(curve.points.step.tolist(), curve.points.value.tolist(), strict=True)]
        for name, curve in scan.curves.items()
    }
    assert scan.rows == len(rows)
    assert found == expected
    assert [*found] == [*expected]


@pytest.mark.parametrize("mark", [b"", BOM_UTF8])
def test_parts_of_a_file_hold_each_line_once(mark: bytes, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(mark + b"".join(row(step, x=10.0**-step) for step in range(20)) + b"garbage\n")
    size = path.stat().st_size
    [source] = open_sources(str(tmp_path))
    for width in range(len(mark) + 1, size // 2):
        scan = scanning.Scan()
        for start in range(0, size, width):
            scan.join(scanning.scan_part(source, str(path), start, min(start + width, size)))
        assert scan.curves["x", "train"].points.step.tolist() == [*range(20)]
        [findings] = scan.findings.values()
        assert (scan.rows, findings.lines, findings.end) == (20, 21, size)
        assert [fault.line for fault in findings.faults.values()] == [21]
        assert findings.byte_order_mark == bool(mark)


@pytest.mark.parametrize("count", [0, 3, 10_000])
def test_a_scan_stays_the_same_on_its_way_to_another_process(count: int, tmp_path: Path) -> None:
    rows = [row(step % 5000, x=1.0 * step, y=float("nan")) for step in range(count)]
    content = b"".join([*rows, b"garbage\n", *[row(7, late=0.5)] * bool(count)])
    (tmp_path / "metrics.jsonl").write_bytes(content)
    scan = scanning.scan_source(*open_sources(str(tmp_path)))
    copy: scanning.Scan = pickle.loads(pickle.dumps(scan))
    assert (copy.rows, copy.findings) == (scan.rows, scan.findings)
    assert [*copy.curves] == [*scan.curves]
    for curve, other in zip(scan.curves.values(), copy.curves.values(), strict=True):
        facts = (curve.count, curve.backward, curve.bucket_size)
        assert facts == (other.count, other.backward, other.bucket_size)
        for column, others in zip(astuple(curve.points), astuple(other.points), strict=True):
            assert column.dtype == others.dtype
            assert column.tobytes() == others.tobytes()

"""Reading a log back: row by row, beside a writer, past what is torn and damaged."""

import json
import math
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evsys_sdk import DamagedLogError, LogStoreError, MetricRow
from evsys_sdk.log_stores._jsonl.row import decode_row, decode_unusual_row
from evsys_sdk.log_stores.jsonl import JSONLLogStore

ROW = '{"ts":1.5,"step":1,"split":"train","metrics":{"loss":0.5}}\n'
PARSED = MetricRow(1, "train", {"loss": 0.5}, 1.5)


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path


def write(log_dir: Path, content: str | bytes) -> None:
    content = content if isinstance(content, bytes) else content.encode()
    (log_dir / "metrics.jsonl").write_bytes(content)


def rows(log_dir: Path) -> list[MetricRow]:
    return JSONLLogStore.read_run(log_dir=log_dir).metrics


def test_a_log_that_was_never_written_is_empty_and_stays_so(tmp_path: Path) -> None:
    log = JSONLLogStore.read_run(log_dir=tmp_path / "never")
    assert (log.metrics, log.hyperparams, log.artifacts) == ([], {}, [])
    assert [*JSONLLogStore.iter_rows(log_dir=tmp_path / "never")] == []
    assert [*tmp_path.iterdir()] == []


def test_reading_takes_the_parameters_of_the_constructor(tmp_path: Path) -> None:
    params: dict[str, Any] = {"log_dir": str(tmp_path), "metrics_file": "m"}
    with closing(JSONLLogStore(**params)) as store:
        store.log_scalar("loss", 1.0, 0)
    assert len(JSONLLogStore.read_run(**params).metrics) == 1
    assert len([*JSONLLogStore.iter_rows(log_dir=tmp_path, metrics_file="m")]) == 1
    params["flush"] = True
    with pytest.raises(TypeError, match="flush"):
        JSONLLogStore.read_run(**params)
    with pytest.raises(ValueError, match=r"metrics_file '\.\./m' is not the plain name"):
        JSONLLogStore.iter_rows(log_dir=tmp_path, metrics_file="../m")
    with pytest.raises(ValueError, match="metrics_file and hyperparams_file are both"):
        JSONLLogStore.read_run(log_dir=tmp_path, metrics_file="h", hyperparams_file="h")


def test_rows_are_plain_and_blank_lines_are_skipped(log_dir: Path) -> None:
    write(log_dir, f"\n{ROW}    \n\r\n{ROW}\n")
    assert rows(log_dir) == [PARSED, PARSED]


# Rows of other writers


OTHER_ROWS = [
    pytest.param(
        '{"metrics": {"loss": 1, "x": null}, "step": 2, "ts": 3, "split": "a", "more": [],'
        ' "nonfinite": {"x": "-Infinity", "y": "NaN"}}',
        MetricRow(2, "a", {"loss": 1.0, "x": -math.inf}, 3),
        id="any order",
    ),
    pytest.param(
        '{"ts": 1.0, "step": 1, "metrics": {"a": 1.0}}',
        MetricRow(1, None, {"a": 1.0}, 1.0),
        id="no split",
    ),
    pytest.param(
        '{"step": 0, "split": "test", "metrics": {"a": 1}}',
        MetricRow(0, "test", {"a": 1.0}, None),
        id="no ts",
    ),
    pytest.param('{"step":0,"metrics":{}}', MetricRow(0, None, {}, None), id="neither"),
    pytest.param(
        '{"ts": null, "step": 1, "split": null, "metrics": {"a": 1.0}}',
        MetricRow(1, None, {"a": 1.0}, None),
        id="null",
    ),
    pytest.param(
        '{"epoch": {"n": [3]}, "step": 1, "metrics": {"a": 1.0}, "host": "x"}',
        MetricRow(1, None, {"a": 1.0}, None),
        id="other fields",
    ),
    pytest.param(
        '\t{ "ts" :1.0 ,"step":  1, "metrics":{ }}  \r',
        MetricRow(1, None, {}, 1.0),
        id="blanks",
    ),
]


@pytest.mark.parametrize(("line", "expected"), OTHER_ROWS)
def test_rows_of_other_writers_are_read(line: str, expected: MetricRow, log_dir: Path) -> None:
    write(log_dir, f"{ROW}{line}\n{line}")
    assert rows(log_dir) == [PARSED, expected, expected]
    assert {type(value) for value in rows(log_dir)[1].metrics.values()} <= {float}


def test_bare_words_for_numbers_that_are_not_finite_are_read(log_dir: Path) -> None:
    """Python's json writes them so."""
    values = {"a": math.nan, "b": math.inf, "c": -math.inf, "d": 1.0}
    write(log_dir, json.dumps({"ts": 1.0, "step": 1, "metrics": values}))
    assert repr(rows(log_dir)) == repr([MetricRow(1, None, values, 1.0)])


def test_a_byte_order_mark_is_skipped(log_dir: Path) -> None:
    for rest, expected in [(ROW, [PARSED]), ("", []), ("\r\n" + ROW, [PARSED]), (ROW[:20], [])]:
        write(log_dir, "\ufeff" + rest)
        assert rows(log_dir) == expected
    write(log_dir, f"{ROW}\ufeff{ROW}")
    with pytest.raises(DamagedLogError, match=r"metrics\.jsonl:2: "):
        rows(log_dir)


@given(
    st.fixed_dictionaries(
        {"step": st.integers(), "metrics": st.dictionaries(st.text(), st.floats())},
        optional={
            "ts": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "split": st.none() | st.text(),
        },
    ).flatmap(lambda row: st.permutations([*row.items()]).map(dict)),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :  ")]),
    st.booleans(),
)
def test_a_row_as_any_writer_may_write_it_is_read(
    row: dict[str, Any], separators: tuple[str, str], escaped: bool
) -> None:
    line = json.dumps(row, separators=separators, ensure_ascii=escaped).encode()
    read = decode_row(line)
    assert repr(read) == repr(
        MetricRow(row["step"], row.get("split"), row["metrics"], row.get("ts"))
    )


def test_the_names_of_other_fields_are_given_on_request() -> None:
    names: set[str] = set()
    decode_row(b'{"epoch": 1, "step": 1, "metrics": {"a": 1.0}, "host": 2}', names)
    decode_row(b'{"step": 1, "metrics": {"a": 1}, "extra": NaN}', names)
    decode_row(ROW.encode(), names)
    assert names == {"epoch", "host", "extra"}


# Torn rows and damage


@pytest.mark.parametrize("length", range(1, len(ROW)))
def test_a_torn_last_line_is_passed_over_and_a_whole_one_read(length: int, log_dir: Path) -> None:
    write(log_dir, ROW + ROW[:length])
    assert rows(log_dir) == [PARSED] * (2 if length == len(ROW) - 1 else 1)


@pytest.mark.parametrize("tail", [b"\0" * 5000, b'{"ts":1.5,"st' + b"\0" * 3])
def test_nuls_after_a_power_loss_are_passed_over(tail: bytes, log_dir: Path) -> None:
    write(log_dir, ROW.encode() + tail)
    assert rows(log_dir) == [PARSED]


def test_a_row_that_a_killed_writer_met_behind_a_torn_one_is_read(log_dir: Path) -> None:
    for length in range(1, len(ROW) - 1):
        write(log_dir, ROW + ROW[:length] + ROW + ROW)
        assert rows(log_dir) == [PARSED] * 3


@pytest.mark.parametrize("nuls", ["", "\0" * 5000])
def test_a_row_that_lacks_its_newline_only_is_read_too(nuls: str, log_dir: Path) -> None:
    write(log_dir, ROW + ROW[:-1] + nuls + ROW + ROW)
    assert rows(log_dir) == [PARSED] * 4
    for newline in ("", "\n"):
        write(log_dir, ROW + ROW[:-1] + nuls + newline)
        assert rows(log_dir) == [PARSED] * 2


def test_a_whole_row_with_something_else_for_its_newline_is_named_not_dropped(
    log_dir: Path,
) -> None:
    for rest in (ROW, ""):
        write(log_dir, ROW + ROW[:-1] + "x" + rest)
        with pytest.raises(DamagedLogError, match=r"metrics\.jsonl:2: "):
            rows(log_dir)


def test_a_torn_row_of_metrics_named_like_its_fields_is_not_taken_for_one(log_dir: Path) -> None:
    inner = '{"ts":1.5,"step":2.0,"split":3.0,"metrics":4.0}'
    row = f'{{"ts":1.5,"step":1,"split":"train","metrics":{inner}}}\n'
    write(log_dir, row)
    assert rows(log_dir)[0].metrics == {"ts": 1.5, "step": 2.0, "split": 3.0, "metrics": 4.0}
    write(log_dir, row[:-3] + "\n" + ROW)
    with pytest.raises(DamagedLogError, match=r"metrics\.jsonl:1: "):
        rows(log_dir)


START = '{"ts":1.5,"step":1,"split":"train",'
NUMBER = "a metric must be a number"
DAMAGED = [
    ("not JSON", "it must be JSON: expected ident"),
    (START + '"metr', "it must be JSON: control character"),
    (START + '"metrics":{"a":nan}}', "it must be JSON: expected ident"),
    ('{"ts":1.5,"split":"train","metrics":{}}', "it has no step"),
    (START[:-1] + "}", "it has no metrics"),
    ("[1]", r"it must be an object, got \[1\]"),
    ('"text"', 'it must be an object, got "text"'),
    (START + '"metrics":[1]}', r"metrics must be an object, got \[1\]"),
    (START + '"metrics":null}', "metrics must be an object, got null"),
    (START + '"metrics":{"a":"1"}}', NUMBER + """, got "1" for 'a'"""),
    (START + '"metrics":{"a":true}}', NUMBER + ", got true for 'a'"),
    (START + '"metrics":{"a":null}}', "a metric that is null must be .* got null for 'a'"),
    (
        START + '"metrics":{"a":null},"nonfinite":{"a":"inf"}}',
        """a metric that is null must be .* in nonfinite, got "inf" for 'a'""",
    ),
    (START + '"metrics":{"a":null},"nonfinite":{"a":[]}}', r"null must be .* got \[\] for 'a'"),
    (START + '"metrics":{"a":null},"nonfinite":["a"]}', "null must be .* got null for 'a'"),
    ('{"ts":1.5,"step":1.5,"metrics":{}}', "step must be an integer, got 1.5"),
    ('{"ts":1.5,"step":true,"metrics":{}}', "step must be an integer, got true"),
    ('{"ts":1.5,"step":null,"metrics":{}}', "step must be an integer, got null"),
    ('{"ts":1.5,"step":NaN,"metrics":{}}', "step must be an integer, got NaN"),
    ('{"ts":1.5,"step":1,"split":2,"metrics":{}}', "split must be a string, got 2"),
    ('{"ts":"2026","step":1,"metrics":{}}', 'ts must be a number, got "2026"'),
    ('{"ts":false,"step":1,"metrics":{}}', "ts must be a number, got false"),
    ('{"ts":-Infinity,"step":1,"metrics":{}}', "ts must be a number, got -Infinity"),
    (START + f'"metrics":{{"a":1{"0" * 400}}}}}', "must fit into float64, which 'a' does not"),
    (f'{{"step":"{"x" * 100}","metrics":{{}}}}', 'must be an integer, got "xxx.*x…\\. It begins'),
    ("[" * 100_000, "it must be JSON: recursion limit"),
    ("\0\0\0", "it must be JSON: expected value"),
    ("\ufeff" + ROW[:-1], "it must be JSON: expected value"),
]


@pytest.mark.parametrize(("line", "reason"), DAMAGED)
def test_a_damaged_line_is_named(line: str, reason: str, log_dir: Path) -> None:
    write(log_dir, f"{ROW}{line}\n{ROW}")
    with pytest.raises(DamagedLogError, match=reason) as caught:
        rows(log_dir)
    text = str(caught.value)
    assert text.startswith(f"{log_dir}/metrics.jsonl:2: this line is not a row of a metrics file: ")
    assert f"pass on_damage to JSONLLogStore.iter_rows(log_dir={str(log_dir)!r}" in text
    assert len(text) < 600


@pytest.mark.parametrize(("line", "reason"), DAMAGED)
def test_reading_continues_after_damage_on_request(line: str, reason: str, log_dir: Path) -> None:
    write(log_dir, f"{ROW}{line}\n{ROW}{line}\n")
    damage: list[DamagedLogError] = []
    read = [*JSONLLogStore.iter_rows(log_dir=log_dir, on_damage=damage.append)]
    assert read == [PARSED, PARSED]
    assert [error.line for error in damage] == [2, 4]
    assert {error.path for error in damage} == {f"{log_dir}/metrics.jsonl"}
    assert all(isinstance(error, LogStoreError) for error in damage)
    assert re.search(reason, damage[0].reason)
    [kind] = {error.kind for error in damage}
    assert kind in damage[0].reason
    assert len(kind) < 80


def test_other_data_at_the_end_without_a_newline_is_damage_too(log_dir: Path) -> None:
    write(log_dir, ROW + "step,loss")
    with pytest.raises(DamagedLogError, match=r"metrics\.jsonl:2: "):
        rows(log_dir)


def test_bytes_that_are_not_utf_8_are_shown_escaped(log_dir: Path) -> None:
    write(log_dir, b"\xff\xfe\n")
    with pytest.raises(DamagedLogError, match=r"It begins '\\\\xff\\\\xfe'"):
        rows(log_dir)


@given(st.binary())
def test_any_line_is_a_row_or_a_value_error(line: bytes) -> None:
    try:
        row = decode_row(line)
    except ValueError:
        return
    assert isinstance(row, MetricRow)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("a"), inner),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {"ts": JSON, "step": JSON, "split": JSON, "metrics": JSON}, optional={"nonfinite": JSON}
    )
)
def test_any_fields_are_a_row_or_a_value_error(fields: dict[str, Any]) -> None:
    try:
        row = decode_row(json.dumps(fields).encode())
    except ValueError:
        return
    assert {type(value) for value in row.metrics.values()} <= {float}


NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.just(10**400)


@given(
    st.fixed_dictionaries(
        {
            "ts": NUMBERS | st.booleans(),
            "step": st.integers() | st.just(1.0) | st.booleans(),
            "split": st.text(),
            "metrics": st.dictionaries(
                st.text(), NUMBERS | st.booleans() | st.none() | st.text(), max_size=3
            ),
        },
        optional={"other": NUMBERS},
    )
)
def test_the_quick_way_and_the_careful_one_agree(fields: dict[str, Any]) -> None:
    line = json.dumps(fields).encode()
    try:
        careful = decode_unusual_row(line)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            decode_row(line)
    else:
        assert replace(decode_row(line), ts=None) == replace(careful, ts=None)


def test_rows_stream_in_constant_memory(log_dir: Path) -> None:
    with open(log_dir / "metrics.jsonl", "w") as file:
        file.writelines(ROW for _ in range(20_000))
    stream: Iterator[MetricRow] = JSONLLogStore.iter_rows(log_dir=log_dir)
    next(stream)
    tracemalloc.start()
    try:
        assert sum(1 for _ in stream) == 19_999
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_reading_beside_a_writer_sees_what_was_written(log_dir: Path) -> None:
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        for step in range(20):
            store.log_scalar("loss", 1.0, step)
            store.log_hyperparams({"step": step})
            store.log_artifact("model", f"{step}.pt")
            log = JSONLLogStore.read_run(log_dir=log_dir)
            assert [row.step for row in log.metrics] == [*range(step + 1)]
            assert log.hyperparams == {"step": step}
            assert len(log.artifacts) == step + 1


def test_a_reader_that_stops_early_closes_the_file(log_dir: Path) -> None:
    write(log_dir, ROW * 3)
    stream = JSONLLogStore.iter_rows(log_dir=log_dir)
    assert next(stream) == PARSED
    del stream  # an open file would be a ResourceWarning here

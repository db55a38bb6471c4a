"""What counts as a torn row: any row of any writer, cut at any byte, and nothing else."""

import codecs
import json
import random
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evsys_sdk import DamagedLogError
from evsys_sdk.log_stores._jsonl.row import FIELDS, decode_row
from evsys_sdk.log_stores._jsonl.torn_rows import is_row_in_progress, rows_in
from evsys_sdk.log_stores.jsonl import JSONLLogStore

# With what has a meaning in JSON and in a row.
TEXTS = st.text() | st.text('"\\{}:,', max_size=4) | st.sampled_from(["step", '{"ts":1', "metrics"])
VALUES = st.floats() | st.integers()
ROWS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"step": st.integers(-(2**70), 2**70), "metrics": st.dictionaries(TEXTS, VALUES, max_size=3)},
    optional={
        "ts": st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "split": st.none() | TEXTS,
        "nonfinite": st.dictionaries(TEXTS, st.just("NaN"), max_size=2),
    },
).flatmap(lambda row: st.permutations([*row.items()]).map(dict))
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "  :  ")])


def line_of(row: dict[str, Any], separators: tuple[str, str], escaped: bool) -> bytes:
    return json.dumps(row, separators=separators, ensure_ascii=escaped).encode()


LINES = st.builds(line_of, ROWS, SEPARATORS, st.booleans())
COMPACT = b'{"ts":1.5,"step":1,"split":"train","metrics":{"loss":0.5,"\xc3\xbc":1.0}}'
SPACED = b'{"ts": 1.0, "step": 1, "metrics": {"a": 1.0, "step": NaN}}'


@settings(deadline=None)
@given(LINES)
@example(COMPACT)
@example(SPACED)
def test_a_row_cut_at_any_byte_is_a_torn_row_and_a_whole_one_is_not(row: bytes) -> None:
    assert rows_in(row) == [slice(0, len(row))]
    assert not is_row_in_progress(row)
    for length in range(len(row)):
        for piece in (row[:length], row[:length] + b"\0" * 3):
            assert rows_in(piece) == []
            assert is_row_in_progress(piece)


@settings(deadline=None)
@given(LINES, LINES, LINES, st.randoms(use_true_random=False))
@example(COMPACT, COMPACT, COMPACT, random.Random(0))
@example(SPACED, COMPACT, SPACED, random.Random(1))
def test_a_row_after_torn_ones_is_found_and_none_is_invented(
    first: bytes, second: bytes, whole: bytes, draw: random.Random
) -> None:
    """Where the texts of a row look like another row, not being sure is all that is allowed."""
    for _ in range(20):
        pieces = [row[: draw.randint(1, len(row) - 1)] for row in (first, second)]
        torn = b"".join(piece + b"\0" * draw.choice([0, 0, 3]) for piece in pieces)
        rows = rows_in(torn + whole)
        assert rows is None or [(torn + whole)[row] for row in rows][-1:] == [whole]
        assert rows_in(torn) in ([], None)


def test_every_cut_of_a_usual_row_before_another_is_found() -> None:
    for row in (COMPACT, SPACED):
        for other in (COMPACT, SPACED):
            for length in range(1, len(row)):
                for nuls in (b"", b"\0\0"):
                    line = row[:length] + nuls + other
                    assert [line[place] for place in rows_in(line) or []] == [other], line
                    assert rows_in(row[:length] + nuls + other[:-1][:length]) == []
                    assert rows_in(row[:-1] + nuls + other[:-1][:length]) == []
            line = row + b"\0" + other
            assert [line[place] for place in rows_in(line) or []] == [row, other]
            line = b"\0\0" + row + b"\0\0"
            assert [line[place] for place in rows_in(line) or []] == [row]


FOREIGN = [
    pytest.param(b"step,loss\n1,0.5", id="CSV"),
    pytest.param(b"epoch 1: loss 0.5", id="text"),
    pytest.param(b'"ts', id="string"),
    pytest.param(b'[{"ts":1.5', id="list"),
    pytest.param(b"[1, 2", id="list of numbers"),
    pytest.param(b"1.5", id="number"),
    pytest.param(b'{"loss": 0.5', id="unknown key"),
    pytest.param(b'{"lo', id="unknown key, cut"),
    pytest.param(b'{"tsx', id="key that begins like a field"),
    pytest.param(b'{"epoch": 1, "step": 1, "metrics": {', id="unknown first key"),
    pytest.param(b'{"step": 1, "loss": 0.5', id="unknown later key"),
    pytest.param(b'{"step": 1, "lo', id="unknown later key, cut"),
    pytest.param(b"{'ts': 1.5", id="Python"),
    pytest.param(b"{ts: 1.5", id="JavaScript"),
    pytest.param(b'{"ts":"2026-01-01"', id="time as text"),
    pytest.param(b'{"ts":2026-01', id="date"),
    pytest.param(b'{"step":1.5', id="fractional step"),
    pytest.param(b'{"step":1.', id="fractional step, cut"),
    pytest.param(b'{"step":null', id="null step"),
    pytest.param(b'{"split":["a"', id="split as list"),
    pytest.param(b'{"metrics":[1', id="metrics as list"),
    pytest.param(b'{"metrics":{"a":"0.5"', id="value as text"),
    pytest.param(b'{"metrics":{"a":{"b":1', id="nested metrics"),
    pytest.param(b'{"metrics":{"a":true', id="truth"),
    pytest.param(b'{"step":1,,', id="two commas"),
    pytest.param(b"{}", id="empty object"),
    pytest.param(b'{"step":1}', id="object without metrics"),
    pytest.param(b"\0\0\0step", id="NULs and text"),
    pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0", id="binary"),
    pytest.param(COMPACT + b"x", id="row and something else"),
    pytest.param(COMPACT + b"," + COMPACT, id="rows with a comma"),
    pytest.param(COMPACT[:20] + b"x" + COMPACT, id="torn row, something else, row"),
]


@pytest.mark.parametrize("line", FOREIGN)
def test_anything_else_is_never_a_torn_row(line: bytes) -> None:
    assert rows_in(line) is None


@given(st.text('{}[]":,\\ \tnull0.5eE-tsplimrc', max_size=30) | st.text())
@example('{"ts":1')
def test_what_counts_as_torn_is_the_beginning_of_an_object(text: str) -> None:
    if text.strip(" \t\r\n\0") and rows_in(text.encode()) == []:
        assert text.lstrip(" \t\r").startswith("{")


# A row with fields of other names: it is not removed, but nobody is told that it is damaged.

WITH_OTHERS = b'{"step": 1, "epoch": {"n": [1, "x"]}, "metrics": {"a": 1.0}, "host": null}'


def test_a_row_in_progress_may_have_other_fields() -> None:
    for length in range(1, len(WITH_OTHERS)):
        assert is_row_in_progress(WITH_OTHERS[:length])
    assert not is_row_in_progress(WITH_OTHERS)
    assert not is_row_in_progress(WITH_OTHERS + b"x")
    assert not is_row_in_progress(b'{"epoch": 1, "step": 1')
    assert not is_row_in_progress(b'{"step": 1, epoch')
    assert not is_row_in_progress(b'{"step": 1, }')
    assert is_row_in_progress(b'{"step": 1, "deep": ' + b"[" * 100_000)
    assert [rows_in(WITH_OTHERS), rows_in(WITH_OTHERS[:30])] == [None, None]


# Files of other writers that a store goes on with


def steps(log_dir: Path) -> list[int]:
    return [row.step for row in JSONLLogStore.read_run(log_dir=log_dir).metrics]


@pytest.mark.parametrize("beside_another", [False, True])
@pytest.mark.parametrize("row", [SPACED, COMPACT])
def test_a_log_of_another_writer_is_continued_wherever_it_was_cut(
    row: bytes, beside_another: bool, tmp_path: Path
) -> None:
    path = tmp_path / "metrics.jsonl"
    for length in range(1, len(row)):
        path.write_bytes(row + b"\n")
        with ExitStack() as stores:
            if beside_another:
                stores.enter_context(closing(JSONLLogStore(log_dir=tmp_path)))
            with open(path, "ab") as file:
                file.write(row[:length])
            assert steps(tmp_path) == [1]
            store = stores.enter_context(closing(JSONLLogStore(log_dir=tmp_path)))
            store.log_scalar("loss", 1.0, 2)
        assert steps(tmp_path) == [1, 2]
        first, *blank, second = path.read_bytes().splitlines()
        assert first == row
        assert [*map(bytes.strip, blank)] == [b""] * beside_another
        assert json.loads(second)["step"] == 2


@pytest.mark.parametrize("row", [SPACED, COMPACT])
def test_a_row_is_separated_from_the_torn_row_of_another_writer(row: bytes, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with closing(JSONLLogStore(log_dir=tmp_path)) as store:
        for length in range(1, len(row) + 1):
            with open(path, "ab") as file:
                file.write(row[:length])
            store.log_scalar("loss", 1.0, length)
            assert json.loads(path.read_bytes().splitlines()[-1])["step"] == length
    assert steps(tmp_path) == [*range(1, len(row)), 1, len(row)]


@pytest.mark.parametrize("opened_before", [False, True])
def test_a_row_with_other_fields_stays_whole_and_torn(opened_before: bool, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    for piece, nuls, kept in [
        (WITH_OTHERS, b"", [1]),
        (WITH_OTHERS, b"\0" * 5000, [1]),
        (WITH_OTHERS[:40], b"", []),
    ]:
        path.write_bytes(b"" if opened_before else piece + nuls)
        with closing(JSONLLogStore(log_dir=tmp_path)) as store:
            if opened_before:
                path.write_bytes(piece + nuls)
            store.log_scalar("loss", 1.0, 2)
        line, _, rest = path.read_bytes().partition(b"\n")
        assert (line, rest[:1]) in [(piece, b"{"), (piece, b" ")]
        damage: list[DamagedLogError] = []
        rows = JSONLLogStore.iter_rows(log_dir=tmp_path, on_damage=damage.append)
        assert [row.step for row in rows] == [*kept, 2]
        assert len(damage) == 1 - len(kept)


def test_a_row_with_other_fields_that_nuls_follow_is_read(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(WITH_OTHERS + b"\0" * 5000)
    assert steps(tmp_path) == [1]


@pytest.mark.parametrize("beside_another", [False, True])
@pytest.mark.parametrize("torn", [b"", COMPACT[:30], b"\0" * 9])
@pytest.mark.parametrize(
    "line", [COMPACT, COMPACT[:20] + SPACED, COMPACT + SPACED, COMPACT + SPACED[:20] + SPACED]
)
def test_all_rows_of_a_line_stay_and_what_is_torn_after_them_goes(
    line: bytes, torn: bytes, beside_another: bool, tmp_path: Path
) -> None:
    path = tmp_path / "metrics.jsonl"
    with ExitStack() as stores:
        if beside_another:
            stores.enter_context(closing(JSONLLogStore(log_dir=tmp_path)))
        path.write_bytes(line + torn)
        found = steps(tmp_path)
        JSONLLogStore(log_dir=tmp_path).close()
    assert path.read_bytes() == line + b" " * (len(torn) * beside_another) + b"\n"
    assert steps(tmp_path) == found == [1] * (line.count(b'"metrics"'))


MARK = codecs.BOM_UTF8


@pytest.mark.parametrize("beside_another", [False, True])
@pytest.mark.parametrize("content", [b"", COMPACT[:20], COMPACT, COMPACT + b"\n"])
def test_a_byte_order_mark_is_kept(content: bytes, beside_another: bool, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with ExitStack() as stores:
        others = [JSONLLogStore(log_dir=tmp_path)] * beside_another
        path.write_bytes(MARK + content)
        for step, store in enumerate([JSONLLogStore(log_dir=tmp_path), *others], 2):
            stores.enter_context(closing(store)).log_scalar("loss", 1.0, step)
    assert path.read_bytes().startswith(MARK)
    kept = [1] if content.startswith(COMPACT) else []
    assert steps(tmp_path) == [*kept, 2, 3][: len(kept) + 1 + beside_another]


@pytest.mark.parametrize("content", [b"", COMPACT[:20], COMPACT])
def test_a_row_right_after_a_byte_order_mark_stays(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with closing(JSONLLogStore(log_dir=tmp_path)) as store:
        path.write_bytes(MARK + content)  # by an editor, while the store has the file open
        store.log_scalar("loss", 1.0, 2)
    assert path.read_bytes().startswith(MARK)
    assert steps(tmp_path) == ([1, 2] if content == COMPACT else [2])


@settings(max_examples=50, deadline=None)
@given(st.lists(LINES, max_size=3), LINES, st.data())
def test_every_complete_row_stays_and_a_torn_one_goes(
    tmp_path_factory: pytest.TempPathFactory, whole: list[bytes], torn: bytes, data: st.DataObject
) -> None:
    log_dir = tmp_path_factory.mktemp("log")
    cut = data.draw(st.integers(1, len(torn) - 1))
    before = b"".join(line + b"\n" for line in whole)
    (log_dir / "metrics.jsonl").write_bytes(before + torn[:cut])
    read = JSONLLogStore.read_run(log_dir=log_dir).metrics
    assert repr(read) == repr([decode_row(line) for line in whole])
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        store.log_scalar("loss", 1.0, 9)
    content = (log_dir / "metrics.jsonl").read_bytes()
    assert content.startswith(before + b'{"ts":')
    assert content.count(b"\n") == len(whole) + 1
    assert repr(JSONLLogStore.read_run(log_dir=log_dir).metrics[:-1]) == repr(read)


KEYS = st.text(min_size=1).filter(lambda key: key[0] not in {field[0] for field in FIELDS})
FOREIGN_LINES = (
    st.dictionaries(KEYS, VALUES | TEXTS, min_size=1).map(json.dumps)
    | st.lists(VALUES | TEXTS).map(json.dumps)
    | st.lists(VALUES.map(str), min_size=1).map(",".join)
    | st.from_regex(r"[^{\s\0].*")
)


@settings(max_examples=50, deadline=None)
@given(FOREIGN_LINES, st.integers(1, 100), st.booleans())
def test_data_of_others_is_never_cut(
    tmp_path_factory: pytest.TempPathFactory, line: str, length: int, beside_another: bool
) -> None:
    log_dir = tmp_path_factory.mktemp("log")
    piece = line.encode()[:length]
    if piece.lstrip(b' \t\r"').removeprefix(b"{").strip(b' \t\r\n\0"') == b"":
        return  # a bracket alone begins any object
    with ExitStack() as stores:
        if beside_another:
            stores.enter_context(closing(JSONLLogStore(log_dir=log_dir)))
        (log_dir / "metrics.jsonl").write_bytes(piece)
        store = stores.enter_context(closing(JSONLLogStore(log_dir=log_dir)))
        store.log_scalar("loss", 1.0, 1)
    assert (log_dir / "metrics.jsonl").read_bytes().startswith(piece)

"""What a killed writer left at the end of the metrics file, met by the next and by others."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evsys_sdk import MetricRow
from evsys_sdk.log_stores.jsonl import JSONLLogStore

ROW = b'{"ts":1.5,"step":1,"split":"train","metrics":{"loss":0.5,"\xc3\xbc":1.0}}\n'
TORN = [
    *(pytest.param(ROW[:length], id=f"cut at {length}") for length in (1, 5, 7, 20, 59, 60, 66)),
    pytest.param(ROW[:30] + b"\0" * 9000, id="cut, then NULs"),
    pytest.param(b"\0" * 9000, id="NULs"),
    pytest.param(b'{"ts":1.5,"step":1,"split":"' + b"x" * 300_000, id="long"),
]
OTHERS = [
    pytest.param(b"step,loss\n1,0.5", id="CSV"),
    pytest.param(b'{"loss": 0.5', id="other JSON"),
    pytest.param(b'{"ts":"2026-01-01"', id="other JSON with ts"),
    pytest.param(b"\0\0\0step", id="NULs and text"),
    pytest.param(b"{}", id="object"),
    pytest.param(ROW[:-1] + b"x", id="row and something else"),
]


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path


def content(log_dir: Path) -> bytes:
    return (log_dir / "metrics.jsonl").read_bytes()


def append(log_dir: Path, piece: bytes) -> None:
    """Write as another process would that is killed in the middle."""
    with open(log_dir / "metrics.jsonl", "ab") as file:
        file.write(piece)


def steps(log_dir: Path) -> list[int]:
    """The steps, as a reader sees them that accepts nothing but JSON and blank lines."""
    lines = content(log_dir).decode().split("\n")
    assert lines.pop() == ""
    rows = [json.loads(line) for line in lines if line.strip(" ")]
    read: list[MetricRow] = JSONLLogStore.read_run(log_dir=log_dir).metrics
    assert [row["step"] for row in rows] == [row.step for row in read]
    return [row["step"] for row in rows]


@pytest.fixture
def store(log_dir: Path) -> Iterator[JSONLLogStore]:
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        yield store


# Met on opening


@pytest.mark.parametrize("piece", TORN)
def test_a_torn_row_is_cut_off_when_nobody_else_has_the_file_open(
    piece: bytes, log_dir: Path
) -> None:
    append(log_dir, ROW + piece)
    JSONLLogStore(log_dir=log_dir).close()
    assert content(log_dir) == ROW


@pytest.mark.parametrize("piece", TORN)
def test_a_file_that_is_nothing_but_a_torn_row_becomes_empty(piece: bytes, log_dir: Path) -> None:
    append(log_dir, piece)
    JSONLLogStore(log_dir=log_dir).close()
    assert content(log_dir) == b""


@pytest.mark.parametrize("piece", TORN)
def test_a_torn_row_is_blanked_out_in_place_beside_another_store(
    piece: bytes, store: JSONLLogStore, log_dir: Path
) -> None:
    store.log_scalar("loss", 1.0, 1)
    before = content(log_dir)
    append(log_dir, piece)
    with closing(JSONLLogStore(log_dir=log_dir)) as second:
        assert content(log_dir) == before + b" " * len(piece) + b"\n"
        second.log_scalar("loss", 1.0, 2)
        store.log_scalar("loss", 1.0, 3)
    assert steps(log_dir) == [1, 2, 3]


@pytest.mark.parametrize("nuls", [0, 5000])
@pytest.mark.parametrize("beside_another", [False, True])
def test_a_whole_row_that_lacks_its_newline_only_is_kept(
    beside_another: bool, nuls: int, log_dir: Path
) -> None:
    other = JSONLLogStore(log_dir=log_dir) if beside_another else None
    append(log_dir, ROW + ROW[:-1] + b"\0" * nuls)
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        store.log_scalar("loss", 1.0, 2)
    assert content(log_dir).startswith(ROW + ROW[:-1])
    assert steps(log_dir) == [1, 1, 2]
    if other:
        other.close()


@pytest.mark.parametrize("beside_another", [False, True])
@pytest.mark.parametrize("piece", OTHERS)
def test_data_that_is_not_a_row_of_the_store_is_never_cut(
    piece: bytes, beside_another: bool, log_dir: Path
) -> None:
    other = JSONLLogStore(log_dir=log_dir) if beside_another else None
    append(log_dir, piece)
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        store.log_scalar("loss", 1.0, 1)
    lines = content(log_dir).split(b"\n")
    assert b"\n".join(lines[:-2]) == piece
    assert json.loads(lines[-2])["step"] == 1
    if other:
        other.close()


def test_a_line_too_long_for_a_row_is_kept_and_not_read(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evsys_sdk.log_stores._jsonl.tail_repair._LONGEST_LINE", 200_000)
    piece = ROW[:-3] + b" " * 400_000
    append(log_dir, piece)
    JSONLLogStore(log_dir=log_dir).close()
    assert content(log_dir) == piece + b"\n"


def test_a_whole_file_is_left_as_it_is(log_dir: Path) -> None:
    for whole in (b"", b"\n", ROW, ROW * 2 + b"\n", b"other\n"):
        (log_dir / "metrics.jsonl").write_bytes(whole)
        JSONLLogStore(log_dir=log_dir).close()
        assert content(log_dir) == whole


def test_an_open_store_keeps_others_from_cutting_and_a_closed_one_does_not(log_dir: Path) -> None:
    store = JSONLLogStore(log_dir=log_dir)
    with open(log_dir / "metrics.jsonl", "rb") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        store.close()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_an_incomplete_row_is_waited_for_and_kept(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The opening store's newline comes after the rest of a row that it saw in part."""
    store.log_scalar("loss", 1.0, 0)
    append(log_dir, ROW[:20])
    write = os.write

    def write_after_the_row(descriptor: int, piece: bytes) -> int:
        monkeypatch.setattr(os, "write", write)
        append(log_dir, ROW[20:])
        return write(descriptor, piece)

    monkeypatch.setattr(os, "write", write_after_the_row)
    with closing(JSONLLogStore(log_dir=log_dir)):
        assert content(log_dir).endswith(ROW + b"\n")
    assert steps(log_dir) == [0, 1]


def test_where_the_file_system_has_no_locks_logging_goes_on_and_pieces_are_blanked_out(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    append(log_dir, ROW + ROW[:20])
    monkeypatch.setattr(fcntl, "flock", no_locks)
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        assert content(log_dir) == ROW + b" " * 20 + b"\n"
        store.log_scalar("loss", 1.0, 2)
        store.log_hyperparams({"lr": 1})
        store.log_artifact("model", "m.pt")
    assert steps(log_dir) == [1, 2]
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert (log.hyperparams, len(log.artifacts)) == ({"lr": 1}, 1)


# Met while logging


@pytest.mark.parametrize("piece", TORN)
def test_a_row_of_ours_is_freed_of_the_torn_one_before_it(
    piece: bytes, store: JSONLLogStore, log_dir: Path
) -> None:
    store.log_scalar("loss", 1.0, 1)
    before = content(log_dir)
    append(log_dir, piece)
    store.log_scalar("loss", 1.0, 2)
    assert content(log_dir).startswith(before + b" " * (len(piece) - 1) + b'\n{"ts":')
    store.log_scalar("loss", 1.0, 3)
    assert steps(log_dir) == [1, 2, 3]


def test_a_torn_row_at_the_very_start_of_the_file_is_blanked_out(
    store: JSONLLogStore, log_dir: Path
) -> None:
    append(log_dir, ROW[:20])
    store.log_scalar("loss", 1.0, 2)
    assert content(log_dir).startswith(b" " * 19 + b"\n{")
    assert steps(log_dir) == [2]


@pytest.mark.parametrize("piece", [ROW[:-1], ROW[:-1] + b"\0" * 5000])
def test_a_whole_row_before_ours_gets_its_newline(
    piece: bytes, store: JSONLLogStore, log_dir: Path
) -> None:
    store.log_scalar("loss", 1.0, 0)
    append(log_dir, piece)
    store.log_scalar("loss", 1.0, 2)
    store.log_scalar("loss", 1.0, 3)
    assert steps(log_dir) == [0, 1, 2, 3]


@pytest.mark.parametrize("piece", OTHERS)
def test_other_data_before_the_row_stays_in_a_separate_line(
    piece: bytes, store: JSONLLogStore, log_dir: Path
) -> None:
    store.log_scalar("loss", 1.0, 1)
    before = content(log_dir)
    append(log_dir, piece)
    store.log_scalar("loss", 1.0, 2)
    assert content(log_dir).startswith(before + piece + b"\n")
    assert json.loads(content(log_dir).split(b"\n")[-2])["step"] == 2


def test_a_file_that_was_emptied_goes_on_from_its_start(
    store: JSONLLogStore, log_dir: Path
) -> None:
    store.log_scalar("loss", 1.0, 0)
    os.truncate(log_dir / "metrics.jsonl", 0)
    store.log_scalar("loss", 1.0, 1)
    assert steps(log_dir) == [1]


# A write that was cut short by a full disk


def short_write(size: int, meanwhile: Callable[[], None]) -> Callable[[int, bytes], int]:
    """Stands for ``os.write`` on a disk with room for ``size`` bytes."""
    write = os.write

    def write_in_part(descriptor: int, row: bytes) -> int:
        written = write(descriptor, row[:size])
        meanwhile()
        return written

    return write_in_part


def nothing() -> None:
    pass


METRICS_WRITE = "evsys_sdk.log_stores._jsonl.metrics_file.write"


@pytest.mark.parametrize("size", [1, 2, 30])
def test_an_incomplete_row_of_the_store_is_taken_back(
    size: int, store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.log_scalar("loss", 1.0, 0)
    before = content(log_dir)
    with monkeypatch.context() as full:
        full.setattr(METRICS_WRITE, short_write(size, nothing))
        for _ in range(3):
            with pytest.raises(
                OSError,
                match=rf"No space left on device: only {size} of \d+ bytes fitted\. This row was"
                r" not recorded; earlier ones are kept: '.*metrics\.jsonl'",
            ):
                store.log_scalar("loss", 1.0, 1)
    assert content(log_dir) == before
    store.log_scalar("loss", 1.0, 2)
    assert steps(log_dir) == [0, 2]


def test_a_row_that_lacks_its_newline_only_is_taken_back_each_time(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evsys_sdk.log_stores.jsonl.time", lambda: 1.5)
    size = len(b'{"ts":1.5,"step":1,"split":"train","metrics":{"loss":1.0}}')
    with monkeypatch.context() as full:
        full.setattr(METRICS_WRITE, short_write(size, nothing))
        for _ in range(3):
            with pytest.raises(OSError, match=f"only {size} of {size + 1} bytes"):
                store.log_scalar("loss", 1.0, 1)
    assert content(log_dir) == b""


def test_a_piece_is_noticed_also_when_another_writer_added_what_it_lacks(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def write_behind_another(descriptor: int, row: bytes) -> int:
        append(log_dir, ROW)
        return write(descriptor, row[: len(row) - len(ROW)])

    store.log_scalar("loss", 1.0, 0)
    with monkeypatch.context() as full:
        full.setattr(METRICS_WRITE, write_behind_another)
        with pytest.raises(OSError, match="No space left on device"):
            store.log_scalar("loss" * 30, 1.0, 9)
    store.log_scalar("loss", 1.0, 2)
    assert steps(log_dir) == [0, 1, 2]


def test_an_incomplete_row_of_the_store_is_blanked_out_beside_another_store(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.log_scalar("loss", 1.0, 0)
    with closing(JSONLLogStore(log_dir=log_dir)) as other:
        before = content(log_dir)
        with monkeypatch.context() as full:
            full.setattr(METRICS_WRITE, short_write(30, nothing))
            with pytest.raises(OSError, match="only 30 of"):
                store.log_scalar("loss", 1.0, 1)
        assert content(log_dir) == before + b" " * 29 + b"\n"
        other.log_scalar("loss", 1.0, 2)
        store.log_scalar("loss", 1.0, 3)
    assert steps(log_dir) == [0, 2, 3]
    with open(log_dir / "metrics.jsonl", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared locks are still compatible


def test_a_row_that_another_store_wrote_behind_our_piece_is_kept(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(JSONLLogStore(log_dir=log_dir)) as other:
        store.log_scalar("loss", 1.0, 0)

        def meanwhile() -> None:
            full.undo()
            other.log_scalar("loss", 1.0, 1)

        with monkeypatch.context() as full:
            full.setattr(METRICS_WRITE, short_write(30, meanwhile))
            with pytest.raises(OSError, match="only 30 of"):
                store.log_scalar("loss", 1.0, 99)
        assert steps(log_dir) == [0, 1]
        store.log_scalar("loss", 1.0, 2)
        assert steps(log_dir) == [0, 1, 2]


def test_a_store_that_fails_to_take_a_piece_back_does_so_at_the_next_write(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.log_scalar("loss", 1.0, 0)

    def fail(*_: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as full:
        full.setattr(METRICS_WRITE, short_write(30, nothing))
        full.setattr("evsys_sdk.log_stores._jsonl.tail_repair.open_regular", fail)
        with pytest.raises(OSError, match="only 30 of"):
            store.log_scalar("loss", 1.0, 1)
    store.log_scalar("loss", 1.0, 2)
    assert steps(log_dir) == [0, 2]

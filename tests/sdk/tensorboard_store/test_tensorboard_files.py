"""The event files of the tensorboard store: created, resumed, synced, removed, read back."""

import copy
import math
import os
import pickle
import re
import types
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from evsys_sdk import DamagedLogError, LogStoreClosedError, RunLog
from evsys_sdk.log_stores._tensorboard import event_file
from evsys_sdk.log_stores._tensorboard.tfrecord import framed
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore

Store = TensorBoardLogStore
Points = list[tuple[int, str, float]]


def read(log_dir: Path) -> RunLog:
    return Store.read_run(log_dir=log_dir)


def points(log: RunLog) -> Points:
    return [(row.step, key, value) for row in log.metrics for key, value in row.metrics.items()]


def opened(log_dir: Path, flush_secs: float = 30) -> closing[Store]:
    return closing(Store(log_dir=log_dir, flush_secs=flush_secs))


class Clock(types.SimpleNamespace):
    """Stands for the ``time`` module of the event files; it moves when a test moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_700_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(event_file, "time", clock)
    return clock


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    synced: list[int] = []
    fsync = os.fsync

    def counted(fd: int) -> None:
        synced.append(fd)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", counted)
    return synced


def test_the_file_is_there_as_soon_as_the_store_is_with_the_name_readers_expect(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "deep" / "er"):
        (file,) = (tmp_path / "deep" / "er").iterdir()
    assert re.fullmatch(r"events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+", file.name)
    assert f".{os.getpid()}." in file.name


def test_a_tilde_stands_for_the_home_directory_and_a_relative_path_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with opened(Path("~/tb")) as store, opened(Path("relative"), flush_secs=0) as other:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        store.log_scalar("loss", 1.0, 1)
        for file in (tmp_path / "relative").iterdir():
            file.unlink()
        with suppress(FileNotFoundError):
            other.log_scalar("loss", 2.0, 1)
        other.log_scalar("loss", 3.0, 1)
    assert points(Store.read_run(log_dir="~/tb")) == [(1, "loss", 1.0)]
    assert points(read(tmp_path / "relative")) == [(1, "loss", 3.0)]


def test_closing_releases_the_descriptor_and_so_does_forgetting_the_store(tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not list a process's descriptors")
    before = descriptors()
    closed = [Store(log_dir=tmp_path) for _ in range(5)]
    for store in closed:
        store.log_scalar("a", 1.0, 1)
        store.close()
    Store(log_dir=tmp_path)
    assert descriptors() == before


@pytest.mark.usefixtures("clock")
def test_runs_that_resume_within_a_second_read_back_in_order(tmp_path: Path) -> None:
    for run in range(12):
        with opened(tmp_path) as store:
            store.log_scalar("loss", run, run)
            store.log_hyperparams({f"run{run}": run, "last": run})
            store.log_artifact(str(run), "path")
    with opened(tmp_path):
        pass
    log = read(tmp_path)
    assert points(log) == [(run, "loss", float(run)) for run in range(12)]
    assert log.hyperparams == {**{f"run{run}": run for run in range(12)}, "last": 11}
    assert [each.name for each in log.artifacts] == [str(run) for run in range(12)]


def test_a_run_that_resumes_after_the_clock_was_set_back_reads_back_in_order(
    tmp_path: Path, clock: Clock
) -> None:
    for run in range(3):
        with opened(tmp_path) as store:
            store.log_scalar("loss", run, run)
        clock.now -= 3_600
    assert points(read(tmp_path)) == [(run, "loss", float(run)) for run in range(3)]


def test_files_with_other_names_do_not_keep_a_store_from_opening(tmp_path: Path) -> None:
    for name in ("events.out.tfevents.9999999999.host", "events.out.tfevents.soon", "x.tfevents"):
        (tmp_path / name).touch()
    for step in range(2):
        with opened(tmp_path) as store:
            store.log_scalar("loss", 1.0, step)
    assert len(points(read(tmp_path))) == 2


@pytest.mark.usefixtures("clock")
def test_two_stores_opened_at_one_destination_at_once_have_different_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if each had listed the directory before the other created its file.
    def none_yet(_: str) -> list[str]:
        return []

    monkeypatch.setattr(event_file, "event_file_names", none_yet)
    with opened(tmp_path) as one, opened(tmp_path) as two:
        one.log_scalar("one", 1.0, 1)
        two.log_scalar("two", 2.0, 2)
        one.log_scalar("one", 3.0, 3)
    monkeypatch.undo()
    assert points(read(tmp_path)) == [(1, "one", 1.0), (3, "one", 3.0), (2, "two", 2.0)]


def pickled(store: Store) -> Store:
    other = pickle.loads(pickle.dumps(store))
    assert isinstance(other, Store)
    return other


COPIES: list[Callable[[Store], Store]] = [copy.copy, copy.deepcopy, pickled]


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_an_open_store_is_another_store_at_the_same_place(
    copied: Callable[[Store], Store], tmp_path: Path
) -> None:
    with opened(tmp_path, flush_secs=7) as store:
        store.log_scalar("loss", 1.0, 1)
        with closing(copied(store)) as other:
            other.log_scalar("loss", 2.0, 2)
        store.log_scalar("loss", 3.0, 3)
    assert repr(store) == repr(other) == f"TensorBoardLogStore(log_dir={str(tmp_path)!r})"
    assert points(read(tmp_path)) == [(1, "loss", 1.0), (3, "loss", 3.0), (2, "loss", 2.0)]
    with pytest.raises(TypeError, match="is closed, so there is nothing to pickle or copy"):
        copied(store)


def test_instances_share_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as a, opened(tmp_path / "b") as b:
        a.log_hyperparams({"a": 1})
        b.log_hyperparams({"b": 2})
        a.log_scalar("x", 1.0, 1)
        b.log_scalar("x", 2.0, 2)
    assert read(tmp_path / "a").hyperparams == {"a": 1}
    assert read(tmp_path / "b").hyperparams == {"b": 2}
    assert points(read(tmp_path / "b")) == [(2, "x", 2.0)]


def test_a_directory_without_event_files_reads_as_an_empty_log(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no events")
    (tmp_path / "sub.tfevents").mkdir()
    assert read(tmp_path) == RunLog([], {}, [])


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read(tmp_path / "nowhere")


def test_a_file_cut_anywhere_gives_the_records_before_the_cut(tmp_path: Path) -> None:
    with opened(tmp_path / "whole") as store:
        for step in range(3):
            store.log_metrics({"loss": 1.0, "acc": 0.5}, step)
    (file,) = (tmp_path / "whole").iterdir()
    whole = file.read_bytes()
    expected = points(read(tmp_path / "whole"))
    (tmp_path / "cut").mkdir()
    seen: set[int] = set()
    for size in range(len(whole) + 1):
        (tmp_path / "cut" / file.name).write_bytes(whole[:size])
        found = points(read(tmp_path / "cut"))
        assert found == expected[: len(found)]
        seen.add(len(found))
    assert seen == {0, 2, 4, 6}


def test_a_torn_record_in_an_earlier_file_hides_nothing_of_a_later_one(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.log_scalar("loss", 1.0, 1)
    (file,) = tmp_path.iterdir()
    with open(file, "ab") as torn:
        torn.write(framed(b"half of this")[:14])
    with opened(tmp_path) as store:
        store.log_scalar("loss", 2.0, 2)
    assert points(read(tmp_path)) == [(1, "loss", 1.0), (2, "loss", 2.0)]


def test_damage_in_the_middle_of_a_file_is_named(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for step in range(3):
            store.log_scalar("loss", 1.0, step)
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(DamagedLogError, match=re.escape(file.name) + " is damaged at byte "):
        read(tmp_path)
    assert file.read_bytes() == data


def test_a_record_that_is_not_an_event_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tfevents").write_bytes(framed(b"") + framed(b"\xff" * 9))
    with pytest.raises(DamagedLogError, match=r"x\.tfevents is damaged at byte 16: .* TensorBoard"):
        read(tmp_path)


def test_an_event_waits_at_most_flush_secs_for_fsync_as_long_as_there_are_writes(
    tmp_path: Path, clock: Clock, syncs: list[int]
) -> None:
    with opened(tmp_path, flush_secs=30) as store:
        for seconds, expected in [(0, 0), (29.9, 0), (0.2, 1), (0, 1), (29.9, 1), (0.1, 2)]:
            clock.now += seconds
            store.log_scalar("loss", 1.0, 1)
            assert len(syncs) == expected
        store.log_scalar("loss", 1.0, 1)
        assert len(syncs) == 2
    assert len(syncs) == 3


def test_a_store_that_wrote_nothing_syncs_nothing(tmp_path: Path, syncs: list[int]) -> None:
    with opened(tmp_path):
        pass
    assert syncs == []


def test_flush_secs_of_zero_syncs_every_event(tmp_path: Path, syncs: list[int]) -> None:
    with opened(tmp_path, flush_secs=0) as store:
        for step in range(3):
            store.log_scalar("loss", 1.0, step)
        assert len(syncs) == 3


def test_infinite_flush_secs_leave_it_to_close(
    tmp_path: Path, clock: Clock, syncs: list[int]
) -> None:
    with opened(tmp_path, flush_secs=math.inf) as store:
        for step in range(3):
            clock.now += 1e9
            store.log_scalar("loss", 1.0, step)
        assert not syncs
    assert len(syncs) == 1


def test_a_sync_that_fails_is_said_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    with opened(tmp_path, flush_secs=0) as store:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", refuse)
            with pytest.raises(OSError, match=r"Input/output error: the last .* may not be on the"):
                store.log_scalar("loss", 1.0, 1)
        store.log_scalar("loss", 2.0, 2)
    assert points(read(tmp_path)) == [(1, "loss", 1.0), (2, "loss", 2.0)]


def test_close_releases_the_file_also_when_the_last_sync_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    store = Store(log_dir=tmp_path)
    store.log_scalar("loss", 1.0, 1)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output error"):
        store.close()
    store.close()
    with pytest.raises(LogStoreClosedError):
        store.log_scalar("loss", 2.0, 2)


def removed(directory: Path) -> None:
    for file in directory.iterdir():
        file.unlink()
    directory.rmdir()


def test_a_removed_directory_is_noticed_within_a_second_and_logging_goes_on_when_it_is_back(
    tmp_path: Path, clock: Clock
) -> None:
    directory = tmp_path / "tb"
    with opened(directory) as store:
        store.log_scalar("loss", 1.0, 1)
        removed(directory)
        clock.now += 0.9
        store.log_scalar("loss", 2.0, 2)
        clock.now += 0.1
        with pytest.raises(FileNotFoundError, match="event file was removed, and its events"):
            store.log_scalar("loss", 3.0, 3)
        for _ in range(2):
            with pytest.raises(FileNotFoundError, match="log_dir was removed while the log was"):
                store.log_scalar("loss", 4.0, 4)
            assert not directory.exists()
        directory.mkdir()
        store.log_scalar("loss", 5.0, 5)
    assert points(read(directory)) == [(5, "loss", 5.0)]


def test_a_store_whose_directory_is_gone_closes(tmp_path: Path) -> None:
    store = Store(log_dir=tmp_path / "tb", flush_secs=0)
    removed(tmp_path / "tb")
    with pytest.raises(FileNotFoundError):
        store.log_scalar("loss", 1.0, 1)
    store.close()


def test_a_directory_removed_before_close_is_said_then_too(tmp_path: Path) -> None:
    store = Store(log_dir=tmp_path / "tb")
    store.log_scalar("loss", 1.0, 1)
    removed(tmp_path / "tb")
    with pytest.raises(FileNotFoundError, match="event file was removed"):
        store.close()
    store.close()


def test_a_store_that_wrote_nothing_closes_in_peace_when_its_directory_is_gone(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "tb"):
        removed(tmp_path / "tb")


def test_a_directory_that_was_moved_is_written_on(tmp_path: Path) -> None:
    with opened(tmp_path / "old", flush_secs=0) as store:
        store.log_scalar("loss", 1.0, 1)
        (tmp_path / "old").rename(tmp_path / "new")
        store.log_scalar("loss", 2.0, 2)
    assert points(read(tmp_path / "new")) == [(1, "loss", 1.0), (2, "loss", 2.0)]


def test_a_log_dir_that_is_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"log_dir is a file, .*file'"):
        Store(log_dir=tmp_path / "file")

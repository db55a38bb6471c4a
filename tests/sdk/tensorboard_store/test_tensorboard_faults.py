"""The tensorboard store under fault: interrupted writes, and real faults in child processes."""

import contextlib
import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from evsys_sdk import LogStoreClosedError, RunLog
from evsys_sdk.log_stores._tensorboard.tfrecord import RecordReader
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore

Store = TensorBoardLogStore
Points = list[tuple[int, str, float]]


def read(log_dir: Path) -> RunLog:
    return Store.read_run(log_dir=log_dir)


def points(log: RunLog) -> Points:
    return [(row.step, key, value) for row in log.metrics for key, value in row.metrics.items()]


def opened(log_dir: Path, flush_secs: float = 30) -> closing[Store]:
    return closing(Store(log_dir=log_dir, flush_secs=flush_secs))


class Disk:
    """Stands for ``os.write``: what a test queued happens to the next writes, one by one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.whole = os.write
        self.queued: list[Callable[[int, bytes], int]] = []
        monkeypatch.setattr(os, "write", self.write)

    def write(self, fd: int, data: bytes) -> int:
        return self.queued.pop(0)(fd, data) if self.queued else self.whole(fd, data)

    def half(self, fd: int, data: bytes) -> int:
        return self.whole(fd, data[: len(data) // 2])

    def full(self, fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_a_write_that_the_system_takes_in_pieces_is_completed(tmp_path: Path, disk: Disk) -> None:
    with opened(tmp_path) as store:
        disk.queued = [disk.half, disk.half, disk.half]
        store.log_scalar("loss", 1.0, 1)
        store.log_scalar("loss", 2.0, 2)
    assert points(read(tmp_path)) == [(1, "loss", 1.0), (2, "loss", 2.0)]


@pytest.mark.parametrize("halves", [0, 1, 2])
def test_a_full_disk_is_an_error_that_leaves_nothing_of_the_event(
    halves: int, tmp_path: Path, disk: Disk
) -> None:
    with opened(tmp_path) as store:
        store.log_scalar("loss", 1.0, 1)
        (file,) = tmp_path.iterdir()
        size = file.stat().st_size
        for _ in range(3):
            disk.queued = [*[disk.half] * halves, disk.full]
            with pytest.raises(
                OSError, match="No space left on device: the event was not rec"
            ) as e:
                store.log_scalar("loss", 2.0, 2)
            assert (e.value.errno, e.value.filename) == (28, str(file))
            assert file.stat().st_size == size
        store.log_scalar("loss", 3.0, 3)
    assert points(read(tmp_path)) == [(1, "loss", 1.0), (3, "loss", 3.0)]


def test_hyperparameters_that_a_full_disk_refused_are_not_merged(
    tmp_path: Path, disk: Disk
) -> None:
    with opened(tmp_path) as store:
        store.log_hyperparams({"a": 1})
        disk.queued = [disk.full]
        with pytest.raises(OSError, match="No space left"):
            store.log_hyperparams({"b": 2})
        store.log_hyperparams({"c": 3})
    assert read(tmp_path).hyperparams == {"a": 1, "c": 3}


def test_a_file_that_can_not_be_begun_is_removed_again(tmp_path: Path, disk: Disk) -> None:
    disk.queued = [disk.half]
    with pytest.raises(OSError, match="No space left on device"):
        Store(log_dir=tmp_path / "tb")
    assert not list((tmp_path / "tb").iterdir())


def test_an_interrupt_in_the_middle_of_a_write_harms_no_other_record(
    tmp_path: Path, disk: Disk
) -> None:
    def interrupt(fd: int, data: bytes) -> int:
        disk.half(fd, data)
        raise KeyboardInterrupt

    with opened(tmp_path) as store:
        store.log_scalar("loss", 1.0, 1)
        for step in (2, 3):
            disk.queued = [interrupt]
            with pytest.raises(KeyboardInterrupt):
                store.log_scalar("loss", 0.0, step)
            store.log_scalar("loss", 1.0, step)
        disk.queued = [interrupt]
        with pytest.raises(KeyboardInterrupt):
            store.log_scalar("loss", 0.0, 4)
    assert points(read(tmp_path)) == [(step, "loss", 1.0) for step in (1, 2, 3)]
    (file,) = tmp_path.iterdir()
    with open(file, "rb") as written:
        records = RecordReader(written, str(file))
        list(records)
    assert records.offset == file.stat().st_size, "close cut the last piece off"


def test_a_signal_handler_may_log_before_or_after_the_write_that_it_interrupts(
    tmp_path: Path, disk: Disk
) -> None:
    with opened(tmp_path) as store:

        def handler_then_write(fd: int, data: bytes) -> int:
            store.log_scalar("handler", 1.0, 1)
            return disk.whole(fd, data)

        def write_then_handler(fd: int, data: bytes) -> int:
            written = disk.whole(fd, data)
            store.log_scalar("handler", 2.0, 2)
            return written

        disk.queued = [handler_then_write]
        store.log_scalar("loss", 1.0, 1)
        disk.queued = [write_then_handler]
        store.log_scalar("loss", 2.0, 2)
    expected = [(1, "handler", 1.0), (1, "loss", 1.0), (2, "loss", 2.0), (2, "handler", 2.0)]
    assert points(read(tmp_path)) == expected


def test_a_signal_handler_that_logs_into_a_torn_record_is_refused_and_tears_nothing(
    tmp_path: Path, disk: Disk
) -> None:
    with opened(tmp_path) as store:

        def short_then_handler(fd: int, data: bytes) -> int:
            written = disk.half(fd, data)
            with pytest.raises(OSError, match="In the middle of a write that failed, no event"):
                store.log_scalar("handler", 9.0, 9)
            return written

        store.log_scalar("loss", 1.0, 1)
        disk.queued = [short_then_handler]
        store.log_scalar("loss", 2.0, 2)
        disk.queued = [short_then_handler, disk.full]
        with pytest.raises(OSError, match="No space left on device: the event was not recorded"):
            store.log_scalar("loss", 3.0, 3)
        store.log_scalar("loss", 4.0, 4)
    expected = [(1, "loss", 1.0), (2, "loss", 2.0), (4, "loss", 4.0)]
    assert points(read(tmp_path)) == expected


def test_a_signal_handler_whose_own_write_fails_harms_not_the_write_that_it_interrupts(
    tmp_path: Path, disk: Disk
) -> None:
    with opened(tmp_path) as store:

        def handler_fails_then_write(fd: int, data: bytes) -> int:
            disk.queued = [disk.half, disk.full]
            with pytest.raises(OSError, match="No space left on device"):
                store.log_scalar("handler", 9.0, 9)
            return disk.whole(fd, data)

        disk.queued = [handler_fails_then_write]
        store.log_scalar("loss", 1.0, 1)
    assert points(read(tmp_path)) == [(1, "loss", 1.0)]


@pytest.mark.parametrize("short", [False, True])
def test_a_signal_handler_that_closes_in_the_middle_of_a_write_tears_nothing(
    short: bool, tmp_path: Path, disk: Disk
) -> None:
    store = Store(log_dir=tmp_path, flush_secs=0)

    def write_then_close(fd: int, data: bytes) -> int:
        written = disk.half(fd, data) if short else disk.whole(fd, data)
        store.close()
        return written

    store.log_scalar("loss", 1.0, 1)
    disk.queued = [write_then_close]
    with pytest.raises(LogStoreClosedError) if short else nullcontext():
        store.log_scalar("loss", 2.0, 2)
    with pytest.raises(LogStoreClosedError):
        store.log_scalar("loss", 3.0, 3)
    expected = [(1, "loss", 1.0)] if short else [(1, "loss", 1.0), (2, "loss", 2.0)]
    assert points(read(tmp_path)) == expected


def test_a_file_that_somebody_else_emptied_is_written_on(tmp_path: Path, disk: Disk) -> None:
    with opened(tmp_path) as store:
        store.log_scalar("loss", 1.0, 1)
        (file,) = tmp_path.iterdir()
        os.truncate(file, 0)
        disk.queued = [disk.full]
        with pytest.raises(OSError, match="No space left"):
            store.log_scalar("loss", 2.0, 2)
        store.log_scalar("loss", 3.0, 3)
    assert points(read(tmp_path)) == [(3, "loss", 3.0)]


# --- threads ------------------------------------------------------------------------------------


def in_threads(work: Callable[[int], None], count: int) -> None:
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_threads_lose_tear_and_double_nothing_and_keep_their_order(tmp_path: Path) -> None:
    with opened(tmp_path) as store:

        def work(number: int) -> None:
            for step in range(400):
                store.log_metrics({f"{number}/a": step, f"{number}/b": -step}, step)
                if step % 100 == 0:
                    store.log_hyperparams({f"{number}/{step}": step})
                    store.log_artifact(f"{number}/{step}", "path")

        in_threads(work, 8)
    log = read(tmp_path)
    for number in range(8):
        mine = [row for row in log.metrics if f"{number}/a" in row.metrics]
        assert [(row.step, row.metrics) for row in mine] == [
            (step, {f"{number}/a": float(step), f"{number}/b": float(-step)}) for step in range(400)
        ]
    assert len(log.metrics) == 8 * 400
    assert len(log.hyperparams) == len(log.artifacts) == 8 * 4


def test_a_write_that_races_close_is_recorded_if_it_returned_and_else_not(tmp_path: Path) -> None:
    for attempt in range(8):
        directory = tmp_path / str(attempt)
        store = Store(log_dir=directory)
        returned: list[set[int]] = [set() for _ in range(4)]

        def work(number: int, store: Store = store, returned: list[set[int]] = returned) -> None:
            if number == 4:
                while not all(returned):
                    pass
                store.close()
                return
            with contextlib.suppress(LogStoreClosedError):
                for step in itertools.count():
                    store.log_scalar(str(number), step, step)
                    returned[number].add(step)

        in_threads(work, 5)
        found = points(read(directory))
        assert len(found) == sum(map(len, returned))
        for number, steps in enumerate(returned):
            assert [step for step, key, _ in found if key == str(number)] == sorted(steps)


# --- faults in child processes: each function of PROGRAMS is the body of one ----------------------


def mixed_step(store: Store, step: int) -> None:
    store.log_metrics({"loss": float(step), "acc": -float(step)}, step)
    if step % 7 == 0:
        store.log_artifact(f"artifact {step}", "path")
    if step % 11 == 0:
        store.log_hyperparams({f"param {step}": step})


def be_killed(directory: str, kills: str, seed: str) -> None:
    """Kill a forked writer again and again; print how many steps each had finished."""
    Store(log_dir=f"{directory}/warm").log_hyperparams({"imports": "are done once"})
    chance = random.Random(seed)
    finished: list[int] = []
    for kill in range(int(kills)):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            store = Store(log_dir=f"{directory}/{kill}")
            for step in itertools.count():
                mixed_step(store, step)
                os.write(writer, b".")
        os.close(writer)
        wanted, got = chance.randrange(1, 300), 0
        while got < wanted:
            got += len(os.read(reader, 1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while rest := os.read(reader, 1 << 16):
            got += len(rest)
        os.close(reader)
        finished.append(got)
    print(json.dumps(finished))


def test_what_a_returned_call_wrote_survives_sigkill_and_the_run_resumes(tmp_path: Path) -> None:
    finished = json.loads(child("be_killed", str(tmp_path), "25", "evsys"))
    assert len(finished) == 25
    for kill, steps in enumerate(finished):
        directory = tmp_path / str(kill)
        with opened(directory) as store:
            store.log_scalar("resumed", 1.0, 0)
            store.log_hyperparams({"resumed": True})
        log = read(directory)
        *rows, last = log.metrics
        assert last.metrics == {"resumed": 1.0}
        assert len(rows) in (steps, steps + 1)
        assert [(row.step, row.metrics) for row in rows] == [
            (step, {"loss": float(step), "acc": -float(step)}) for step in range(len(rows))
        ]
        artifacts = [each.name for each in log.artifacts]
        assert artifacts in (
            [f"artifact {step}" for step in range(end) if step % 7 == 0]
            for end in (steps, steps + 1)
        )
        assert log.hyperparams in (
            {**{f"param {step}": step for step in range(end) if step % 11 == 0}, "resumed": True}
            for end in (steps, steps + 1)
        )


def fill_the_disk(directory: str) -> None:
    """Meet a limit of the file's size at every byte of a record, and go on when it is lifted."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in range(0, 150, 3):
        store = Store(log_dir=f"{directory}/{room}")
        store.log_scalar("before", 1.0, 0)
        (file,) = Path(directory, str(room)).iterdir()
        size = file.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, most))
        message = "File too large: the event was not recorded"
        with pytest.raises(OSError, match=message) as refused:
            store.log_metrics({f"metric {at}": 1.0 for at in range(9)}, 1)
        assert refused.value.filename == str(file)
        with pytest.raises(OSError, match=message):
            store.log_hyperparams({"refused": "x" * 100})
        with pytest.raises(OSError, match=message):
            store.log_artifact("refused", "x" * 100)
        assert file.stat().st_size == size
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        store.log_scalar("after", 2.0, 2)
        store.log_hyperparams({"after": 2})
        store.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, most))
    with pytest.raises(OSError, match=r"No space left|File too large"):
        Store(log_dir=f"{directory}/none")
    assert not os.listdir(f"{directory}/none")


def test_a_full_disk_takes_nothing_of_an_event_and_the_store_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    child("fill_the_disk", str(tmp_path))
    for room in range(0, 150, 3):
        log = read(tmp_path / str(room))
        assert points(log) == [(0, "before", 1.0), (2, "after", 2.0)]
        assert (log.hyperparams, log.artifacts) == ({"after": 2}, [])


def fork(directory: str) -> None:
    """Fork beside a thread that writes; children write, close, or do nothing."""
    store = Store(log_dir=directory)
    store.log_hyperparams({"lr": 0.1})
    permits = threading.Semaphore(0)

    def write() -> None:
        for step in range(12 * 100):
            permits.acquire()
            store.log_scalar("thread", step, step)

    thread = threading.Thread(target=write)
    thread.start()
    for number in range(12):
        permits.release(100)
        pid = os.fork()
        if not pid:
            if number % 4 < 2:
                store.log_scalar("child", number, number)
                store.log_hyperparams({f"child {number}": number})
                store.log_artifact(f"child {number}", "path")
            if number % 2:
                store.close()
            if number % 3:
                os._exit(0)
            sys.exit(0)
        store.log_scalar("parent", number, number)
        assert os.waitpid(pid, 0)[1] == 0
    thread.join()
    store.close()


def test_forked_children_log_once_and_harm_nothing_of_their_parent(tmp_path: Path) -> None:
    child("fork", str(tmp_path))
    log = read(tmp_path)
    found = points(log)
    children = [number for number in range(12) if number % 4 < 2]
    assert [step for step, key, _ in found if key == "thread"] == list(range(1_200))
    assert [step for step, key, _ in found if key == "parent"] == list(range(12))
    assert sorted(step for step, key, _ in found if key == "child") == children
    assert log.hyperparams == {"lr": 0.1, **{f"child {number}": number for number in children}}
    assert sorted(each.name for each in log.artifacts) == sorted(f"child {n}" for n in children)
    assert len(os.listdir(tmp_path)) == 1 + len(children), "who writes nothing leaves no file"


def write_rows(directory: str, writer: str) -> None:
    with opened(Path(directory)) as store:
        for step in range(500):
            store.log_metrics({f"{writer}/a": step, f"{writer}/b": -step}, step)
        store.log_hyperparams({writer: 500})
        store.log_artifact(writer, "path")


def test_processes_at_one_destination_lose_tear_and_double_nothing(tmp_path: Path) -> None:
    Store(log_dir=tmp_path).close()
    names = ["one", "two", "three"]
    children = [start("write_rows", str(tmp_path), name) for name in names]
    for process in children:
        process.communicate(timeout=60)
        assert process.returncode == 0
    log = read(tmp_path)
    for name in names:
        mine = [row for row in log.metrics if f"{name}/a" in row.metrics]
        assert [(row.step, row.metrics) for row in mine] == [
            (step, {f"{name}/a": float(step), f"{name}/b": float(-step)}) for step in range(500)
        ]
    assert len(log.metrics) == 1_500
    assert log.hyperparams == dict.fromkeys(names, 500)
    assert sorted(each.name for each in log.artifacts) == sorted(names)


class Interrupted(Exception):
    """Raised by a signal handler, as Ctrl-C raises KeyboardInterrupt."""


def be_interrupted(directory: str) -> None:
    """Log while signals come whose handler logs too, and now and then raises."""
    store = Store(log_dir=directory, flush_secs=0.05)
    chance = random.Random("evsys")
    numbers = itertools.count()
    handled: list[int] = []
    returned: list[int] = []
    interruptible = False

    def handle(*_: object) -> None:
        nonlocal interruptible
        signal_number = next(numbers)
        store.log_scalar("handler", 0.0, signal_number)
        handled.append(signal_number)
        if interruptible and step % 3 == 0:
            interruptible = False
            raise Interrupted

    signal.signal(signal.SIGALRM, handle)
    for step in range(4_000):
        try:
            interruptible = True
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, 3e-5))
            store.log_scalar("main", 0.0, step)
            returned.append(step)
            interruptible = False
        except Interrupted:
            pass
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    store.close()
    print(json.dumps([returned, handled]))


def test_signal_handlers_that_log_and_raise_tear_nothing_and_never_hang(tmp_path: Path) -> None:
    returned, handled = json.loads(child("be_interrupted", str(tmp_path)))
    found = points(read(tmp_path))
    main = [step for step, key, _ in found if key == "main"]
    handlers = [step for step, key, _ in found if key == "handler"]
    assert main == sorted(set(main)), "each once, and in order"
    assert len(handlers) == len(set(handlers))
    assert set(returned) <= set(main)
    assert set(handled) <= set(handlers)
    assert len(handled) > 500
    assert len(returned) < 4_000, "some calls were interrupted"


PROGRAMS = {
    program.__name__: program
    for program in (be_killed, fill_the_disk, fork, write_rows, be_interrupted)
}


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def child(program: str, *arguments: str) -> str:
    """What one of PROGRAMS prints, run in a separate process."""
    with start(program, *arguments) as process:
        try:
            output, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    return output


if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])

"""The jsonl store in threads, processes, forked children and signal handlers."""

import contextlib
import fcntl
import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

import pytest

from evsys_sdk import LogStoreClosedError, RunLog
from evsys_sdk.log_stores._jsonl.job_queue import JobQueue
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from sdk.jsonl_store.jsonl_children import run


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def store(log_dir: Path) -> Iterator[JSONLLogStore]:
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        yield store


def read(log_dir: Path) -> RunLog:
    return JSONLLogStore.read_run(log_dir=log_dir)


def steps_by_key(log_dir: Path) -> dict[str, list[int]]:
    steps: dict[str, list[int]] = {}
    for row in read(log_dir).metrics:
        for key in row.metrics:
            steps.setdefault(key, []).append(row.step)
    return steps


# Threads


def test_threads_lose_tear_and_double_nothing_and_keep_their_order(
    store: JSONLLogStore, log_dir: Path
) -> None:
    start = threading.Barrier(8)

    def work(thread: int) -> None:
        start.wait()
        for step in range(400):
            store.log_metrics({str(thread): step}, step)
            if step % 40 == 0:
                store.log_artifact(str(thread), str(step))
            if step % 100 == 0:
                store.log_hyperparams({f"{thread} {step}": step})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert steps_by_key(log_dir) == {str(thread): [*range(400)] for thread in range(8)}
    log = read(log_dir)
    for thread in range(8):
        paths = [pointer.path for pointer in log.artifacts if pointer.name == str(thread)]
        assert paths == [str(step) for step in range(0, 400, 40)]
    assert len(log.hyperparams) == 8 * 4


def test_when_close_races_writes_those_that_returned_are_there_and_no_stranger_is_written_to(
    tmp_path: Path,
) -> None:
    def work(thread: int, store: JSONLLogStore, counts: list[int]) -> None:
        with contextlib.suppress(LogStoreClosedError):
            while True:
                store.log_scalar(str(thread), 1.0, counts[thread])
                counts[thread] += 1
                if thread == 0:
                    store.log_artifact("0", str(counts[0]))

    for trial in range(20):
        log_dir = tmp_path / str(trial)
        store = JSONLLogStore(log_dir=log_dir)
        counts = [0] * 4
        threads = [threading.Thread(target=work, args=(n, store, counts)) for n in range(4)]
        for thread in threads:
            thread.start()
        while sum(counts) < 100:
            store.log_scalar("main", 1.0, 0)
        store.close()
        # These may get the descriptors that close() gave back.
        with contextlib.ExitStack() as strangers:
            for number in range(5):
                strangers.enter_context(open(tmp_path / f"stranger {number}", "wb"))
            for thread in threads:
                thread.join()
        assert {path.stat().st_size for path in tmp_path.glob("stranger*")} == {0}
        steps = steps_by_key(log_dir)
        assert [steps.get(str(n), []) for n in range(4)] == [[*range(count)] for count in counts]
        assert counts[0] - len(read(log_dir).artifacts) in {0, 1}


# Processes


def test_processes_lose_tear_and_double_nothing(log_dir: Path) -> None:
    run(
        """
        def work(gate, process):
            os.read(gate, 1)
            with closing(JSONLLogStore(log_dir=log_dir)) as store:
                for step in range(500):
                    store.log_metrics({f"{process}": step, "x" * (step % 50 * 100 + 1): 1.0}, step)
                    if step % 10 == 0:
                        store.log_artifact(f"{process}", f"{step}")
                    if step % 25 == 0:
                        store.log_hyperparams({f"{process} {step}": step, "last": process})

        gate, opener = os.pipe()
        children = [fork(work, gate, process) for process in range(4)]
        os.write(opener, b"xxxx")
        wait_for(children)
        """,
        log_dir,
    )
    lines = (log_dir / "metrics.jsonl").read_text().split("\n")
    assert len([json.loads(line) for line in lines if line]) == 4 * 500
    steps = steps_by_key(log_dir)
    log = read(log_dir)
    for process in map(str, range(4)):
        assert steps[process] == [*range(500)]
        paths = [pointer.path for pointer in log.artifacts if pointer.name == process]
        assert paths == [str(step) for step in range(0, 500, 10)]
    assert log.hyperparams.pop("last") in range(4)
    assert len(log.hyperparams) == 4 * 20
    assert len(json.loads((log_dir / "artifacts.json").read_text())) == 4 * 50


@pytest.mark.parametrize(
    "context",
    [
        multiprocessing.get_context("spawn"),
        multiprocessing.get_context("forkserver"),  # the default on Linux from Python 3.14 on
    ],
    ids=["spawn", "forkserver"],
)
def test_a_worker_that_is_not_forked_gets_its_own_store_by_pickling(
    store: JSONLLogStore, log_dir: Path, context: SpawnContext | ForkServerContext
) -> None:
    store.log_scalar("loss", 1.0, 0)
    worker = context.Process(target=store.log_scalar, args=("loss", 1.0, 1))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 0
    worker.close()
    store.log_scalar("loss", 1.0, 2)
    assert steps_by_key(log_dir) == {"loss": [0, 1, 2]}


# Forked children


def test_a_forked_child_beside_a_writing_thread_logs_and_hangs_nowhere(log_dir: Path) -> None:
    printed = run(
        """
        store = JSONLLogStore(log_dir=log_dir)
        stop = threading.Event()
        logged = 0

        def write():
            global logged
            while not stop.is_set():
                store.log_scalar("thread", 1.0, logged)
                if logged % 10 == 0:
                    store.log_artifact("thread", str(logged))
                logged += 1

        def in_child(number):
            store.log_scalar("child", 1.0, number)
            store.log_artifact("child", str(number))
            store.log_hyperparams({str(number): True})
            if number % 3 == 0:
                store.close()

        def in_child_and_its_child(number):
            child = fork(in_child, 1000 + number)
            in_child(number)
            wait_for([child])

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        children = []
        for number in range(12):
            store.log_scalar("parent", 1.0, number)
            if number % 4 == 0:
                children.append(fork(in_child_and_its_child, number))
                continue
            child = os.fork()
            if child == 0:  # leaves as any program does, cleaning up
                in_child(number)
                sys.exit()
            children.append(child)
        wait_for(children)
        store.log_scalar("parent", 1.0, 12)
        stop.set()
        thread.join()
        store.close()
        print(logged)
        """,
        log_dir,
    )
    steps = steps_by_key(log_dir)
    log = read(log_dir)
    children = {*range(12), 1000, 1004, 1008}
    assert sorted(steps["child"]) == sorted(children)
    assert steps["parent"] == [*range(13)]
    assert steps["thread"] == [*range(int(printed))]
    assert {*log.hyperparams} == {str(child) for child in children}
    assert sorted(int(a.path) for a in log.artifacts if a.name == "child") == sorted(children)
    paths = [pointer.path for pointer in log.artifacts if pointer.name == "thread"]
    assert paths == [str(step) for step in range(0, int(printed), 10)]


def test_a_child_that_only_lives_on_keeps_no_lock_of_its_parent(log_dir: Path) -> None:
    run(
        """
        import fcntl
        metrics = os.path.join(log_dir, "metrics.jsonl")
        store = JSONLLogStore(log_dir=log_dir)
        gate, opener = os.pipe()
        children = [fork(os.read, gate, 1)]
        store.log_scalar("loss", 1.0, 0)
        store.close()
        with open(metrics, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(opener, b"x")
        wait_for(children)
        """,
        log_dir,
    )
    assert steps_by_key(log_dir) == {"loss": [0]}


def test_a_child_that_closes_the_store_leaves_the_parents_open(log_dir: Path) -> None:
    run(
        """
        import fcntl
        store = JSONLLogStore(log_dir=log_dir)

        def close():
            store.close()
            try:
                store.log_scalar("loss", 1.0, 9)
            except LogStoreClosedError:
                return
            raise AssertionError

        wait_for([fork(close)])
        with open(os.path.join(log_dir, "metrics.jsonl"), "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("locked")
        store.log_scalar("loss", 1.0, 0)
        store.close()
        wait_for([fork(close)])  # closed before the fork
        """,
        log_dir,
    )
    assert steps_by_key(log_dir) == {"loss": [0]}


# Signal handlers


def test_a_signal_handler_that_logs_never_deadlocks_and_loses_nothing(log_dir: Path) -> None:
    printed = run(
        """
        store = JSONLLogStore(log_dir=log_dir)
        other = JSONLLogStore(log_dir=log_dir)
        handled = 0
        handling = False

        def handle(*_):
            global handled, handling
            if handling or handled == 300:
                return
            handling = True
            logger = other if handled % 2 else store
            logger.log_scalar("handler", 1.0, handled)
            logger.log_artifact("handler", str(handled))
            if handled % 10 == 0:
                logger.log_hyperparams({f"handler {handled}": handled})
                JSONLLogStore.read_run(log_dir=log_dir)
            handled += 1
            handling = False

        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        step = 0
        while handled < 300:
            store.log_scalar("main", 1.0, step)
            store.log_artifact("main", str(step))
            if step % 10 == 0:
                store.log_hyperparams({f"main {step}": step})
            step += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        store.close()
        other.close()
        print(step)
        """,
        log_dir,
        timeout=300,  # hyperparameters wait for the disk, twice a call
    )
    main = int(printed)
    assert steps_by_key(log_dir) == {"main": [*range(main)], "handler": [*range(300)]}
    log = read(log_dir)
    for name, count in (("main", main), ("handler", 300)):
        paths = [pointer.path for pointer in log.artifacts if pointer.name == name]
        assert paths == [str(number) for number in range(count)]
        assert sum(key.startswith(name) for key in log.hyperparams) == (count + 9) // 10


def test_an_exception_out_of_a_signal_handler_leaves_no_lock_no_descriptor_and_a_whole_log(
    log_dir: Path,
) -> None:
    """As Ctrl-C raises one, at any place of any call."""
    printed = run(
        """
        class Interrupt(BaseException):
            pass

        armed = False

        def interrupt(*_):
            global armed
            if armed:
                armed = False
                raise Interrupt

        def calls(step):
            yield "metrics", lambda: store.log_scalar("loss", 1.0, step)
            yield "artifacts", lambda: store.log_artifact("model", str(step))
            yield "hyperparams", lambda: store.log_hyperparams({str(step): step})

        store = JSONLLogStore(log_dir=log_dir)
        list(map(lambda call: call[1](), calls(0)))
        descriptors = len(os.listdir("/dev/fd"))
        returned = {"metrics": [0], "artifacts": [0], "hyperparams": [0]}
        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
        interrupts = 0
        step = 1
        while interrupts < 300:
            for kind, call in calls(step):
                try:
                    armed = True
                    call()
                    armed = False
                    returned[kind].append(step)
                except Interrupt:
                    # Not after it: the traceback keeps alive what the call held.
                    interrupts += 1
                    store.log_artifact("interrupted", str(step))
            step += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert len(os.listdir("/dev/fd")) == descriptors
        store.close()
        print(json.dumps([interrupts, returned]))
        """,
        log_dir,
    )
    interrupts, steps_by_kind = json.loads(printed)
    returned = {kind: {*steps} for kind, steps in steps_by_kind.items()}
    log = read(log_dir)
    artifacts = [int(pointer.path) for pointer in log.artifacts if pointer.name == "model"]
    assert returned["metrics"] <= {row.step for row in log.metrics}
    assert returned["artifacts"] <= {*artifacts}
    assert returned["hyperparams"] <= {*log.hyperparams.values()}
    assert len(artifacts) == len({*artifacts})
    assert sum(pointer.name == "interrupted" for pointer in log.artifacts) == interrupts


Handler = Callable[[], None]


def interrupt(monkeypatch: pytest.MonkeyPatch, call: str, handler: Handler) -> None:
    """Run the handler once in the middle of the next call of this function of ``os``."""
    function = getattr(os, call)

    def interrupted(*arguments: object) -> object:
        monkeypatch.setattr(os, call, function)
        result = function(*arguments)
        handler()
        return result

    monkeypatch.setattr(os, call, interrupted)


@pytest.mark.parametrize("call", ["fsync", "replace", "pwrite"])
def test_a_handler_in_the_middle_of_a_call_is_taken_along(
    call: str, store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handler() -> None:
        store.log_hyperparams({"handler": 1, "both": "handler"})
        store.log_artifact("handler", "p")
        store.log_scalar("handler", 1.0, 0)
        read(log_dir)

    interrupt(monkeypatch, call, handler)
    store.log_hyperparams({"main": 1, "both": "main"})
    store.log_artifact("main", "p")
    log = read(log_dir)
    assert log.hyperparams == {"main": 1, "both": "handler", "handler": 1}
    assert [pointer.name for pointer in log.artifacts] == ["handler", "main"]
    assert steps_by_key(log_dir) == {"handler": [0]}


def test_a_handler_that_logs_and_ends_the_program_is_recorded(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handler() -> None:
        store.log_artifact("handler", "p")
        store.close()
        raise SystemExit(3)

    store.log_artifact("first", "p")
    interrupt(monkeypatch, "pwrite", handler)
    with pytest.raises(SystemExit):
        store.log_artifact("main", "p")
    names = [pointer.name for pointer in read(log_dir).artifacts]
    assert [name for name in names if name != "main"] == ["first", "handler"]
    with pytest.raises(LogStoreClosedError):
        store.log_artifact("late", "p")


def test_a_handler_that_closes_the_store_lets_the_interrupted_call_finish(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, "fsync", store.close)
    store.log_hyperparams({"lr": 1})
    assert read(log_dir).hyperparams == {"lr": 1}


def test_a_job_that_was_taken_along_runs_also_when_the_interrupted_one_fails() -> None:
    queue = JobQueue()
    done: list[str] = []

    def check() -> None:
        done.append("checked")

    def fail() -> None:
        queue.run(check, lambda: done.append("taken along"))
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        queue.run(check, fail)
    assert done == ["checked", "checked", "taken along"]
    queue.run(check, lambda: done.append("next"))
    assert done[-1] == "next"


def test_a_failing_check_runs_no_job() -> None:
    done: list[str] = []

    def refuse() -> None:
        raise ValueError("closed")

    with pytest.raises(ValueError, match="closed"):
        JobQueue().run(refuse, lambda: done.append("job"))
    assert done == []


def test_a_lock_that_fails_otherwise_is_an_error(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int, operation: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", fail)
        with pytest.raises(OSError, match="Input/output error"):
            store.log_artifact("a", "p")
    assert read(log_dir).artifacts == []


def test_a_reader_waits_for_a_writer_of_another_process(
    store: JSONLLogStore, log_dir: Path
) -> None:
    store.log_artifact("a", "p")
    with open(log_dir / ".jsonl.lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reading = threading.Thread(target=read, args=(log_dir,))
        reading.start()
        reading.join(0.1)
        assert reading.is_alive()
        fcntl.flock(lock, fcntl.LOCK_UN)
    reading.join(60)
    assert not reading.is_alive()

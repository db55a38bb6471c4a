"""The jsonl store when the disk is full, the directory is gone, or the process is killed."""

import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evsys_sdk.log_stores.jsonl import JSONLLogStore
from sdk.jsonl_store.jsonl_children import run


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


class Clock:
    """Stands for the time of day, so that a second passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("evsys_sdk.log_stores.jsonl.time", clock)
    return clock


@pytest.fixture
def store(log_dir: Path) -> Iterator[JSONLLogStore]:
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        yield store


def steps(log_dir: Path) -> list[int]:
    return [row.step for row in JSONLLogStore.read_run(log_dir=log_dir).metrics]


# A directory that disappears


def test_a_removed_directory_is_noticed_at_once_by_hyperparameters_and_artifacts(
    store: JSONLLogStore, log_dir: Path
) -> None:
    shutil.rmtree(log_dir)
    removed = r"log_dir was removed while .*/logs'"
    with pytest.raises(FileNotFoundError, match=removed):
        store.log_hyperparams({"lr": 0.1})
    with pytest.raises(FileNotFoundError, match=removed):
        store.log_artifact("model", "m.pt")
    assert not log_dir.exists()
    log_dir.mkdir()
    store.log_hyperparams({"lr": 0.2})
    store.log_artifact("model", "n.pt")
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert log.hyperparams == {"lr": 0.2}
    assert [artifact.path for artifact in log.artifacts] == ["n.pt"]


def test_a_removed_directory_is_noticed_within_a_second_by_metrics(
    store: JSONLLogStore, log_dir: Path, clock: Clock
) -> None:
    store.log_scalar("loss", 1.0, 0)
    shutil.rmtree(log_dir)
    clock.now += 1.0
    for _ in range(3):
        with pytest.raises(
            FileNotFoundError,
            match=r"log_dir was removed .* this call was not recorded\. Logging continues once"
            r" the directory exists again: '.*/logs'",
        ):
            store.log_scalar("loss", 1.0, 1)
    log_dir.mkdir()
    store.log_scalar("loss", 1.0, 2)
    assert steps(log_dir) == [2]


def test_a_file_in_the_place_of_the_directory_is_noticed_too(
    store: JSONLLogStore, log_dir: Path, clock: Clock
) -> None:
    store.log_scalar("loss", 1.0, 0)
    shutil.rmtree(log_dir)
    log_dir.write_text("")
    clock.now += 1.0
    with pytest.raises(FileNotFoundError, match="log_dir was removed"):
        store.log_scalar("loss", 1.0, 1)


def test_a_metrics_file_that_was_moved_away_is_started_again(
    store: JSONLLogStore, log_dir: Path, clock: Clock
) -> None:
    store.log_scalar("loss", 1.0, 0)
    os.rename(log_dir / "metrics.jsonl", log_dir / "old.jsonl")
    clock.now += 1.0
    store.log_scalar("loss", 1.0, 1)
    assert steps(log_dir) == [1]
    assert (log_dir / "old.jsonl").read_text().count("\n") == 1


def test_a_clock_that_is_set_back_delays_no_look(
    store: JSONLLogStore, log_dir: Path, clock: Clock
) -> None:
    store.log_scalar("loss", 1.0, 0)
    os.unlink(log_dir / "metrics.jsonl")
    clock.now -= 3600
    store.log_scalar("loss", 1.0, 1)
    assert steps(log_dir) == [1]


def test_the_file_is_looked_for_once_a_second_only(
    store: JSONLLogStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    real_stat = os.stat

    def counting_stat(path: str) -> os.stat_result:
        nonlocal looks
        looks += 1
        return real_stat(path)

    store.log_scalar("loss", 1.0, 0)
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", counting_stat)
        for step in range(1000):
            clock.now += 0.003
            store.log_scalar("loss", 1.0, step)
    assert looks == 2


# A disk that is full


def test_a_device_without_space_is_named_and_nothing_else_happens(
    store: JSONLLogStore, log_dir: Path, tmp_path: Path
) -> None:
    store.log_scalar("loss", 1.0, 0)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "metrics.jsonl").symlink_to("/dev/full")
    with closing(JSONLLogStore(log_dir=tmp_path / "full")) as full:
        for _ in range(3):
            with pytest.raises(
                OSError, match=r"No space left on device\. This row was not recorded; earlier ones"
            ) as caught:
                full.log_scalar("loss", 1.0, 0)
            assert str(tmp_path / "full" / "metrics.jsonl") in str(caught.value)
        full.log_metrics({}, 0)
    assert steps(log_dir) == [0]


def test_a_limit_met_in_the_middle_of_each_file_leaves_all_of_them_as_they_were(
    log_dir: Path,
) -> None:
    errors = run(
        """
        def limit(size):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        def write(text):
            yield lambda: store.log_metrics({text: 1.0}, 1)
            yield lambda: store.log_hyperparams({text: 1})
            yield lambda: store.log_artifact(text, "p")

        def contents():
            return {name: open(os.path.join(log_dir, name), "rb").read()
                    for name in os.listdir(log_dir)}

        with closing(JSONLLogStore(log_dir=log_dir)) as store:
            for job in write("short"):
                job()
            before = contents()
            for size in (5000, 4096, 300):
                limit(size)
                for job in write("long" * 2000):
                    try:
                        job()
                    except OSError as error:
                        print(error.errno in {errno.EFBIG, errno.ENOSPC}, error)
            assert contents() == before, contents()
            limit(resource.RLIM_INFINITY)
            for job in write("again"):
                job()
        """,
        log_dir,
    ).splitlines()
    assert len(errors) == 9
    for error, name in zip(
        errors, ["metrics.jsonl", "hyperparams.json", "artifacts.json"] * 3, strict=True
    ):
        assert error.startswith("True [Errno ")
        assert error.endswith(f"'{log_dir / name}'")
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert [[*row.metrics] for row in log.metrics] == [["short"], ["again"]]
    assert log.hyperparams == {"short": 1, "again": 1}
    assert [artifact.name for artifact in log.artifacts] == ["short", "again"]


# A directory that can't be written to


def test_a_read_only_directory_is_named_and_rows_go_on() -> None:
    # Not tmp_path, which only its owner can enter: the child may have to become somebody else,
    # because permissions do not bind root.
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    try:
        printed = run(
            """
            os.mkdir(log_dir)
            if os.geteuid() == 0:
                os.chown(log_dir, 65534, -1)
                try:
                    os.setuid(65534)
                except PermissionError:
                    print("can't stop being root")
                    sys.exit()
            with closing(JSONLLogStore(log_dir=log_dir)) as store:
                store.log_scalar("loss", 1.0, 0)
                store.log_hyperparams({"lr": 1})
                store.log_artifact("a", "b")
                os.chmod(log_dir, 0o555)
                for job in (lambda: store.log_hyperparams({"lr": 2}),
                            lambda: JSONLLogStore(log_dir=log_dir, metrics_file="new"),
                            lambda: JSONLLogStore(log_dir=log_dir + "/new")):
                    try:
                        job()
                    except PermissionError as error:
                        print(error)
                store.log_scalar("loss", 1.0, 1)
                store.log_artifact("c", "d")
                os.chmod(log_dir, 0o755)
                store.log_hyperparams({"lr": 3})
            """,
            directory / "logs",
        )
        if "root" in printed:
            pytest.skip(printed)
        assert printed.count("Permission denied: '") == 3
        log = JSONLLogStore.read_run(log_dir=directory / "logs")
        assert [row.step for row in log.metrics] == [0, 1]
        assert log.hyperparams == {"lr": 3}
        assert [artifact.name for artifact in log.artifacts] == ["a", "c"]
    finally:
        shutil.rmtree(directory)


def test_files_get_the_permissions_that_the_umask_leaves(log_dir: Path) -> None:
    run(
        """
        os.umask(0o027)
        with closing(JSONLLogStore(log_dir=log_dir)) as store:
            store.log_hyperparams({"lr": 1})
            store.log_artifact("a", "b")
        """,
        log_dir,
    )
    assert {stat.S_IMODE(path.stat().st_mode) for path in log_dir.iterdir()} == {0o640}


# Too many open files


def test_without_free_descriptors_rows_go_on_and_the_rest_is_an_error(log_dir: Path) -> None:
    errors = run(
        """
        store = JSONLLogStore(log_dir=log_dir)
        store.log_hyperparams({"lr": 1})
        store.log_artifact("a", "b")
        used = os.dup(0)
        os.close(used)
        resource.setrlimit(resource.RLIMIT_NOFILE, (used, 4096))
        for job in (lambda: store.log_hyperparams({"lr": 2}), lambda: store.log_artifact("c", "d"),
                    lambda: JSONLLogStore(log_dir=log_dir)):
            try:
                job()
            except OSError as error:
                print(error)
        store.log_scalar("loss", 1.0, 0)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 4096))
        store.log_hyperparams({"lr": 3})
        store.log_artifact("e", "f")
        store.close()
        """,
        log_dir,
    ).splitlines()
    assert len(errors) == 3
    assert all("Too many open files: '" + str(log_dir) in error for error in errors)
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert (len(log.metrics), log.hyperparams) == (1, {"lr": 3})
    assert [artifact.name for artifact in log.artifacts] == ["a", "e"]


# A process that is killed

KILLS = """
import random
from select import select

def log_until_killed(pipe, trial, tail):
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        os.write(pipe, b"o")
        step = 0
        while True:
            store.log_metrics({f"{trial}{tail}": step, "loss": 0.5}, step)
            os.write(pipe, b"m")
            if step % 3 == 0:
                store.log_artifact(str(trial), str(step) + tail)
                os.write(pipe, b"a")
            if step % 5 == 0:
                store.log_hyperparams({str(trial): step})
                os.write(pipe, b"h")
            step += 1

def killed_after(trial, calls, tail):
    '''The calls that returned in a process that was killed after this many of them.'''
    reader, writer = os.pipe()
    child = fork(log_until_killed, writer, trial, tail)
    os.close(writer)
    returned = b""
    while len(returned) < calls:
        returned += os.read(reader, calls)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(reader, 4096):
        returned += piece
    os.close(reader)
    return {kind: returned.count(kind.encode()) for kind in "mah"}
"""


def test_no_returned_call_is_lost_by_a_kill_and_the_log_resumes(log_dir: Path) -> None:
    trials = 40
    printed = run(
        KILLS
        + """
random.seed(int(arguments[0]))
for trial in range(40):
    print(json.dumps(killed_after(trial, random.randrange(1, 60), "x" * random.choice([1, 9000]))))
""",
        log_dir,
        2026,
    )
    returned = [json.loads(line) for line in printed.splitlines()]
    assert len(returned) == trials
    JSONLLogStore(log_dir=log_dir).close()
    for line in (log_dir / "metrics.jsonl").read_text().split("\n"):
        if line.strip():
            json.loads(line)
    log = JSONLLogStore.read_run(log_dir=log_dir)
    rows = [int(next(iter(row.metrics)).rstrip("x")) for row in log.metrics]
    artifacts = [int(artifact.name) for artifact in log.artifacts]
    for trial, calls in enumerate(returned):
        # The call in progress may be recorded or not.
        assert rows.count(trial) - calls["m"] in {0, 1}
        assert artifacts.count(trial) - calls["a"] in {0, 1}
        merges = log.hyperparams.get(str(trial), -5) // 5 + 1
        assert merges - calls["h"] in {0, 1}


def test_a_writer_that_is_killed_harms_no_row_of_another(log_dir: Path) -> None:
    printed = run(
        KILLS
        + """
log_until = threading.Event()
with closing(JSONLLogStore(log_dir=log_dir)) as survivor:
    logged = 0

    def log_beside():
        global logged
        while not log_until.is_set():
            survivor.log_scalar("survivor", 1.0, logged)
            logged += 1

    random.seed(int(arguments[0]))
    calls = 0
    for trial in range(15):
        log_until.clear()
        # Started after the fork, so that the child is alone in its process.
        reader, writer = os.pipe()
        child = fork(log_until_killed, writer, trial, "x" * 9000)
        os.close(writer)
        thread = threading.Thread(target=log_beside)
        thread.start()
        wanted = random.randrange(20, 60)
        returned = b""
        while len(returned) < wanted:
            returned += os.read(reader, wanted)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while piece := os.read(reader, 4096):
            returned += piece
        os.close(reader)
        log_until.set()
        thread.join()
        calls += returned.count(b"m")
print(logged, calls)
""",
        log_dir,
        7,
    )
    survivor, killed = map(int, printed.split())
    for line in (log_dir / "metrics.jsonl").read_text().split("\n"):
        if line.strip():
            json.loads(line)
    rows = [*JSONLLogStore.iter_rows(log_dir=log_dir)]
    mine = [row.step for row in rows if "survivor" in row.metrics]
    assert mine == [*range(survivor)]
    assert killed <= len(rows) - len(mine) <= killed + 15


def test_many_stores_that_open_one_torn_file_at_once_lose_nothing(log_dir: Path) -> None:
    run(
        """
        metrics = os.path.join(log_dir, "metrics.jsonl")
        JSONLLogStore(log_dir=log_dir).close()

        def open_and_log(gate, number):
            os.read(gate, 1)
            with closing(JSONLLogStore(log_dir=log_dir)) as store:
                store.log_scalar("loss", number, number)

        for round in range(15):
            with open(metrics, "ab") as file:
                file.write(b'{"ts":1795424499.7811234,"step":0,"split":"tr' * (round % 3 + 1))
            gate, opener = os.pipe()
            children = [fork(open_and_log, gate, number) for number in range(4)]
            os.write(opener, b"xxxx")
            wait_for(children)
            os.close(gate)
            os.close(opener)
            assert open(metrics, "rb").read().endswith(b"\\n")
        """,
        log_dir,
    )
    lines = (log_dir / "metrics.jsonl").read_text().split("\n")
    rows = [json.loads(line)["step"] for line in lines if line.strip()]
    assert sorted(rows) == sorted([*range(4)] * 15)
    assert sorted(steps(log_dir)) == sorted(rows)


# A platform without file locks


def test_importing_the_store_where_there_are_no_file_locks_says_so(tmp_path: Path) -> None:
    child = run(
        """
        for name in [name for name in sys.modules if name.startswith("evsys_sdk.log_stores")]:
            del sys.modules[name]
        sys.modules["fcntl"] = None
        try:
            import evsys_sdk.log_stores.jsonl
        except ImportError as error:
            print(error)
        """,
        tmp_path,
    )
    assert "The jsonl log store needs the file locks of POSIX (the module fcntl)" in child


def test_these_tests_run_on_posix() -> None:
    assert sys.platform != "win32"

"""The multiplex store with real children: threads, signal handlers, forks, and reading back."""

import copy
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk import LogStore, LogStoreClosedError, MetricRow, RunLog, open_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.multiplex import MultiplexLogStore


def jsonl(directory: Path) -> dict[str, Any]:
    return {"kind": "jsonl", "params": {"log_dir": str(directory)}}


def points(run: RunLog) -> list[tuple[int, str | None, dict[str, float]]]:
    return [(row.step, row.split, row.metrics) for row in run.metrics]


@pytest.fixture
def directories(tmp_path: Path) -> list[Path]:
    return [tmp_path / "a", tmp_path / "b"]


@pytest.fixture
def store(directories: list[Path]) -> MultiplexLogStore:
    return MultiplexLogStore(children=[jsonl(directory) for directory in directories])


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Threads take turns so often that what is not protected against it goes wrong."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def log_everything(store: LogStore) -> None:
    store.log_hyperparams({"lr": 0.1, "model": {"layers": [64, 64]}})
    store.log_metrics({"loss": 0.5, "acc": float("nan")}, 0)
    store.log_scalar("loss", 0.25, 1)
    store.log_metrics({"loss": -0.0}, 2**40, split="val")
    store.log_artifact("model", "model.pt", kind="checkpoint")
    store.log_hyperparams({"lr": 0.01})


def test_each_child_records_what_it_records_alone(tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text(f"""
log_store:
  kind: multiplex
  params:
    children:
      - kind: jsonl
        params: {{ log_dir: {tmp_path}/a }}
      - kind: multiplex
        params:
          children:
            - kind: jsonl
              params: {{ log_dir: {tmp_path}/b }}
""")
    with open_log_store(config) as store:
        log_everything(store)
    with open_log_store(jsonl(tmp_path / "alone")) as store:
        log_everything(store)
    alone = JSONLLogStore.read_run(log_dir=tmp_path / "alone")
    for directory in ("a", "b"):
        run = JSONLLogStore.read_run(log_dir=tmp_path / directory)
        assert repr(points(run)) == repr(points(alone))
        assert run.hyperparams == alone.hyperparams
        assert [(a.name, a.path, a.kind) for a in run.artifacts] == [
            ("model", "model.pt", "checkpoint")
        ]


def test_it_reads_back_what_its_children_hold(tmp_path: Path) -> None:
    children = [jsonl(tmp_path / "a"), jsonl(tmp_path / "b")]
    with open_log_store({"kind": "multiplex", "params": {"children": children}}) as store:
        store.log_scalar("loss", 0.5, 3)
    [row] = MultiplexLogStore.read_run(children=children).metrics
    assert row == MetricRow(step=3, split="train", metrics={"loss": 0.5}, ts=row.ts)


def unpickled(store: MultiplexLogStore) -> MultiplexLogStore:
    other: MultiplexLogStore = pickle.loads(pickle.dumps(store))
    return other


@pytest.mark.parametrize("duplicate", [unpickled, copy.copy, copy.deepcopy])
def test_a_pickled_or_copied_store_is_another_one_with_children_at_the_same_places(
    duplicate: Callable[[MultiplexLogStore], MultiplexLogStore],
    store: MultiplexLogStore,
    directories: list[Path],
) -> None:
    store.log_scalar("loss", 0.0, 0)
    other = duplicate(store)
    other.log_scalar("loss", 1.0, 1)
    other.close()
    store.log_scalar("loss", 2.0, 2)
    store.close()
    for directory in directories:
        run = JSONLLogStore.read_run(log_dir=directory)
        assert [row.step for row in run.metrics] == [0, 1, 2]


def test_a_closed_store_is_not_pickled(store: MultiplexLogStore) -> None:
    store.close()
    with pytest.raises(TypeError, match="closed leaves nothing to pickle"):
        pickle.dumps(store)


def run_together(count: int, work: Callable[[int], None]) -> None:
    """Run ``work`` in as many threads, started at the same moment."""
    barrier = threading.Barrier(count)

    def start(index: int) -> None:
        barrier.wait()
        work(index)

    threads = [threading.Thread(target=start, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("busy_threads")
def test_every_child_gets_the_calls_of_all_threads_in_the_same_order(
    store: MultiplexLogStore, directories: list[Path]
) -> None:
    def work(thread: int) -> None:
        for n in range(250):
            store.log_scalar(str(thread), n, n)

    run_together(4, work)
    store.close()
    first, second = (points(JSONLLogStore.read_run(log_dir=path)) for path in directories)
    assert first == second
    for thread in range(4):
        steps = [step for step, _, metrics in first if str(thread) in metrics]
        assert steps == [*range(250)]


@pytest.mark.usefixtures("busy_threads")
def test_a_write_that_races_close_is_in_every_child_or_in_none(
    store: MultiplexLogStore, directories: list[Path]
) -> None:
    returned: list[list[int]] = [[] for _ in range(4)]

    def work(thread: int) -> None:
        if thread == 0:
            while not all(returned[1:]):
                pass
            store.close()
            return
        with suppress(LogStoreClosedError):
            for n in range(10**6):
                store.log_scalar(str(thread), n, n)
                returned[thread].append(n)

    run_together(4, work)
    for directory in directories:
        rows = points(JSONLLogStore.read_run(log_dir=directory))
        for thread in range(1, 4):
            steps = [step for step, _, metrics in rows if str(thread) in metrics]
            assert steps == returned[thread]


INTERRUPTED = '''
import os, signal, sys
from typing import ClassVar
from evsys_sdk import register_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.multiplex import MultiplexLogStore

@register_log_store("signalling")
class Signalling(JSONLLogStore):
    """The signal comes in the middle of a call."""
    name: ClassVar[str] = "signalling"
    def log_scalar(self, key: str, value: float, step: int) -> None:
        if key == "interrupted":
            signal.raise_signal(signal.SIGUSR1)
        super().log_scalar(key, value, step)

children = [{"kind": kind, "params": {"log_dir": path}}
            for kind, path in zip(["jsonl", "signalling", "jsonl"], sys.argv[1:], strict=True)]
store = MultiplexLogStore(children=children)
signal.signal(signal.SIGUSR1, lambda *_: store.log_scalar("handler", 1.0, 1))
store.log_scalar("interrupted", 0.0, 0)
store.close()
'''

FORKED = '''
import os, sys, threading
from typing import ClassVar
from evsys_sdk import register_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.multiplex import MultiplexLogStore

reached, forked = threading.Event(), threading.Event()

@register_log_store("waiting")
class Waiting(JSONLLogStore):
    """Another thread is in the middle of a call when the process forks."""
    name: ClassVar[str] = "waiting"
    def log_scalar(self, key: str, value: float, step: int) -> None:
        if key == "thread":
            reached.set()
            forked.wait()
        super().log_scalar(key, value, step)

children = [{"kind": "waiting", "params": {"log_dir": path}} for path in sys.argv[1:]]
store = MultiplexLogStore(children=children)
thread = threading.Thread(target=store.log_scalar, args=("thread", 0.0, 0))
thread.start()
reached.wait()
child = os.fork()
if child == 0:
    store.log_scalar("child", 1.0, 1)
    store.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
forked.set()
thread.join()
store.log_scalar("parent", 2.0, 2)
store.close()
sys.exit(os.waitstatus_to_exitcode(status))
'''


@pytest.mark.parametrize(
    ("script", "count", "keys"),
    [
        pytest.param(INTERRUPTED, 3, {"interrupted", "handler"}, id="signal handler"),
        pytest.param(FORKED, 2, {"thread", "child", "parent"}, id="forked child"),
    ],
)
def test_a_call_in_the_middle_of_another_reaches_every_child_once_and_nothing_hangs(
    script: str, count: int, keys: set[str], tmp_path: Path
) -> None:
    directories = [tmp_path / str(index) for index in range(count)]
    # From 3.12 on, Python warns of forks beside threads, which this is about.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script]
    subprocess.run([*command, *map(str, directories)], check=True, timeout=60)
    for directory in directories:
        rows = points(JSONLLogStore.read_run(log_dir=directory))
        assert sorted(key for _, _, metrics in rows for key in metrics) == sorted(keys)

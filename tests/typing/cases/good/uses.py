"""What users write: the decorated class stays itself, and every public name has its type."""

from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar, assert_type

from parts import Methods

from evsys_sdk import (
    ArtifactPointer,
    LogStore,
    LogStoreClosedError,
    LogStoreError,
    LogStoreSpec,
    MetricRow,
    ReadableLogStore,
    RunLog,
    UnknownLogStoreError,
    build_log_store,
    get_log_store,
    list_log_stores,
    load_log_store_spec,
    open_log_store,
    register_log_store,
)
from evsys_sdk.log_stores.background import BackgroundLogStore, BackgroundStats
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.multiplex import MultiplexLogStore
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore


@register_log_store("decorated")
class Decorated(Methods):
    name: ClassVar[str] = "decorated"
    flushes = 0

    def __init__(self, *, log_dir: str, retries: int = 3) -> None:
        self.log_dir = log_dir

    def flush(self) -> int:
        return self.flushes

    @classmethod
    def read_run(cls, *, log_dir: str) -> RunLog:
        return RunLog(metrics=[], hyperparams={"log_dir": log_dir}, artifacts=[])


decorated = Decorated(log_dir="logs", retries=0)
assert_type(decorated, Decorated)
assert_type(decorated.log_dir, str)
assert_type(decorated.flush(), int)
assert_type(Decorated.flushes, int)
assert_type(Decorated.read_run(log_dir="logs"), RunLog)
readable: type[ReadableLogStore] = Decorated


class Derived(Decorated):
    def flush(self) -> int:
        return super().flush() + 1


assert_type(register_log_store("derived")(Derived), type[Derived])


def train(store: LogStore) -> None:
    store.log_hyperparams({"lr": 0.1, "layers": [64, 64], "augment": None})
    store.log_scalar("loss", 1, 0)
    store.log_metrics({"loss": 0.5, "epoch": 1}, step=0)
    store.log_metrics(metrics={}, step=1, split="val")
    store.log_artifact("model", "model.pt", kind="checkpoint")
    assert_type(store.name, str)
    store.close()


def build(params: dict[str, Any], other: dict[str, object]) -> None:
    assert_type(get_log_store("jsonl"), type[LogStore])
    assert_type(get_log_store("jsonl").name, str)
    assert_type(get_log_store("jsonl")(**params), LogStore)
    assert_type(get_log_store("jsonl")(**other), LogStore)
    assert_type(list_log_stores(), list[str])
    assert_type(load_log_store_spec("run.yaml"), LogStoreSpec)
    assert_type(build_log_store(LogStoreSpec(kind="jsonl", params={"log_dir": "logs"})), LogStore)
    assert_type(LogStoreSpec(kind="jsonl").params, dict[str, Any])


def open_and_log(path: Path) -> None:
    with open_log_store(path) as store:
        assert_type(store, LogStore)
        train(store)
    with open_log_store("run.yaml") as store:
        train(store)
    with open_log_store({"kind": "jsonl", "params": {"log_dir": "logs"}}) as store:
        train(store)
    with open_log_store(load_log_store_spec(path)) as store:
        train(store)


def built_ins() -> None:
    with closing(JSONLLogStore(log_dir="logs", metrics_file="rows.jsonl")) as jsonl:
        assert_type(jsonl, JSONLLogStore)
        train(jsonl)
    train(TensorBoardLogStore(log_dir="tb", flush_secs=10))
    children = [
        {"kind": "jsonl", "params": {"log_dir": "logs"}},
        {"kind": "tensorboard", "params": {"log_dir": "tb", "flush_secs": 10}},
    ]
    train(MultiplexLogStore(children=children))
    train(MultiplexLogStore(children=[LogStoreSpec(kind="jsonl", params={"log_dir": "logs"})]))
    background = BackgroundLogStore(child=children[0], capacity=100, on_full="drop")
    train(background)
    assert_type(background.stats(), BackgroundStats)
    assert_type(background.stats().pending, int)
    assert_type(background.flush(timeout=1), bool)
    stores: list[type[LogStore]] = [
        JSONLLogStore,
        TensorBoardLogStore,
        MultiplexLogStore,
        BackgroundLogStore,
    ]
    readers: list[type[ReadableLogStore]] = [JSONLLogStore, BackgroundLogStore, Decorated]
    for reader in readers:
        assert_type(reader.read_run(log_dir="logs"), RunLog)
    assert stores


def read() -> RunLog:
    row = MetricRow(step=0, split=None, metrics={"loss": 0.5})
    pointer = ArtifactPointer(name="model", path="model.pt", kind="file", ts=1.5)
    run = RunLog(metrics=[row], hyperparams={"lr": 0.1}, artifacts=[pointer])
    assert_type(run.metrics[0].split, str | None)
    assert_type(run.metrics[0].metrics["loss"], float)
    assert_type(run.artifacts[0].ts, float | None)
    return run


def handle(store: object) -> None:
    if isinstance(store, LogStore):
        try:
            store.close()
        except (LogStoreClosedError, UnknownLogStoreError) as error:
            as_runtime_or_key: RuntimeError | KeyError = error
            as_own: LogStoreError = error
            raise as_own from as_runtime_or_key

"""A store, or what goes with it, is called in a wrong way."""

from evsys_sdk import (
    ArtifactPointer,
    LogStore,
    LogStoreSpec,
    MetricRow,
    ReadableLogStore,
    RunLog,
    build_log_store,
    get_log_store,
    list_log_stores,
    load_log_store_spec,
    open_log_store,
)


def log(store: LogStore) -> bool:
    store.log_metrics("loss", 1)  # error: mypy pyright ty pyrefly
    store.log_metrics({"loss": 0.5}, 1, "val")  # error: mypy pyright ty pyrefly
    store.log_metrics({"loss": 0.5})  # error: mypy pyright ty pyrefly
    store.log_metrics({"loss": 0.5}, 1.5)  # error: mypy pyright ty pyrefly
    store.log_metrics({"loss": "low"}, 1)  # error: mypy pyright ty pyrefly
    store.log_metrics({1: 0.5}, 1)  # error: mypy pyright ty pyrefly
    store.log_metrics({"loss": 0.5}, 1, split=None)  # error: mypy pyright ty pyrefly
    store.log_metrics({"loss": 0.5}, 1, subset="val")  # error: mypy pyright ty pyrefly
    store.log_scalar("loss", 0.5)  # error: mypy pyright ty pyrefly
    store.log_scalar("loss", "0.5", 1)  # error: mypy pyright ty pyrefly
    store.log_scalar("loss", 0.5, None)  # error: mypy pyright ty pyrefly
    store.log_scalar({"loss": 0.5}, 1)  # error: mypy pyright ty pyrefly
    store.log_hyperparams([("lr", 0.1)])  # error: mypy pyright ty pyrefly
    store.log_hyperparams(lr=0.1)  # error: mypy pyright ty pyrefly
    store.log_artifact("model", "model.pt", "checkpoint")  # error: mypy pyright ty pyrefly
    store.log_artifact("model")  # error: mypy pyright ty pyrefly
    store.log_artifact("model", b"model.pt")  # error: mypy pyright ty pyrefly
    store.close(0)  # error: mypy pyright ty pyrefly
    store.flush()  # error: mypy pyright ty pyrefly
    store.name = "other"  # error: mypy pyright ty pyrefly
    return store.log_scalar("loss", 0.5, 1)  # error: mypy pyright ty pyrefly


jsonl: LogStore = get_log_store("jsonl")  # error: mypy pyright ty pyrefly
kinds: dict[str, str] = list_log_stores()  # error: mypy pyright ty pyrefly


def build() -> None:
    get_log_store(LogStore)  # error: mypy pyright ty pyrefly
    get_log_store("jsonl")("logs")  # error: mypy pyright ty pyrefly
    print(get_log_store("jsonl").log_dir)  # error: mypy pyright ty pyrefly
    build_log_store("run.yaml", "jsonl")  # error: mypy pyright ty pyrefly
    load_log_store_spec(3)  # error: mypy pyright ty pyrefly
    open_log_store(None)  # error: mypy pyright ty pyrefly
    with open_log_store("run.yaml") as store:
        store.log_anything("loss")  # error: mypy pyright ty pyrefly
    open_log_store("run.yaml").log_scalar("loss", 0.5, 1)  # error: mypy pyright ty pyrefly
    LogStoreSpec(name="jsonl")  # error: mypy pyright ty pyrefly
    LogStoreSpec(kind="jsonl", params=["logs"])  # error: mypy pyright


def read(store: type[LogStore], readable: type[ReadableLogStore]) -> list[int]:
    store.read_run(log_dir="logs")  # error: mypy pyright ty pyrefly
    RunLog(metrics=[], hyperparams={})  # error: mypy pyright ty pyrefly
    RunLog(metrics=[{"loss": 0.5}], hyperparams={}, artifacts=[])  # error: mypy pyright ty pyrefly
    MetricRow(step=0, metrics={"loss": 0.5})  # error: mypy pyright ty pyrefly
    MetricRow(step="0", split="train", metrics={})  # error: mypy pyright ty pyrefly
    ArtifactPointer(name="model", path="model.pt")  # error: mypy pyright ty pyrefly
    issubclass(store, LogStore)  # error: mypy pyright ty pyrefly
    return readable.read_run(log_dir="logs")  # error: mypy pyright ty pyrefly

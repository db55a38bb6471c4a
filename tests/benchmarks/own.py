"""The stores of this project, as their users call them."""

from pathlib import Path

from benchmarks.peers.readers import Rows, read_event_files
from benchmarks.subject import Opened, Subject
from evsys_sdk import LogStore
from evsys_sdk.log_stores.background import BackgroundLogStore
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.multiplex import MultiplexLogStore

__all__ = [
    "BACKGROUND",
    "DURABLE",
    "JSONL",
    "MULTIPLEX",
    "SUBJECTS",
    "TENSORBOARD",
    "background",
    "jsonl",
    "multiplex",
    "tensorboard",
]


def jsonl(directory: Path) -> LogStore:
    """A jsonl store in the directory."""
    return JSONLLogStore(log_dir=str(directory))


def tensorboard(directory: Path) -> LogStore:
    """A tensorboard store in the directory."""
    from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore

    return TensorBoardLogStore(log_dir=str(directory))


def multiplex(directory: Path) -> LogStore:
    """A multiplex of both."""
    kinds = ("jsonl", "tensorboard")
    children = [{"kind": kind, "params": {"log_dir": str(directory / kind)}} for kind in kinds]
    return MultiplexLogStore(children=children)


def background(directory: Path) -> LogStore:
    """A background store over jsonl. It is waited for, however long the queue is."""
    child = {"kind": "jsonl", "params": {"log_dir": str(directory)}}
    return BackgroundLogStore(child=child, capacity=10**6, close_timeout=600)


def _open_jsonl(directory: Path) -> Opened:
    store = jsonl(directory)
    return Opened(store.log_metrics, store.close)


def _open_tensorboard(directory: Path) -> Opened:
    store = tensorboard(directory)
    return Opened(store.log_metrics, store.close)


def _open_multiplex(directory: Path) -> Opened:
    store = multiplex(directory)
    return Opened(store.log_metrics, store.close)


def _open_background(directory: Path) -> Opened:
    store = background(directory)
    return Opened(store.log_metrics, store.close)


def _read_jsonl(directory: Path) -> Rows:
    return [dict(row.metrics) for row in JSONLLogStore.iter_rows(log_dir=directory)]


JSONL = Subject(
    name="evsys jsonl",
    group="own",
    open=_open_jsonl,
    read=_read_jsonl,
    distributions=("evsys-sdk",),
    module="evsys_sdk.log_stores.jsonl",
)
TENSORBOARD = Subject(
    name="evsys tensorboard",
    group="own",
    open=_open_tensorboard,
    read=read_event_files,
    distributions=("evsys-sdk",),
    module="evsys_sdk.log_stores.tensorboard",
)
MULTIPLEX = Subject(
    name="evsys multiplex of both",
    group="own",
    open=_open_multiplex,
    read=lambda directory: _read_jsonl(directory / "jsonl"),
    distributions=("evsys-sdk",),
)
BACKGROUND = Subject(
    name="evsys background of jsonl",
    group="own",
    open=_open_background,
    read=_read_jsonl,
    distributions=("evsys-sdk",),
)
DURABLE = (JSONL, TENSORBOARD, MULTIPLEX)
"""Those whose calls return when the rows are with the operating system."""
SUBJECTS = (*DURABLE, BACKGROUND)

"""PyTorch's SummaryWriter: an event per value as everybody calls it, and an event per call."""

import importlib
from pathlib import Path
from typing import Any

from benchmarks.peers.readers import read_event_files
from benchmarks.subject import Opened, Subject

__all__ = ["ADD_SCALAR", "ADD_SUMMARY"]


def _writer(directory: Path) -> Any:
    return importlib.import_module("torch.utils.tensorboard").SummaryWriter(str(directory))


def _open_add_scalar(directory: Path) -> Opened:
    writer = _writer(directory)

    def log(metrics: dict[str, float], step: int) -> None:
        for key, value in metrics.items():
            writer.add_scalar(key, value, step)

    return Opened(log, writer.close)


def _open_add_summary(directory: Path) -> Opened:
    summary = importlib.import_module("tensorboard.compat.proto.summary_pb2").Summary
    writer = _writer(directory)
    # What SummaryWriter writes with; public enough for the best that it can do to be measured.
    file_writer = writer._get_file_writer()

    def log(metrics: dict[str, float], step: int) -> None:
        values = [summary.Value(tag=key, simple_value=value) for key, value in metrics.items()]
        file_writer.add_summary(summary(value=values), step)

    return Opened(log, writer.close)


ADD_SCALAR = Subject(
    name="torch SummaryWriter, add_scalar per value",
    group="peer",
    open=_open_add_scalar,
    read=read_event_files,
    distributions=("torch", "tensorboard"),
    module="torch.utils.tensorboard",
)
ADD_SUMMARY = Subject(
    name="torch SummaryWriter, one summary per call",
    group="peer",
    open=_open_add_summary,
    read=read_event_files,
    distributions=("torch", "tensorboard"),
)

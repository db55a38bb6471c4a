"""tensorboardX: the writer that torch's was made from."""

import importlib
from pathlib import Path

from benchmarks.peers.readers import read_event_files
from benchmarks.subject import Opened, Subject

__all__ = ["TENSORBOARDX"]


def _open(directory: Path) -> Opened:
    writer = importlib.import_module("tensorboardX").SummaryWriter(str(directory))

    def log(metrics: dict[str, float], step: int) -> None:
        for key, value in metrics.items():
            writer.add_scalar(key, value, step)

    return Opened(log, writer.close)


TENSORBOARDX = Subject(
    name="tensorboardX",
    group="peer",
    open=_open,
    read=read_event_files,
    distributions=("tensorboardX",),
    module="tensorboardX",
)

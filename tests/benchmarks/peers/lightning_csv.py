"""Lightning's CSVLogger: a list in memory that is written every 100 steps."""

import importlib
from pathlib import Path

from benchmarks.peers.readers import read_csv_files
from benchmarks.subject import Opened, Subject

__all__ = ["LIGHTNING_CSV"]


def _open(directory: Path) -> Opened:
    logger = importlib.import_module("lightning.pytorch.loggers").CSVLogger(str(directory))
    return Opened(logger.log_metrics, logger.save)


LIGHTNING_CSV = Subject(
    name="Lightning CSVLogger",
    group="peer",
    open=_open,
    read=read_csv_files,
    distributions=("lightning",),
    module="lightning.pytorch.loggers",
)

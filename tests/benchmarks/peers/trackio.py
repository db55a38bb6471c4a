"""trackio: a queue in memory, that a thread writes to SQLite every half a second."""

import contextlib
import importlib
import io
import os
import sys
from pathlib import Path

from benchmarks.peers.readers import Rows
from benchmarks.subject import Opened, Subject

__all__ = ["TRACKIO"]


def _use(directory: Path) -> None:
    os.environ["TRACKIO_DIR"] = str(directory)
    importlib.import_module("trackio.sqlite_storage")
    # Its modules read the variable once; this process has a directory for each measurement.
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] == "trackio" and hasattr(module, "TRACKIO_DIR"):
            setattr(module, "TRACKIO_DIR", directory)  # noqa: B010 - no module says it has this


def _open(directory: Path) -> Opened:
    _use(directory)
    trackio = importlib.import_module("trackio")
    with contextlib.redirect_stdout(io.StringIO()):
        run = trackio.init(
            project="p", name="r", embed=False, auto_log_gpu=False, auto_log_cpu=False
        )

    def close() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            run.finish()

    return Opened(lambda metrics, step: run.log(metrics, step=step), close)


def _read(directory: Path) -> Rows:
    _use(directory)
    storage = importlib.import_module("trackio.sqlite_storage").SQLiteStorage
    return [
        {key: row[key] for key in row if key not in {"timestamp", "step"}}
        for row in storage.get_logs("p", "r")
    ]


TRACKIO = Subject(
    name="trackio",
    group="peer",
    open=_open,
    read=_read,
    distributions=("trackio",),
    module="trackio",
)

"""torchtnt's JSONLogger: a list in memory, with which the whole file is rewritten every 100 steps.

Its cost per call therefore grows with the length of the run.
"""

import importlib
import json
from pathlib import Path
from typing import Any

from benchmarks.peers.readers import Rows
from benchmarks.subject import SIZES, Opened, Subject

__all__ = ["TORCHTNT_JSON"]

_FILE = "log.json"


def _open(directory: Path) -> Opened:
    module = importlib.import_module("torchtnt.utils.loggers.json")
    logger = module.JSONLogger(str(directory / _FILE))
    return Opened(logger.log_dict, logger.close)


def _read(directory: Path) -> Rows:
    path = directory / _FILE
    rows: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return [{key: row[key] for key in row if key not in {"step", "time"}} for row in rows]


TORCHTNT_JSON = Subject(
    name="torchtnt JSONLogger",
    group="peer",
    open=_open,
    read=_read,
    distributions=("torchtnt",),
    module="torchtnt.utils.loggers",
    most_calls=dict.fromkeys(SIZES, 1000),
)

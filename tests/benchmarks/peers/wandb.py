"""Weights & Biases, offline: rows go to a separate process, which writes them.

Its statistics of the system and its captures of git, code and console are off.
"""

import importlib
import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.peers.readers import Rows
from benchmarks.subject import Opened, Subject

__all__ = ["WANDB", "offline_records"]


def _open(directory: Path) -> Opened:
    os.environ |= {
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "WANDB_ERROR_REPORTING": "false",
    }
    wandb = importlib.import_module("wandb")
    settings = wandb.Settings(
        x_disable_stats=True,
        x_disable_meta=True,
        disable_git=True,
        disable_code=True,
        console="off",
        silent=True,
    )
    run = wandb.init(project="p", dir=str(directory), settings=settings)
    return Opened(lambda metrics, step: run.log(metrics, step=step), run.finish)


def _read(directory: Path) -> Rows:
    record_type = importlib.import_module("wandb.proto.wandb_internal_pb2").Record
    rows: Rows = []
    for path in directory.rglob("*.wandb"):
        for data in offline_records(path.read_bytes()):
            record: Any = record_type()
            record.ParseFromString(data)
            if record.WhichOneof("record_type") == "history":
                items = {
                    item.key or ".".join(item.nested_key): json.loads(item.value_json)
                    for item in record.history.item
                }
                rows.append({key: items[key] for key in items if not key.startswith("_")})
    return rows


def offline_records(data: bytes) -> Iterator[bytes]:
    """The records of a LevelDB log: in blocks of 32 KiB, each in one piece or in several."""
    at, record = 7, b""  # after the file's own header
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        _, length, piece = struct.unpack_from("<IHB", data, at)
        at += 7 + length
        if piece == 0 or at > len(data):
            return
        whole_or_first, whole_or_last = piece in {1, 2}, piece in {1, 4}
        record = (b"" if whole_or_first else record) + data[at - length : at]
        if whole_or_last:
            yield record


WANDB = Subject(
    name="W&B offline",
    group="peer",
    open=_open,
    read=_read,
    distributions=("wandb",),
    module="wandb",
    settling_seconds=4,
)

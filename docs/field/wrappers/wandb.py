"""Weights & Biases, offline, with its monitors of the system, code and console off."""

import json
import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.peers.wandb import offline_records
from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper

os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
wandb: Any = import_module("wandb")
record_type: Any = import_module("wandb.proto.wandb_internal_pb2").Record
_OWN = frozenset({"_step", "_runtime", "_timestamp"})
"""What W&B adds to each row."""
_SECONDS = 10.0
"""How long the reader waits for the end of a file."""


class Wandb(Wrapper):
    """``Run.log`` and ``Run.config``."""

    name: ClassVar[str] = "wandb"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64"})

    def open(self) -> Any:
        settings = wandb.Settings(
            x_disable_stats=True,
            x_disable_meta=True,
            x_save_requirements=False,
            disable_git=True,
            disable_code=True,
            console="off",
            silent=True,
        )
        return wandb.init(
            project="field", dir=str(self.directory), settings=settings, reinit="create_new"
        )

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.log(metrics, step=step)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        self.logger.config.update(params, allow_val_change=True)

    def finish(self) -> None:
        self.logger.finish()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        log = RunLog(metrics=[], hyperparams={}, artifacts=[])
        for record in _records(directory):
            kind = _kind(record)
            if kind == "history":
                values = _items(record.history.item)
                logged = {key: value for key, value in values.items() if key not in _OWN}
                log.metrics.append(MetricRow(step=values["_step"], split=None, metrics=logged))
            elif kind in {"run", "config"}:
                config = record.run.config if kind == "run" else record.config
                changed = _items(config.update)
                changed.pop("_wandb", None)
                log.hyperparams.update(changed)
        return log


def _records(directory: Path) -> list[Any]:
    """The records of the offline files, in W&B's protocol buffers.

    ``finish()`` may return before W&B's other process has written the file, whose last record is
    ``exit``; this waits for it.
    """
    until = time.monotonic() + _SECONDS
    while True:
        files = [_parsed(path.read_bytes()) for path in sorted(directory.rglob("*.wandb"))]
        ended = [any(_kind(record) == "exit" for record in records) for records in files]
        if all(ended) or time.monotonic() > until:
            return [record for records in files for record in records]
        time.sleep(0.05)


def _parsed(data: bytes) -> list[Any]:
    return [record_type.FromString(record) for record in offline_records(data)]


def _kind(record: Any) -> str | None:
    kind: str | None = record.WhichOneof("record_type")
    return kind


def _items(items: Any) -> dict[str, Any]:
    """Keys and values of a record; W&B parts a key at its dots."""
    return {
        item.key or ".".join(item.nested_key): json.loads(item.value_json, parse_int=_whole)
        for item in items
    }


def _whole(text: str) -> float:
    """A whole number: W&B writes -0.0 as ``-0``, whose sign an int does not have."""
    return -0.0 if text == "-0" else int(text)

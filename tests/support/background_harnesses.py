"""Harnesses of background stores over other children than the kit's own harness has."""

import time
from pathlib import Path
from typing import Any, ClassVar

from evsys_conformance import StoreHarness
from evsys_sdk import register_log_store
from evsys_sdk.log_stores.background import BackgroundLogStore
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore


@register_log_store("slow")
class SlowLogStore(JSONLLogStore):
    """Takes a millisecond per call of ``log_metrics``, and as long to close."""

    name: ClassVar[str] = "slow"

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        time.sleep(0.001)
        super().log_metrics(metrics, step, split=split)

    def close(self) -> None:
        time.sleep(0.001)
        super().close()


class OverAnyChild(BackgroundLogStore):
    """The store, in a module whose import registers the kinds: child processes import it."""


class _OverOneChild(StoreHarness):
    store: Any = OverAnyChild
    kind = ""
    capabilities = BackgroundLogStore.capabilities

    def params(self, directory: Path) -> dict[str, Any]:
        return {"child": {"kind": self.kind, "params": {"log_dir": str(directory)}}}


class OverTensorBoard(_OverOneChild):
    kind = "tensorboard"
    capabilities = BackgroundLogStore.capabilities & TensorBoardLogStore.capabilities


class OverSlow(_OverOneChild):
    kind = "slow"


class OverMultiplex(_OverOneChild):
    def params(self, directory: Path) -> dict[str, Any]:
        children = [
            {"kind": "jsonl", "params": {"log_dir": str(directory / name)}} for name in ("a", "b")
        ]
        return {"child": {"kind": "multiplex", "params": {"children": children}}}

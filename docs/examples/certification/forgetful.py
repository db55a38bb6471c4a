"""A log store with one fault, to show how the kit explains it."""

from typing import ClassVar

from evsys_sdk import Capability
from evsys_sdk.arguments import checked_metrics
from evsys_sdk.log_stores.jsonl import JSONLLogStore


class ForgetfulLogStore(JSONLLogStore):
    """The jsonl store, but every 64th call of ``log_metrics`` is lost."""

    name: ClassVar[str] = "forgetful"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"split", "float64"})
    _calls = 0

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record the metrics, unless this is a 64th call."""
        values = checked_metrics(metrics)
        self._calls += 1
        super().log_metrics(values if self._calls % 64 else {}, step, split=split)

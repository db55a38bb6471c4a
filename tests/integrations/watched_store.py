"""A log store that reads back like jsonl, and tells which of its instances are open."""

import os
from typing import ClassVar

from evsys_sdk import register_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore


@register_log_store("watched")
class WatchedStore(JSONLLogStore):
    name = "watched"
    opened: ClassVar[list["WatchedStore"]] = []
    """Every one that was opened and not closed."""
    fails_to_close: ClassVar[bool] = False

    def __init__(
        self,
        *,
        log_dir: str | os.PathLike[str],
        metrics_file: str = "metrics.jsonl",
        hyperparams_file: str = "hyperparams.json",
        artifacts_file: str = "artifacts.json",
    ) -> None:
        super().__init__(
            log_dir=log_dir,
            metrics_file=metrics_file,
            hyperparams_file=hyperparams_file,
            artifacts_file=artifacts_file,
        )
        self.opened.append(self)

    def close(self) -> None:
        super().close()
        if self in self.opened:
            self.opened.remove(self)
        if self.fails_to_close:
            raise OSError("the destination is gone")

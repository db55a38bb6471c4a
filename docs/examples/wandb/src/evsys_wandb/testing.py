"""The harness that certifies the store: ``pytest --evsys-conformance`` with its name."""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import wandb

from evsys_conformance import StoreHarness
from evsys_wandb.store import WandbLogStore

NO_NOTES = {
    "WANDB_DISABLE_GIT": "true",
    "WANDB_X_DISABLE_META": "true",
    "WANDB_X_DISABLE_STATS": "true",
    "WANDB_X_SAVE_REQUIREMENTS": "false",
}
"""Keeps W&B from noting the machine and the program, which takes longer than a short run."""


class WandbHarness(StoreHarness):
    """Every destination is an offline run in its own directory; one service serves them all."""

    store = WandbLogStore

    def __enter__(self) -> Self:
        os.environ.update(NO_NOTES, WANDB_ERROR_REPORTING="false")
        wandb.setup(wandb.Settings(silent=True))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        wandb.teardown()

    def params(self, directory: Path) -> dict[str, Any]:
        """An offline run by the name of the directory."""
        return {"project": "kit", "run": directory.name, "mode": "offline", "log_dir": directory}

"""The log store: what each call writes to W&B."""

import json
import os
import threading
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import to_json

from evsys_sdk import Capability, LogStore, LogStoreClosedError, RunLog, register_log_store
from evsys_sdk.arguments import (
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)
from evsys_wandb import columns, reading
from evsys_wandb.run import Mode, finish_run, id_of, open_run


@register_log_store("wandb")
class WandbLogStore:
    """Logs to one run of W&B, online or offline, by the same calls.

    Each call is a row of the run's history. W&B's own process writes the row to a file on this
    machine and, online, sends it. :meth:`read_run` reads that file.

    Safe in threads. One process writes to a run. A call returns when W&B has the row, which may not
    be in the file yet: if the process is killed, the last rows are lost.
    """

    name: ClassVar[str] = "wandb"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "threads", "fork"}
    )

    class Config(BaseModel):
        """The parameters, as YAML gives them."""

        model_config = ConfigDict(extra="forbid")

        project: str = Field(description="Project in W&B, created as needed")
        run: str = Field(description="Name of the run; continued if the project has it")
        entity: str | None = Field(
            default=None, description="User or team of the project; by default W&B's default"
        )
        mode: Mode = Field(
            default="online", description="offline: only files, for `wandb sync` to send later"
        )
        log_dir: Path = Field(default=Path(), description="Where W&B puts its folder wandb")

    def __init__(
        self,
        *,
        project: str,
        run: str,
        entity: str | None = None,
        mode: Mode = "online",
        log_dir: str | Path = ".",
    ) -> None:
        """Open the run, new or continued.

        Args:
            project: The project in W&B, created as needed.
            run: The name of the run, which is continued if the project has it.
            entity: The user or team of the project; by default that of the W&B account.
            mode: ``online``, or ``offline`` for files alone, without a network.
            log_dir: Where W&B puts its folder ``wandb``, created as needed; ``~`` is the home.

        Raises:
            wandb.Error: Online, W&B can't be reached, or knows no key for this machine.
            ValueError: A string is empty.
        """
        self._mode: Mode = mode
        self._run = open_run(
            checked_text(project, "project"),
            checked_text(run, "run"),
            entity,
            mode,
            Path(log_dir).expanduser().absolute(),
        )
        # Every chart has the step of the call as its x axis, not W&B's count of rows.
        self._run.define_metric("*", step_metric=columns.STEP, step_sync=False)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._closed = False

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record one point."""
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record the points of a call as one row.

        Raises:
            TypeError: See :meth:`evsys_sdk.LogStore.log_metrics`.
            ValueError: See there.
            LogStoreClosedError: The store is closed.
            RuntimeError: The store was opened by the parent of this process.
        """
        values = checked_metrics(metrics)
        row = columns.to_row(values, checked_step(step), checked_text(split, "split"))
        self._check_process()
        with self._lock:
            self._check_open("log_metrics")
            if values:
                self._run.log(row)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Record the hyperparameters of a call as JSON, and show them in W&B's config."""
        plain = checked_hyperparams(params)
        row: columns.Row = {columns.HYPERPARAMS: _ascii_json(plain)}
        config = _shown(plain)
        self._check_process()
        with self._lock:
            self._check_open("log_hyperparams")
            self._run.log(row)
            self._run.config.update(config, allow_val_change=True)

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Record a pointer; nothing is uploaded."""
        pointer = {
            "name": checked_text(name, "name"),
            "path": checked_path(path),
            "kind": checked_text(kind, "kind"),
        }
        self._check_process()
        with self._lock:
            self._check_open("log_artifact")
            self._run.log({columns.ARTIFACT: _ascii_json(pointer)})

    def close(self) -> None:
        """Finish the run; online, wait until W&B has all of it."""
        if os.getpid() != self._pid:
            return  # a forked child: the run is its parent's
        with self._lock:
            if not self._closed:
                self._closed = True
                finish_run(self._run, self._mode)

    @classmethod
    def read_run(
        cls,
        *,
        project: str,
        run: str,
        log_dir: str | Path = ".",
        **_: object,
    ) -> RunLog:
        """Read a run from the files that W&B has kept of it on this machine.

        Raises:
            LookupError: This machine has no file of the run.
            ValueError: A file is damaged.
        """
        directory = Path(log_dir).expanduser()
        found = reading.read_run(directory, project, id_of(run))
        if found is None:
            raise LookupError(f"project {project!r} has no run {run!r} in {directory / 'wandb'}")
        return found

    def _check_process(self) -> None:
        # Before the lock, which a thread of the parent may have held when it forked.
        if os.getpid() != self._pid:
            raise RuntimeError(
                "this wandb log store was opened by the parent of this process, and W&B takes one "
                "writer for a run: open a store here, with a separate run"
            )

    def _check_open(self, method: str) -> None:
        if self._closed:
            raise LogStoreClosedError(self.name, method)


def _shown(params: dict[str, Any]) -> dict[str, Any]:
    """What W&B's config can show of hyperparameters, without reading a meaning into them.

    W&B removes hyphens from the ends of keys, and treats some strings and objects as its own
    artifacts. It can't keep NaN, infinities and integers beyond int64.
    """
    return {
        key: value
        for key, value in params.items()
        if key.strip("-") == key and key and key != "_wandb" and _is_shown(value)
    }


def _is_shown(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return "_type" not in value and all(map(_is_shown, value.values()))
    if isinstance(value, list):
        return all(map(_is_shown, value))
    if isinstance(value, str):
        return not value.startswith(("wandb-artifact:", "wandb-client-artifact:"))
    if isinstance(value, int | float):
        return abs(value) < 2**63  # neither NaN nor an infinity
    return value is None


def _ascii_json(value: Any) -> str:
    """JSON in ASCII, NaN and infinities by name."""
    return json.dumps(json.loads(to_json(value, inf_nan_mode="strings")))


_conforms: type[LogStore] = WandbLogStore

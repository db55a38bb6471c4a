"""The log store: what each call writes to trackio's database."""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import to_json

from evsys_sdk import (
    ArtifactPointer,
    Capability,
    LogStore,
    LogStoreClosedError,
    RunLog,
    register_log_store,
)
from evsys_sdk.arguments import (
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)
from evsys_trackio import rows
from evsys_trackio.queueing import queued

if TYPE_CHECKING:
    from trackio.sqlite_storage import SQLiteStorage


@register_log_store("trackio")
class TrackioLogStore:
    """Logs to one run in the local database of trackio, in the directory ``TRACKIO_DIR``.

    A call is one transaction: when it returns, its row is in the database. trackio's own
    ``Run.log`` queues a call and drops it with a warning if something is wrong. So the store uses
    the class through which ``Run`` writes. Threads, processes and forked children may write to one
    run.
    """

    name: ClassVar[str] = "trackio"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "crash", "threads", "processes", "fork"}
    )

    class Config(BaseModel):
        """The parameters, as YAML gives them."""

        model_config = ConfigDict(extra="forbid")

        project: str = Field(description="Project in trackio, created as needed")
        run: str = Field(description="Name of the run; continued if the project has it")

    def __init__(self, *, project: str, run: str) -> None:
        """Open the run, new or continued.

        Raises:
            ValueError: A string is empty, or trackio takes no project of this name.
        """
        self._project = checked_text(project, "project")
        self._name = checked_text(run, "run")
        self._storage = _storage()
        self._storage.validate_project_name(project)
        database = self._storage.get_project_db_path(project)
        database.parent.mkdir(parents=True, exist_ok=True)
        self._queue = database.with_name(f"{database.name}.queue")
        self._closed = False
        self._time = datetime.fromtimestamp(0, UTC)

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record one point."""
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record the points of a call as one row.

        Raises:
            TypeError: See :meth:`evsys_sdk.LogStore.log_metrics`.
            ValueError: See there.
            LogStoreClosedError: The store is closed.
            OSError: A program that does not use this store held the database for 10 seconds.
        """
        values = checked_metrics(metrics)
        row = rows.to_row(values, checked_text(split, "split"))
        self._write("log_metrics", row if values else None, checked_step(step))

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Record the hyperparameters of a call as JSON, and show them in trackio's config."""
        plain = checked_hyperparams(params)
        text = to_json(plain, inf_nan_mode="strings").decode()
        shown = {key: value for key, value in plain.items() if key and _is_shown(value)}
        self._write("log_hyperparams", {rows.REST: {"hyperparams": text}}, config=shown)

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Record a pointer; nothing is copied."""
        pointer = {
            "name": checked_text(name, "name"),
            "path": checked_path(path),
            "kind": checked_text(kind, "kind"),
        }
        self._write("log_artifact", {rows.REST: {"artifact": pointer}})

    def close(self) -> None:
        """Refuse further calls; each call has already closed what it opened."""
        self._closed = True

    @classmethod
    def read_run(cls, *, project: str, run: str) -> RunLog:
        """Read a run; an empty log where there is none."""
        log = RunLog(metrics=[], hyperparams={}, artifacts=[])
        for row in _storage().get_logs(project, run, run_id=run):
            rest = row.get(rows.REST, {})
            if "split" in rest:
                log.metrics.append(rows.from_row(row))
            elif "hyperparams" in rest:
                log.hyperparams.update(json.loads(rest["hyperparams"]))
            elif "artifact" in rest:
                log.artifacts.append(ArtifactPointer(**rest["artifact"], ts=rows.time_of(row)))
        return log

    def _write(
        self,
        method: str,
        row: dict[str, Any] | None,
        step: int = 0,
        config: dict[str, Any] | None = None,
    ) -> None:
        if self._closed or row is None:
            self._check_open(method)
            return
        with queued(self._queue):
            self._check_open(method)
            if config:
                earlier = self._storage.get_run_config(self._project, self._name, run_id=self._name)
                config = {**(earlier or {}), **config}
            self._storage.bulk_log(
                self._project,
                self._name,
                [row],
                steps=[step],
                timestamps=[self._next_time()],
                config=config,
                log_ids=[uuid.uuid4().hex],
                run_id=self._name,
            )

    def _check_open(self, method: str) -> None:
        if self._closed:
            raise LogStoreClosedError(self.name, method)

    def _next_time(self) -> str:
        """The time of a call: trackio reads rows in the order of their times."""
        now = datetime.fromtimestamp(time.time(), UTC)
        self._time = max(self._time + timedelta(microseconds=1), now)
        return self._time.isoformat(timespec="microseconds")


def _storage() -> "type[SQLiteStorage]":
    """Import trackio when it is first used: a program may set ``TRACKIO_DIR`` until then."""
    from trackio.sqlite_storage import SQLiteStorage

    return SQLiteStorage


def _is_shown(value: JsonValue) -> bool:
    """Whether trackio's config can hold this: it has no integers beyond int64."""
    if isinstance(value, dict):
        return all(map(_is_shown, value.values()))
    if isinstance(value, list):
        return all(map(_is_shown, value))
    return not isinstance(value, int) or abs(value) < 2**63


_conforms: type[LogStore] = TrackioLogStore

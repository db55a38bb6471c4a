"""MLflow without a server: files or SQLite, in the call or in a thread."""

import functools
import importlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

from benchmarks.peers.readers import Rows
from benchmarks.subject import SIZES, Opened, Subject

__all__ = ["SUBJECTS"]

_Store = Literal["files", "SQLite"]
_DATABASE = "mlflow.db"


def _address(store: _Store, directory: Path) -> str:
    if store == "files":
        return (directory / "mlruns").as_uri()
    return f"sqlite:///{directory / _DATABASE}"


def _mlflow() -> Any:
    # The store of files is in maintenance, and has to be asked for.
    os.environ |= {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return importlib.import_module("mlflow")


def _open(store: _Store, directory: Path, *, synchronous: bool) -> Opened:
    mlflow = _mlflow()
    if store == "SQLite":
        shutil.copyfile(_empty_database(), directory / _DATABASE)
    mlflow.set_tracking_uri(_address(store, directory))
    mlflow.set_experiment("e")
    mlflow.start_run()
    log_metrics: Callable[..., object] = mlflow.log_metrics

    def log(metrics: dict[str, float], step: int) -> None:
        log_metrics(metrics, step=step, synchronous=synchronous)

    def close() -> None:
        if not synchronous:
            mlflow.flush_async_logging()
        mlflow.end_run()

    return Opened(log, close)


@functools.cache
def _empty_database() -> Path:
    """A new database, made once: that takes many seconds, and is not what is measured."""
    directory = Path(tempfile.mkdtemp())
    mlflow = _mlflow()
    mlflow.set_tracking_uri(_address("SQLite", directory))
    mlflow.search_experiments()
    return directory / _DATABASE


def _read(store: _Store, directory: Path) -> Rows:
    client = _mlflow().MlflowClient(_address(store, directory))
    rows: dict[int, dict[str, float]] = {}
    for experiment in client.search_experiments():
        for run in client.search_runs([experiment.experiment_id]):
            for key in run.data.metrics:
                for metric in client.get_metric_history(run.info.run_id, key):
                    rows.setdefault(metric.step, {})[key] = metric.value
    return [dict(rows[step]) for step in sorted(rows)]


def _subject(store: _Store, *, synchronous: bool) -> Subject:
    return Subject(
        name=f"MLflow, {store}, {'sync' if synchronous else 'async'}",
        group="peer",
        open=partial(_open, store, synchronous=synchronous),
        read=partial(_read, store),
        distributions=("mlflow",),
        module="mlflow" if store == "files" and synchronous else "",
        # Asynchronous or not, close() waits for all of them, at up to 30 ms a call.
        most_calls=dict.fromkeys(SIZES, 500 if store == "files" else 50),
    )


SUBJECTS = (
    _subject("files", synchronous=True),
    _subject("files", synchronous=False),
    _subject("SQLite", synchronous=True),
    _subject("SQLite", synchronous=False),
)

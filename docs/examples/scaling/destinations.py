"""Where the processes log to: one store after another, each at a fresh place."""

import contextlib
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evsys_mlflow.local_server import MlflowServer
from evsys_postgres.testing import PostgresServer
from evsys_sdk import get_log_store
from writers import rank_of

Params = Callable[[str, int], dict[str, Any]]
"""The parameters of a store, from a name that no other log has and a rank."""


@dataclass(frozen=True)
class Destination:
    """A way to log from several processes."""

    title: str
    kind: str
    opened: Callable[[Path], AbstractContextManager[Params]]
    """Starts what is needed, with its files in an empty directory."""
    one_log: bool
    """Whether all ranks write to one log, and not each to its own."""

    def steps(self, params: Sequence[dict[str, Any]]) -> list[list[int]]:
        """The steps in the log of each rank, in order."""
        store: Any = get_log_store(self.kind)
        found: list[list[int]] = [[] for _ in params]
        logs = params[:1] if self.one_log else params
        for rows in (store.read_run(**each).metrics for each in logs):
            for row in rows:
                for key in row.metrics:
                    if (rank := rank_of(key)) is not None:
                        found[rank].append(row.step)
        return [sorted(steps) for steps in found]


@contextlib.contextmanager
def _one_jsonl_directory(directory: Path) -> Generator[Params]:
    yield lambda name, _rank: {"log_dir": str(directory / name)}


@contextlib.contextmanager
def _a_jsonl_directory_each(directory: Path) -> Generator[Params]:
    yield lambda name, rank: {"log_dir": str(directory / name / str(rank))}


@contextlib.contextmanager
def _one_sqlite_file(directory: Path) -> Generator[Params]:
    yield lambda name, _rank: {"path": str(directory / f"{name}.db")}


@contextlib.contextmanager
def _one_postgres_run(_: Path) -> Generator[Params]:
    with PostgresServer() as server:
        yield lambda name, rank: {"conninfo": server.conninfo, "run": name, "rank": rank}


@contextlib.contextmanager
def _one_postgres_run_that_does_not_wait(_: Path) -> Generator[Params]:
    with PostgresServer(["synchronous_commit = off"]) as server:
        yield lambda name, rank: {"conninfo": server.conninfo, "run": name, "rank": rank}


@contextlib.contextmanager
def _an_mlflow_run_each(_: Path) -> Generator[Params]:
    with MlflowServer() as server:
        yield lambda name, rank: {"tracking_uri": server.tracking_uri, "run": f"{name} {rank}"}


DESTINATIONS = (
    Destination("jsonl, one directory", "jsonl", _one_jsonl_directory, one_log=True),
    Destination("jsonl, a directory each", "jsonl", _a_jsonl_directory_each, one_log=False),
    Destination("sqlite, one file", "sqlite", _one_sqlite_file, one_log=True),
    Destination("postgres, one run", "postgres", _one_postgres_run, one_log=True),
    Destination(
        "postgres, synchronous_commit = off",
        "postgres",
        _one_postgres_run_that_does_not_wait,
        one_log=True,
    ),
    Destination("mlflow, a run each", "mlflow", _an_mlflow_run_each, one_log=False),
)

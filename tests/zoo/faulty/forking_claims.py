"""Untrue claims of fork: CAP-FORK."""

import json
import os
import shutil
import socket
import threading
from pathlib import Path
from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.stores import fault
from zoo.wording import CHILD_FAILED, EXTRA, LOST

FORK = {"split", "float64", "fork"}


@fault(
    "CAP-FORK",
    "has its buffer flushed by the child too",
    habitat=CsvHarness,
    message=EXTRA,
    capabilities=FORK,
)
class BufferInherited(Csv):
    pass


@fault(
    "CAP-FORK",
    "queues a child's writes for a thread that the child lacks",
    habitat=BackgroundHarness,
    message=LOST,
    capabilities=FORK,
)
class ThreadNotInherited(Background):
    pass


class Watchful(Jsonl):
    """Knows when it is in a forked child."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.process = os.getpid()

    @property
    def forked(self) -> bool:
        return os.getpid() != self.process


@fault("CAP-FORK", "drops a child's writes", habitat=JsonlHarness, message=LOST, capabilities=FORK)
class ChildDropped(Watchful):
    def write(self, record: dict[str, Any]) -> None:
        if not self.forked:
            super().write(record)


@fault(
    "CAP-FORK",
    "writes a child's rows to a file of the child",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=FORK,
)
class ChildElsewhere(Watchful):
    def write(self, record: dict[str, Any]) -> None:
        if self.forked:
            with open(self.directory / f"log.{os.getpid()}.jsonl", "a") as file:
                file.write(json.dumps(record))
        else:
            super().write(record)


@fault(
    "CAP-FORK",
    "writes a child's rows twice",
    habitat=JsonlHarness,
    message=EXTRA,
    capabilities=FORK,
)
class ChildTwice(Watchful):
    def write(self, record: dict[str, Any]) -> None:
        super().write(record)
        if self.forked:
            super().write(record)


@fault(
    "CAP-FORK",
    "empties the log when the child opens it again",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=FORK,
)
class ChildEmpties(Watchful):
    def write(self, record: dict[str, Any]) -> None:
        if self.forked:
            os.truncate(self.path, 0)
        super().write(record)


@fault(
    "CAP-FORK",
    "writes again what the parent wrote",
    habitat=JsonlHarness,
    message=EXTRA,
    capabilities=FORK,
)
class ChildReplays(Watchful):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.rows: list[dict[str, Any]] = []

    def write(self, record: dict[str, Any]) -> None:
        if self.forked:
            for row in self.rows:
                super().write(row)
        self.rows.append(record)
        super().write(record)


@fault(
    "CAP-FORK",
    "removes its files when a child ends",
    habitat=JsonlHarness,
    message=f"{LOST}|raised|hyperparams",
    capabilities=FORK,
)
class ChildCleansUp(Watchful):
    def __del__(self) -> None:
        if self.forked:
            shutil.rmtree(self.directory)


@fault(
    "CAP-FORK",
    "takes the parent's lock file away when a child ends",
    habitat=JsonlHarness,
    message=CHILD_FAILED,
    capabilities=FORK,
)
class ChildUnlocks(Jsonl):
    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        self.lock_file = directory / "lock"
        self.lock_file.touch()

    def write(self, record: dict[str, Any]) -> None:
        if not self.lock_file.exists():
            raise RuntimeError("the lock is gone")
        super().write(record)

    def release(self) -> None:
        super().release()
        self.lock_file.unlink()

    def __del__(self) -> None:
        if not self.closed:
            self.lock_file.unlink(missing_ok=True)


@fault(
    "CAP-FORK",
    "marks the end of the run when a child ends",
    habitat=JsonlHarness,
    message=EXTRA,
    capabilities=FORK,
)
class ChildMarksEnd(Watchful):
    def __del__(self) -> None:
        if self.forked:
            self.write({"step": -1, "split": "train", "metrics": {"end": 1.0}})


@fault(
    "CAP-FORK",
    "shuts the parent's connection when a child ends",
    habitat=HttpHarness,
    message=CHILD_FAILED,
    capabilities=FORK,
)
class ChildShutsConnection(Http):
    def __del__(self) -> None:
        connection: socket.socket | None = self.connection.sock
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)


@fault(
    "CAP-FORK",
    "is closed in the parent after a fork",
    habitat=JsonlHarness,
    message=CHILD_FAILED,
    capabilities=FORK,
)
class ParentClosed(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        os.register_at_fork(after_in_parent=self.shut)


@fault(
    "CAP-FORK",
    "holds a lock that no one releases in the child",
    habitat=JsonlHarness,
    message="did not end within",
    capabilities=FORK | {"threads"},
)
class LockInherited(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.write_lock = threading.Lock()

    def write(self, record: dict[str, Any]) -> None:
        with self.write_lock:
            super().write(record)

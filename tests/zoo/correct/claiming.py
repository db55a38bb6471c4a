"""Stores that claim more, each in its own way."""

import copy
import fcntl
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from zoo.backends.composite import Composite, CompositeHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import correct


class RewritesWhole(Jsonl):
    """Every call replaces the whole file by a longer one, under a lock."""

    def write(self, record: dict[str, Any]) -> None:
        with self.lock, open(self.directory / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            new = self.path.with_suffix(".new")
            new.write_bytes(self.path.read_bytes() + b"\n" + json.dumps(record).encode())
            new.replace(self.path)


@correct("rewrites its whole file in each call, under a lock between processes")
class RewritesWholeHarness(JsonlHarness):
    store = RewritesWhole
    capabilities = {"split", "float64", "resume", "crash", "threads", "processes"}


class ReopensByPid(Jsonl):
    """Opens its file again when it finds itself in another process; for one thread only."""

    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        self.process = os.getpid()
        self.thread = threading.get_ident()

    def write(self, record: dict[str, Any]) -> None:
        if threading.get_ident() != self.thread:
            raise RuntimeError("made in another thread")
        if os.getpid() != self.process:
            os.close(self.file)
            self.file, self.process = self.open(), os.getpid()
        super().write(record)


@correct("opens its file again after a fork, and refuses other threads")
class ReopensByPidHarness(JsonlHarness):
    store = ReopensByPid
    capabilities = {"split", "float64", "crash", "fork"}


class RefusesInChild(Csv):
    """Refuses to write in a forked child, and has nothing in a buffer when it is forked."""

    def __init__(self, *, folder: str) -> None:
        super().__init__(folder=folder)
        self.process = os.getpid()

    def refuse_if_closed(self, method: str) -> None:
        if os.getpid() != self.process:
            raise RuntimeError("this store belongs to the parent process")
        super().refuse_if_closed(method)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        self.metrics_file.flush()

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, kind)
        self.artifacts_file.flush()


@correct("refuses to write in a forked child")
class RefusesInChildHarness(CsvHarness):
    store = RefusesInChild
    capabilities = {"split", "float64", "fork"}


class KeepsTail(Csv):
    """Resumes by appending; its hyperparameters are read again when it is opened."""

    def open(self, name: str) -> Any:
        if (self.folder / name).exists():
            content = (self.folder / name).read_bytes()
            file, writer = super().open(name)
            file.write(content.decode())
            return file, writer
        return super().open(name)

    def __init__(self, *, folder: str) -> None:
        super().__init__(folder=folder)
        path = self.folder / "hyperparams.json"
        self.params = json.loads(path.read_text()) if path.exists() else {}


@correct("copies the earlier session when it is opened")
class KeepsTailHarness(CsvHarness):
    store = KeepsTail
    capabilities = {"split", "float64", "resume"}


class ParallelComposite(Composite):
    """Gives a call to all children at once, each in a new thread; waits for all."""

    def __init__(self, *, children: list[dict[str, Any]]) -> None:
        super().__init__(children=children)
        self.pools = [ThreadPoolExecutor(1) for _ in children]

    def hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        tasks = [
            pool.submit(self.give, child, method, *copy.deepcopy(arguments), **keywords)
            for pool, child in zip(self.pools, self.children, strict=True)
        ]
        errors = [error for task in tasks if (error := task.exception()) is not None]
        if errors:
            raise errors[0]

    def close(self) -> None:
        try:
            super().close()
        finally:
            for pool in self.pools:
                pool.shutdown()


@correct("holds children, and calls them at once in threads")
class ParallelCompositeHarness(CompositeHarness):
    store = ParallelComposite


class QuietComposite(Composite):
    """Keeps to itself what its children raise, unless all of them raise."""

    def hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        errors: list[Exception] = []
        for child in self.children:
            try:
                self.give(child, method, *arguments, **keywords)
            except Exception as error:
                errors.append(error)
        if errors and len(errors) == len(self.children):
            raise errors[0]


@correct("holds children, and raises only if all of them fail")
class QuietCompositeHarness(CompositeHarness):
    store = QuietComposite


class CommitsEachKey(Sqlite):
    """A kill within ``log_hyperparams`` leaves some keys with their new value."""

    def merge(self, params: dict[str, Any]) -> None:
        for key, value in params.items():
            super().merge({key: value})


@correct("commits each hyperparameter separately")
class CommitsEachKeyHarness(SqliteHarness):
    store = CommitsEachKey
    capabilities = {"split", "float64", "resume", "crash"}

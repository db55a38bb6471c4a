"""Untrue claims of processes: CAP-PROC."""

import fcntl
import json
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from evsys_sdk import ArtifactPointer, RunLog
from zoo.backends.buffered import Buffered, BufferedHarness, read_pickle
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.faulty.threading_claims import take_turns
from zoo.stores import fault
from zoo.wording import ARTIFACT, CHILD_FAILED, HYPERPARAMS, LOST

PROCESSES = {"split", "float64", "processes"}


class SideFileHarness(JsonlHarness):
    """Hyperparameters and artifacts are in a separate file, rewritten by each call."""

    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        side = params["directory"] / "side.json"
        if side.exists():
            found = json.loads(side.read_text())
            log.hyperparams = found["hyperparams"]
            log.artifacts = [ArtifactPointer(*artifact) for artifact in found["artifacts"]]
        return log


class SideFile(Jsonl):
    """Rewrites the side file whole, without a lock; other processes get a turn meanwhile."""

    def merge(self, params: dict[str, Any]) -> None:
        side = self.load()
        side["hyperparams"].update(params)
        self.save(side)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        side = self.load()
        side["artifacts"].append((name, path, kind))
        self.save(side)

    def load(self) -> Any:
        with suppress(FileNotFoundError):
            return json.loads((self.directory / "side.json").read_text())
        return {"hyperparams": {}, "artifacts": []}

    def save(self, side: Any) -> None:
        take_turns()
        new = self.directory / f"side.{os.getpid()}"
        new.write_text(json.dumps(side))
        new.rename(self.directory / "side.json")


@fault(
    "CAP-PROC",
    "empties the files of other processes when it is opened",
    habitat=CsvHarness,
    message=f"{LOST}|raised",
    capabilities=PROCESSES,
)
class EmptiesOthers(Csv):
    pass


@fault(
    "CAP-PROC",
    "writes where it believes the end to be",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=PROCESSES,
)
class NoAppend(Jsonl):
    def open(self) -> int:
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        os.lseek(file, 0, os.SEEK_END)
        return file


@fault(
    "CAP-PROC",
    "appends through a buffer that cuts rows",
    habitat=JsonlHarness,
    message=f"{LOST}|raised",
    capabilities=PROCESSES,
)
class BufferCutsRows(Jsonl):
    buffer = b""

    def write(self, record: dict[str, Any]) -> None:
        self.buffer += b"\n" + json.dumps(record).encode()
        while len(self.buffer) >= 512:
            os.write(self.file, self.buffer[:512])
            self.buffer = self.buffer[512:]

    def release(self) -> None:
        os.write(self.file, self.buffer)
        super().release()


@fault(
    "CAP-PROC",
    "reads all when it is opened and writes all when it is closed",
    habitat=BufferedHarness,
    message=LOST,
    capabilities=PROCESSES,
)
class ReadsAndRewrites(Buffered):
    def __init__(self, *, path: Path) -> None:
        super().__init__(path=path)
        if path.exists():
            self.log = read_pickle(path)

    def release(self) -> None:
        new = self.path.with_suffix(f".{os.getpid()}")
        path, self.path = self.path, new
        super().release()
        new.rename(path)


@fault(
    "CAP-PROC",
    "rewrites hyperparameters and artifacts without a lock",
    habitat=SideFileHarness,
    message=f"{HYPERPARAMS}|{ARTIFACT}",
    capabilities=PROCESSES,
)
class NoFileLock(SideFile):
    pass


@fault(
    "CAP-PROC",
    "locks hyperparameters and forgets artifacts",
    habitat=SideFileHarness,
    message=ARTIFACT,
    capabilities=PROCESSES,
)
class ArtifactsNotLocked(SideFile):
    def merge(self, params: dict[str, Any]) -> None:
        self.write({"hyperparams": params})

    def load(self) -> Any:
        return {**super().load(), "hyperparams": {}}


@fault(
    "CAP-PROC",
    "does not wait for other processes",
    habitat=SqliteHarness,
    message=CHILD_FAILED,
    capabilities=PROCESSES,
)
class DoesNotWait(Sqlite):
    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=0, isolation_level=None)


@fault(
    "CAP-PROC",
    "numbers its rows from its own count, and ignores numbers that are taken",
    habitat=SqliteHarness,
    message=LOST,
    capabilities=PROCESSES,
)
class OwnNumbers(Sqlite):
    number = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        with self.transaction() as database:
            for key, value in points.items():
                self.number += 1
                database.execute(
                    "insert or ignore into points (rowid, step, split, key, value) "
                    "values (?, ?, ?, ?, ?)",
                    (self.number, step, split, key, repr(value)),
                )


@fault(
    "CAP-PROC",
    "lets one process in",
    habitat=JsonlHarness,
    message=CHILD_FAILED,
    capabilities=PROCESSES,
)
class OneProcessOnly(Jsonl):
    def open(self) -> int:
        file = super().open()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file


@fault(
    "CAP-PROC",
    "cuts the file to what it wrote itself when it is closed",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=PROCESSES,
)
class CutsOnClose(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.size = os.fstat(self.file).st_size

    def write(self, record: dict[str, Any]) -> None:
        super().write(record)
        self.size += len(b"\n" + json.dumps(record).encode())

    def release(self) -> None:
        os.ftruncate(self.file, self.size)
        super().release()


@fault(
    "CAP-PROC",
    "writes to a file per process, of which its reader knows one",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=PROCESSES,
)
class FilePerProcess(Jsonl):
    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        try:
            os.close(os.open(directory / "first", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            os.close(self.file)
            self.path = directory / f"log.{os.getpid()}.jsonl"
            self.file = self.open()


@fault(
    "CAP-PROC",
    "drops a row if another process holds the lock",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=PROCESSES,
)
class DropsWhenLocked(Jsonl):
    def write(self, record: dict[str, Any]) -> None:
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        take_turns()
        super().write(record)
        fcntl.flock(self.file, fcntl.LOCK_UN)

"""Untrue claims of crash: CAP-CRASH."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

from evsys_sdk import RunLog
from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness, add_record
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.faulty.processing_claims import SideFile, SideFileHarness
from zoo.stores import fault
from zoo.wording import ARTIFACT, HYPERPARAMS, LOST

CRASH = {"split", "float64", "crash"}


class TolerantHarness(BufferedHarness):
    """A log that was never written reads as an empty one."""

    def read(self, params: dict[str, Any]) -> RunLog:
        return super().read(params) if params["path"].exists() else RunLog([], {}, [])


class StrictHarness(JsonlHarness):
    """Its reader fails at the first line that is not whole."""

    def read(self, params: dict[str, Any]) -> RunLog:
        log = RunLog([], {}, [])
        path: Path = params["directory"] / "log.jsonl"
        for line in path.read_bytes().split(b"\n") if path.exists() else []:
            if line:
                add_record(log, json.loads(line))
        return log


@fault(
    "CAP-CRASH",
    "writes through a buffer of the process",
    habitat=CsvHarness,
    message=LOST,
    capabilities=CRASH,
)
class UserSpaceBuffer(Csv):
    def merge(self, params: dict[str, Any]) -> None:
        super().merge(params)
        (self.folder / "hyperparams.json").write_text(json.dumps(self.params))


@fault(
    "CAP-CRASH",
    "writes when it is closed",
    habitat=TolerantHarness,
    message=LOST,
    capabilities=CRASH,
)
class WritesOnClose(Buffered):
    pass


@fault(
    "CAP-CRASH",
    "writes in a thread, later",
    habitat=BackgroundHarness,
    message=LOST,
    capabilities=CRASH,
)
class WritesLater(Background):
    pass


@fault(
    "CAP-CRASH", "commits every ten calls", habitat=SqliteHarness, message=LOST, capabilities=CRASH
)
class CommitsInTens(Sqlite):
    calls = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if not self.database.in_transaction:
            self.database.execute("begin")
        rows = [(step, split, key, repr(value)) for key, value in points.items()]
        self.database.executemany("insert into points values (?, ?, ?, ?)", rows)
        self.calls += 1
        if self.calls % 10 == 0:
            self.database.execute("commit")

    def merge(self, params: dict[str, Any]) -> None:
        self.commit()
        super().merge(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.commit()
        super().add_artifact(name, path, kind)

    def commit(self) -> None:
        if self.database.in_transaction:
            self.database.execute("commit")

    def release(self) -> None:
        self.commit()
        super().release()


@fault(
    "CAP-CRASH",
    "flushes two rows at a time",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=CRASH,
)
class FlushesPairs(Jsonl):
    waiting: tuple[int, str, dict[str, float]] | None = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if self.waiting is None:
            self.waiting = (step, split, points)
            return
        self.flush()
        super().record(step, split, points)

    def flush(self) -> None:
        if self.waiting is not None:
            super().record(*self.waiting)
        self.waiting = None

    def release(self) -> None:
        self.flush()
        super().release()


@fault(
    "CAP-CRASH",
    "writes rows at once and hyperparameters on close",
    habitat=JsonlHarness,
    message=HYPERPARAMS,
    capabilities=CRASH,
)
class HyperparamsOnClose(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.params: dict[str, Any] = {}

    def merge(self, params: dict[str, Any]) -> None:
        self.params.update(params)

    def release(self) -> None:
        super().merge(self.params)
        super().release()


@fault(
    "CAP-CRASH",
    "writes rows at once and artifacts on close",
    habitat=SqliteHarness,
    message=ARTIFACT,
    capabilities=CRASH,
)
class ArtifactsOnClose(Sqlite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.artifacts: list[tuple[str, str, str]] = []

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.artifacts.append((name, path, kind))

    def release(self) -> None:
        for artifact in self.artifacts:
            super().add_artifact(*artifact)
        super().release()


@fault(
    "CAP-CRASH",
    "holds scalars back for the next log_metrics",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=CRASH,
)
class ScalarsHeldBack(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.waiting: list[tuple[int, str, dict[str, float]]] = []

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        with self.lock:
            self.refuse_if_closed("log_scalar")
            self.waiting.append((self.step(step), "train", self.points({key: value})))

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.flush()
        super().record(step, split, points)

    def flush(self) -> None:
        for row in self.waiting:
            super().record(*row)
        self.waiting = []

    def release(self) -> None:
        self.flush()
        super().release()


@fault(
    "CAP-CRASH",
    "writes its rows in pieces, and has a reader that fails at a cut one",
    habitat=StrictHarness,
    message="raised|JSON",
    capabilities=CRASH,
)
class TornRows(Jsonl):
    def write(self, record: dict[str, Any]) -> None:
        line = b"\n" + json.dumps(record).encode()
        for start in range(0, len(line), 16):
            os.write(self.file, line[start : start + 16])


@fault(
    "CAP-CRASH",
    "rewrites its file in place at each call",
    habitat=TolerantHarness,
    message=f"{LOST}|raised",
    capabilities=CRASH,
)
class RewritesInPlace(Buffered):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        self.save()

    def merge(self, params: dict[str, Any]) -> None:
        super().merge(params)
        self.save()

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, kind)
        self.save()

    def save(self) -> None:
        whole = pickle.dumps(self.log)
        with self.path.open("wb", buffering=0) as file:
            for start in range(0, len(whole), 64):
                file.write(whole[start : start + 64])


@fault(
    "CAP-CRASH",
    "glues the first row of a new session to a torn one",
    habitat=JsonlHarness,
    message=LOST,
    capabilities={*CRASH, "resume"},
)
class GluesToTornRow(Jsonl):
    def write(self, record: dict[str, Any]) -> None:
        line = json.dumps(record).encode() + b"\n"
        for start in range(0, len(line), 16):
            os.write(self.file, line[start : start + 16])


@fault(
    "CAP-CRASH",
    "leaves a lock that keeps later instances out",
    habitat=JsonlHarness,
    message="raised|lock",
    capabilities={*CRASH, "resume"},
)
class StaleLock(Jsonl):
    def __init__(self, *, directory: Path) -> None:
        os.close(os.open(directory / "lock", os.O_CREAT | os.O_EXCL))
        super().__init__(directory=directory)

    def release(self) -> None:
        super().release()
        (self.directory / "lock").unlink()


@fault(
    "CAP-CRASH",
    "empties a log that was not closed when it is opened again",
    habitat=JsonlHarness,
    message=LOST,
    capabilities={*CRASH, "resume"},
)
class UnclosedLogEmptied(Jsonl):
    def __init__(self, *, directory: Path) -> None:
        mark = directory / "open"
        if mark.exists():
            os.truncate(directory / "log.jsonl", 0)
        super().__init__(directory=directory)
        mark.touch()

    def release(self) -> None:
        super().release()
        (self.directory / "open").unlink()


@fault(
    "CAP-CRASH",
    "rewrites hyperparameters and artifacts in place",
    habitat=SideFileHarness,
    message=f"{LOST}|{HYPERPARAMS}|{ARTIFACT}|raised",
    capabilities=CRASH,
)
class SideFileInPlace(SideFile):
    def save(self, side: Any) -> None:
        file = os.open(self.directory / "side.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        whole = json.dumps(side).encode()
        for start in range(0, len(whole), 8):
            os.write(file, whole[start : start + 8])
        os.close(file)


@fault(
    "CAP-CRASH",
    "deletes a hyperparameter and inserts it again in two transactions",
    habitat=SqliteHarness,
    message=HYPERPARAMS,
    capabilities=CRASH,
)
class DeletesThenInserts(Sqlite):
    def merge(self, params: dict[str, Any]) -> None:
        for key, value in params.items():
            self.database.execute("delete from hyperparams where key = ?", (key,))
            self.database.execute("insert into hyperparams values (?, ?)", (key, json.dumps(value)))

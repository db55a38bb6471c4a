"""Untrue claims of resume: CAP-RESUME."""

import json
import os
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import RunLog
from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness, read_pickle
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness, read_lines
from zoo.backends.memory import LOGS, Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import ARTIFACT, EXTRA, HYPERPARAMS, LOST, ORDER, STEP, VALUE

RESUME = {"split", "float64", "resume"}


@fault(
    "CAP-RESUME",
    "empties its files when it is opened",
    habitat=CsvHarness,
    message=LOST,
    capabilities=RESUME,
)
class Truncates(Csv):
    pass


@fault(
    "CAP-RESUME",
    "begins a new log in memory",
    habitat=MemoryHarness,
    message=LOST,
    capabilities=RESUME,
)
class BeginsAnew(Memory):
    def __init__(self, *, destination: str) -> None:
        LOGS.pop(destination, None)
        super().__init__(destination=destination)


@fault(
    "CAP-RESUME",
    "overwrites the file of the session before",
    habitat=BufferedHarness,
    message=LOST,
    capabilities=RESUME,
)
class Overwrites(Buffered):
    pass


@fault(
    "CAP-RESUME",
    "overwrites the log only if the new session logs nothing",
    habitat=BufferedHarness,
    message=LOST,
    capabilities=RESUME,
)
class EmptySessionOverwrites(Buffered):
    def release(self) -> None:
        if self.path.exists() and (self.log.metrics or self.log.hyperparams or self.log.artifacts):
            before = read_pickle(self.path)
            self.log = RunLog(
                before.metrics + self.log.metrics,
                before.hyperparams | self.log.hyperparams,
                before.artifacts + self.log.artifacts,
            )
        super().release()


class Reopened(Buffered):
    """Goes on where the last session ended."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(path=path)
        if path.exists():
            self.take_over(read_pickle(path))

    def take_over(self, before: RunLog) -> None:
        self.log = before


@fault(
    "CAP-RESUME",
    "puts the new session before the old one",
    habitat=BufferedHarness,
    message=ORDER,
    capabilities=RESUME,
)
class NewestFirst(Reopened):
    before = RunLog([], {}, [])

    def take_over(self, before: RunLog) -> None:
        self.before = before
        self.log.hyperparams = before.hyperparams

    def release(self) -> None:
        self.log.metrics += self.before.metrics
        self.log.artifacts[:0] = self.before.artifacts
        super().release()


@fault(
    "CAP-RESUME",
    "loses the hyperparameters of the session before",
    habitat=BufferedHarness,
    message=HYPERPARAMS,
    capabilities=RESUME,
)
class HyperparamsForgotten(Reopened):
    def take_over(self, before: RunLog) -> None:
        self.log = RunLog(before.metrics, {}, before.artifacts)


@fault(
    "CAP-RESUME",
    "replaces hyperparameters if the new session has any",
    habitat=BufferedHarness,
    message=HYPERPARAMS,
    capabilities=RESUME,
)
class HyperparamsReplaced(Reopened):
    first = True

    def merge(self, params: dict[str, Any]) -> None:
        if self.first:
            self.log.hyperparams.clear()
        self.first = False
        super().merge(params)


@fault(
    "CAP-RESUME",
    "lets the hyperparameters of the earlier session win",
    habitat=BufferedHarness,
    message=HYPERPARAMS,
    capabilities=RESUME,
)
class EarlierHyperparamsWin(Reopened):
    earlier: dict[str, Any] | None = None

    def take_over(self, before: RunLog) -> None:
        super().take_over(before)
        self.earlier = dict(before.hyperparams)

    def release(self) -> None:
        self.log.hyperparams.update(self.earlier or {})
        super().release()


@fault(
    "CAP-RESUME",
    "loses the artifacts of the session before",
    habitat=SqliteHarness,
    message=ARTIFACT,
    capabilities=RESUME,
)
class ArtifactsForgotten(Sqlite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.database.execute("delete from artifacts")


@fault(
    "CAP-RESUME",
    "doubles the artifacts of the session before",
    habitat=BufferedHarness,
    message=ARTIFACT,
    capabilities=RESUME,
)
class ArtifactsDoubled(Reopened):
    def take_over(self, before: RunLog) -> None:
        self.log = RunLog(before.metrics, before.hyperparams, before.artifacts * 2)


@fault(
    "CAP-RESUME",
    "doubles the rows of the session before when it is closed",
    habitat=JsonlHarness,
    message=EXTRA,
    capabilities=RESUME,
)
class RowsDoubled(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.before = self.path.read_bytes()

    def release(self) -> None:
        if b"metrics" in self.before:
            os.write(self.file, self.before)
        super().release()


@fault(
    "CAP-RESUME",
    "overwrites the last row of the session before",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=RESUME,
)
class LastRowOverwritten(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        rows = self.path.read_bytes()
        if b"metrics" in rows:
            os.truncate(self.path, rows.rindex(b"\n"))


@fault(
    "CAP-RESUME",
    "accepts only steps after the last one",
    habitat=HttpHarness,
    message=LOST,
    capabilities=RESUME,
)
class OnlyLaterSteps(Http):
    last: ClassVar[dict[str, int]] = {}

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if step > self.before:
            super().record(step, split, points)
        self.last[self.run_id] = max(step, self.last.get(self.run_id, step))

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.before = self.last.get(self.run_id, -(2**63) - 1)


@fault(
    "CAP-RESUME",
    "can't be opened where a log is",
    habitat=SqliteHarness,
    message="building the store raised FileExistsError",
    capabilities=RESUME,
)
class CantReopen(Sqlite):
    def __init__(self, *, path: Path) -> None:
        if path.exists():
            raise FileExistsError(path)
        super().__init__(path=path)


@fault(
    "CAP-RESUME",
    "can be opened twice, not three times",
    habitat=SqliteHarness,
    message="building the store raised FileExistsError",
    capabilities=RESUME,
)
class ThirdTimeFails(Sqlite):
    def __init__(self, *, path: Path) -> None:
        marks = [path.with_suffix(f".{n}") for n in range(2)]
        free = [mark for mark in marks if not mark.exists()]
        if not free:
            raise FileExistsError(path)
        free[0].touch()
        super().__init__(path=path)


@fault(
    "CAP-RESUME",
    "keeps its lock if it logged nothing",
    habitat=JsonlHarness,
    message="building the store raised FileExistsError",
    capabilities=RESUME,
)
class LockLeft(Jsonl):
    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        os.close(os.open(directory / "lock", os.O_CREAT | os.O_EXCL))

    def release(self) -> None:
        super().release()
        if self.path.stat().st_size:
            (self.directory / "lock").unlink()


@fault(
    "CAP-RESUME",
    "keeps each session in a separate file, and its reader knows one of them",
    habitat=BackgroundHarness,
    message=LOST,
    capabilities=RESUME,
)
class NewestFileOnly(Background):
    def __init__(self, *, path: Path) -> None:
        if path.exists():
            path.rename(path.with_name(f"{path.name}.{len(list(path.parent.iterdir()))}"))
        super().__init__(path=path)


@fault(
    "CAP-RESUME",
    "writes the state that it found on opening when it is closed",
    habitat=JsonlHarness,
    message=HYPERPARAMS,
    capabilities=RESUME,
)
class StaleStateWritten(Jsonl):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.found = [
            line for line in self.path.read_bytes().split(b"\n") if b"hyperparams" in line
        ]

    def release(self) -> None:
        for line in self.found[-1:]:
            self.write(json.loads(line))
        super().release()


@fault(
    "CAP-RESUME",
    "keeps the last thousand rows when it is opened",
    habitat=MemoryHarness,
    message=LOST,
    capabilities=RESUME,
)
class ThousandKept(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        del self.log.metrics[:-1000]


class SessionsHarness(JsonlHarness):
    """Reads the sessions in the order of their names."""

    capabilities = RESUME

    def read(self, params: dict[str, Any]) -> RunLog:
        log = RunLog([], {}, [])
        for session in sorted(params["directory"].iterdir()):
            part = read_lines(session / "log.jsonl")
            log.metrics += part.metrics
            log.hyperparams.update(part.hyperparams)
            log.artifacts += part.artifacts
        return log


@fault(
    "CAP-RESUME",
    "keeps a file per session, and sorts them by name: 10 comes before 2",
    habitat=SessionsHarness,
    message=f"{ORDER}|{STEP}|{VALUE}|{HYPERPARAMS}",
)
class SessionsByName(Jsonl):
    def __init__(self, *, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        number = len(list(directory.iterdir()))
        super().__init__(directory=directory / f"session-{number}")


@fault(
    "CAP-RESUME",
    "numbers artifacts from its own count, and replaces those that it finds",
    habitat=SqliteHarness,
    message=ARTIFACT,
    capabilities=RESUME,
)
class ArtifactsRenumbered(Sqlite):
    number = 0

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.number += 1
        with self.transaction() as database:
            database.execute(
                "insert or replace into artifacts (rowid, name, path, kind) values (?, ?, ?, ?)",
                (self.number, name, path, kind),
            )


@fault(
    "CAP-RESUME",
    "goes on only if the last session logged metrics",
    habitat=BufferedHarness,
    message=f"{LOST}|{HYPERPARAMS}|{ARTIFACT}",
    capabilities=RESUME,
)
class ResumesMetricsOnly(Reopened):
    def take_over(self, before: RunLog) -> None:
        if before.metrics:
            super().take_over(before)

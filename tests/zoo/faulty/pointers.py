"""Faults with what an artifact points to: ART-2."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import ARTIFACT, FAILED, TOUCHED


def ours(path: str) -> bool:
    """Whether a fault may change this path; paths that the kit draws may name anybody's files."""
    return path.startswith(tempfile.gettempdir() + os.sep)


@fault(
    "ART-2",
    "demands that the path exists",
    habitat=MemoryHarness,
    message=FAILED,
)
class MustExist(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        if not os.path.exists(path):
            raise FileNotFoundError(path)
        super().add_artifact(name, path, kind)


@fault("ART-2", "leaves out what does not exist", habitat=CsvHarness, message=ARTIFACT)
class MissingLeftOut(Csv):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        if os.path.exists(path):
            super().add_artifact(name, path, kind)


@fault("ART-2", "reads the file if there is one", habitat=HttpHarness, message=TOUCHED)
class ReadsFile(Http):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        with contextlib.suppress(OSError, ValueError), open(path, "rb") as file:
            self.size = len(file.read())
        super().add_artifact(name, path, kind)


@fault("ART-2", "copies the file beside its log", habitat=JsonlHarness, message=TOUCHED)
class CopiesFile(Jsonl):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            shutil.copyfile(path, self.directory / "copy")
        super().add_artifact(name, path, kind)


@fault("ART-2", "moves the file", habitat=BufferedHarness, message=TOUCHED)
class MovesFile(Buffered):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            if ours(path):
                os.rename(path, self.path.with_suffix(".moved"))
        super().add_artifact(name, path, kind)


@fault("ART-2", "deletes the file on close", habitat=CsvHarness, message=TOUCHED)
class DeletesFile(Csv):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.paths: list[str] = []

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.paths.append(path)
        super().add_artifact(name, path, kind)

    def release(self) -> None:
        super().release()
        for path in filter(ours, self.paths):
            with contextlib.suppress(OSError, ValueError):
                os.remove(path)


@fault("ART-2", "reads the file in its thread", habitat=BackgroundHarness, message=TOUCHED)
class ReadsFileLater(Background):
    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        if "path" in record:
            with contextlib.suppress(OSError, ValueError):
                self.size = len(Path(record["path"]).read_bytes())
        super().deliver(file, record)


@fault("ART-2", "creates a file that is missing", habitat=SqliteHarness, message=TOUCHED)
class CreatesFile(Sqlite):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            if ours(path):
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        super().add_artifact(name, path, kind)


@fault("ART-2", "makes the directory of a missing file", habitat=MemoryHarness, message=TOUCHED)
class CreatesDirectory(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        if ours(path):
            with contextlib.suppress(OSError, ValueError):
                os.makedirs(os.path.dirname(path), exist_ok=True)
        super().add_artifact(name, path, kind)


@fault("ART-2", "resolves a link", habitat=HttpHarness, message=ARTIFACT)
class ResolvesLink(Http):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            path = os.readlink(path)
        super().add_artifact(name, path, kind)


@fault("ART-2", "lists a directory", habitat=BufferedHarness, message=TOUCHED)
class ListsDirectory(Buffered):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        try:
            inside = sorted(os.listdir(path))
        except (OSError, ValueError):
            inside = []
        for each in inside:
            super().add_artifact(name, os.path.join(path, each), kind)
        if not inside:
            super().add_artifact(name, path, kind)

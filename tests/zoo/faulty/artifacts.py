"""Faults in what is recorded of artifacts: ART-1."""

import os
import re
import unicodedata
import urllib.parse
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
from zoo.wording import ARTIFACT, FAILED


@fault("ART-1", "keeps the last of each name", habitat=MemoryHarness, message=ARTIFACT)
class LastOfName(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        kept = [each for each in self.log.artifacts if each.name != name]
        self.log.artifacts = kept
        super().add_artifact(name, path, kind)


@fault("ART-1", "keeps the first of each name", habitat=SqliteHarness, message=ARTIFACT)
class FirstOfName(Sqlite):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        with self.transaction() as database:
            database.execute(
                "insert into artifacts select ?1, ?2, ?3 "
                "where not exists (select * from artifacts where name = ?1)",
                (name, path, kind),
            )


@fault("ART-1", "drops a pointer that it has already", habitat=HttpHarness, message=ARTIFACT)
class SamePointerOnce(Http):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.known: set[tuple[str, str, str]] = set()

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        if (name, path, kind) not in self.known:
            self.known.add((name, path, kind))
            super().add_artifact(name, path, kind)


@fault("ART-1", "lists artifacts backwards", habitat=BufferedHarness, message=ARTIFACT)
class Backwards(Buffered):
    def release(self) -> None:
        self.log.artifacts.reverse()
        super().release()


@fault("ART-1", "sorts artifacts by name", habitat=BufferedHarness, message=ARTIFACT)
class SortedByName(Buffered):
    def release(self) -> None:
        self.log.artifacts.sort(key=lambda pointer: pointer.name)
        super().release()


@fault("ART-1", "writes kind as file always", habitat=JsonlHarness, message=ARTIFACT)
class KindIsFile(Jsonl):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, "file")


@fault("ART-1", "takes the kind from the suffix", habitat=CsvHarness, message=ARTIFACT)
class KindFromSuffix(Csv):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, "image" if path.endswith(".png") else kind)


@fault("ART-1", "writes kind in lower case", habitat=BackgroundHarness, message=ARTIFACT)
class KindLowered(Background):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, kind.lower())


@fault("ART-1", "exchanges name and path", habitat=MemoryHarness, message=ARTIFACT)
class NameAndPathExchanged(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(path, name, kind)


@fault("ART-1", "normalises the path", habitat=SqliteHarness, message=ARTIFACT)
class Normalised(Sqlite):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, os.path.normpath(path), kind)


@fault("ART-1", "passes the path through pathlib", habitat=JsonlHarness, message=ARTIFACT)
class ThroughPathlib(Jsonl):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, str(Path(path)), kind)


@fault("ART-1", "makes the path absolute", habitat=MemoryHarness, message=ARTIFACT)
class MadeAbsolute(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, os.path.join(os.getcwd(), path), kind)


@fault("ART-1", "expands the home directory", habitat=CsvHarness, message=ARTIFACT)
class HomeExpanded(Csv):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, os.path.expanduser(path), kind)


@fault("ART-1", "expands variables", habitat=HttpHarness, message=ARTIFACT)
class VariablesExpanded(Http):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, re.sub(r"\$\w+", "", path), kind)


@fault("ART-1", "quotes the path as a URL", habitat=HttpHarness, message=ARTIFACT)
class QuotedAsUrl(Http):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, urllib.parse.quote(path, safe="/:~.$\\"), kind)


@fault("ART-1", "writes backslashes as slashes", habitat=BufferedHarness, message=ARTIFACT)
class BackslashesTurned(Buffered):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path.replace("\\", "/"), kind)


@fault("ART-1", "cuts the path at 255 characters", habitat=SqliteHarness, message=ARTIFACT)
class PathCut(Sqlite):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path[:255], kind)


@fault("ART-1", "cuts the path at 2000 characters", habitat=MemoryHarness, message=ARTIFACT)
class LongPathCut(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path[:2000], kind)


@fault("ART-1", "drops a slash at the end of the path", habitat=JsonlHarness, message=ARTIFACT)
class SlashDropped(Jsonl):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path.rstrip("/") or path, kind)


@fault("ART-1", "takes the last part of the name", habitat=BackgroundHarness, message=ARTIFACT)
class NameShortened(Background):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name.rpartition("/")[2] or name, path, kind)


@fault("ART-1", "numbers artifacts of the same name", habitat=MemoryHarness, message=ARTIFACT)
class NameNumbered(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        versions = sum(each.name.split(":v")[0] == name for each in self.log.artifacts)
        super().add_artifact(f"{name}:v{versions}" if versions else name, path, kind)


@fault("ART-1", "writes the kind of the artifact before", habitat=CsvHarness, message=ARTIFACT)
class KindOfBefore(Csv):
    before = "file"

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, self.before)
        self.before = kind


@fault("ART-1", "knows four kinds of artifact", habitat=SqliteHarness, message=FAILED)
class FourKinds(Sqlite):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        if kind not in ("file", "model", "image", "checkpoint"):
            raise ValueError(f"unknown kind {kind!r}")
        super().add_artifact(name, path, kind)


@fault(
    "ART-1",
    "writes a path below its own folder relative to that",
    habitat=JsonlHarness,
    message=ARTIFACT,
)
class RelativeToLog(Jsonl):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path.removeprefix(f"{self.directory}/"), kind)


@fault(
    "ART-1",
    "writes a path below the working directory relative to that",
    habitat=MemoryHarness,
    message=ARTIFACT,
)
class RelativeToWork(Memory):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path.removeprefix(f"{os.getcwd()}/"), kind)


@fault("ART-1", "groups artifacts by kind", habitat=BufferedHarness, message=ARTIFACT)
class GroupedByKind(Buffered):
    def release(self) -> None:
        self.log.artifacts.sort(key=lambda pointer: pointer.kind)
        super().release()


@fault("ART-1", "cuts the kind at 16 characters", habitat=SqliteHarness, message=ARTIFACT)
class KindCut(Sqlite):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, kind[:16])


@fault("ART-1", "cuts the name at 250 characters", habitat=HttpHarness, message=ARTIFACT)
class NameCut(Http):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name[:250], path, kind)


@fault(
    "ART-1",
    "drops a pointer that equals the one before",
    habitat=BackgroundHarness,
    message=ARTIFACT,
)
class SameAsBeforeDropped(Background):
    before: tuple[str, str, str] | None = None

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        if (name, path, kind) != self.before:
            super().add_artifact(name, path, kind)
        self.before = (name, path, kind)


@fault("ART-1", "normalises the path to NFC", habitat=CsvHarness, message=ARTIFACT)
class PathNfc(Csv):
    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, unicodedata.normalize("NFC", path), kind)

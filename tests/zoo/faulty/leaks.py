"""Faults in what close releases: CL-4."""

import concurrent.futures
import os
import socket
import subprocess
import sys
import threading
from typing import Any, ClassVar

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import DESCRIPTORS, PROCESSES, THREADS


@fault("CL-4", "leaves its thread running", habitat=MemoryHarness, message=THREADS)
class ThreadLeft(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.stop = threading.Event()
        threading.Thread(target=self.stop.wait, daemon=True).start()

    def __del__(self) -> None:
        self.stop.set()


@fault("CL-4", "leaves its thread pool running", habitat=HttpHarness, message=THREADS)
class PoolLeft(Http):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.pool = concurrent.futures.ThreadPoolExecutor(1)

    def send(self, record: dict[str, Any]) -> None:
        self.pool.submit(super().send, record).result()


@fault(
    "CL-4",
    "starts a thread with the first hyperparameters and leaves it",
    habitat=SqliteHarness,
    message=THREADS,
)
class HyperparamsThreadLeft(Sqlite):
    stop: threading.Event | None = None

    def merge(self, params: dict[str, Any]) -> None:
        super().merge(params)
        if self.stop is None:
            self.stop = threading.Event()
            threading.Thread(target=self.stop.wait, daemon=True).start()

    def __del__(self) -> None:
        if self.stop:
            self.stop.set()


@fault("CL-4", "leaves its timer running", habitat=CsvHarness, message=THREADS)
class TimerLeft(Csv):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.timer = threading.Timer(3600, self.metrics_file.flush)
        self.timer.daemon = True
        self.timer.start()

    def __del__(self) -> None:
        self.timer.cancel()


@fault("CL-4", "leaves its file open", habitat=JsonlHarness, message=DESCRIPTORS)
class FileLeft(Jsonl):
    def release(self) -> None:
        pass

    def __del__(self) -> None:
        os.close(self.file)


@fault("CL-4", "leaves every fifth file open", habitat=JsonlHarness, message=DESCRIPTORS)
class FifthFileLeft(Jsonl):
    released: ClassVar[int] = 0

    def release(self) -> None:
        FifthFileLeft.released += 1
        if self.released % 5:
            super().release()
            self.file = -1

    def __del__(self) -> None:
        if self.file != -1:
            os.close(self.file)


@fault("CL-4", "leaves the file of hyperparameters open", habitat=CsvHarness, message=DESCRIPTORS)
class HyperparamsFileLeft(Csv):
    file: int | None = None

    def merge(self, params: dict[str, Any]) -> None:
        super().merge(params)
        if self.file is None:
            self.file = os.open(self.folder / "hyperparams.lock", os.O_CREAT)

    def __del__(self) -> None:
        if self.file is not None:
            os.close(self.file)


@fault("CL-4", "leaves a file open for every artifact", habitat=JsonlHarness, message=DESCRIPTORS)
class ArtifactFilesLeft(Jsonl):
    files: tuple[int, ...] = ()

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, kind)
        self.files = (*self.files, os.open(os.devnull, os.O_RDONLY))

    def __del__(self) -> None:
        for file in self.files:
            os.close(file)


@fault("CL-4", "leaves its database open", habitat=SqliteHarness, message=DESCRIPTORS)
class DatabaseLeft(Sqlite):
    def release(self) -> None:
        pass

    def __del__(self) -> None:
        self.database.close()


@fault("CL-4", "leaves its connection open", habitat=HttpHarness, message=DESCRIPTORS)
class ConnectionLeft(Http):
    def release(self) -> None:
        pass

    def __del__(self) -> None:
        self.connection.close()


@fault("CL-4", "leaves one end of its pipe open", habitat=BackgroundHarness, message=DESCRIPTORS)
class PipeLeft(Background):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.pipe = os.pipe()

    def release(self) -> None:
        super().release()
        os.close(self.pipe[1])

    def __del__(self) -> None:
        os.close(self.pipe[0])


@fault("CL-4", "leaves a socket pair open", habitat=MemoryHarness, message=DESCRIPTORS)
class SocketsLeft(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.sockets = socket.socketpair()

    def __del__(self) -> None:
        for end in self.sockets:
            end.close()


@fault("CL-4", "leaves a child process running", habitat=MemoryHarness, message=PROCESSES)
class ProcessLeft(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE
        )

    def __del__(self) -> None:
        self.process.communicate()


@fault(
    "CL-4",
    "keeps every connection in a cache of the class",
    habitat=SqliteHarness,
    message=DESCRIPTORS,
)
class ConnectionsCached(Sqlite):
    cache: ClassVar[dict[Any, Any]] = {}

    def release(self) -> None:
        self.cache[self.path] = self.database
        # A hundred at most, so that the tests don't run out of descriptors.
        if len(self.cache) > 100:
            self.cache.pop(next(iter(self.cache))).close()


@fault(
    "CL-4", "leaves its file open if nothing was written", habitat=JsonlHarness, message=DESCRIPTORS
)
class UnusedFileLeft(Jsonl):
    used = False

    def write(self, record: dict[str, Any]) -> None:
        self.used = True
        super().write(record)

    def release(self) -> None:
        if self.used:
            super().release()

    def __del__(self) -> None:
        if not self.used:
            os.close(self.file)


@fault(
    "CL-4",
    "opens its file again when it is closed again",
    habitat=JsonlHarness,
    message=DESCRIPTORS,
)
class SecondCloseReopens(Jsonl):
    extra: int | None = None

    def shut(self) -> None:
        if self.closed and self.extra is None:
            self.extra = self.open()
        super().shut()

    def __del__(self) -> None:
        if self.extra is not None:
            os.close(self.extra)


@fault(
    "CL-4",
    "opens its file again when it is written to after close",
    habitat=JsonlHarness,
    message=DESCRIPTORS,
)
class RefusedWriteReopens(Jsonl):
    extra: int | None = None

    def refuse_if_closed(self, method: str) -> None:
        if self.closed and self.extra is None:
            self.extra = self.open()
        super().refuse_if_closed(method)

    def __del__(self) -> None:
        if self.extra is not None:
            os.close(self.extra)


@fault("CL-4", "leaves every second file open", habitat=JsonlHarness, message=DESCRIPTORS)
class EverySecondLeft(Jsonl):
    count: ClassVar[int] = 0

    def release(self) -> None:
        EverySecondLeft.count += 1
        self.kept = EverySecondLeft.count % 2 == 0
        if not self.kept:
            super().release()

    def __del__(self) -> None:
        if getattr(self, "kept", False):
            os.close(self.file)


@fault(
    "CL-4",
    "starts a thread for the first scalar and leaves it",
    habitat=MemoryHarness,
    message=THREADS,
)
class ScalarThreadLeft(Memory):
    stop: threading.Event | None = None

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        super().log_scalar(key, value, step)
        if self.stop is None:
            self.stop = threading.Event()
            threading.Thread(target=self.stop.wait, daemon=True).start()

    def __del__(self) -> None:
        if self.stop:
            self.stop.set()


@fault(
    "CL-4",
    "lets go of its file when it is closed twice",
    habitat=MemoryHarness,
    message=DESCRIPTORS,
)
class SecondCloseReleases(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.file: int | None = os.open(os.devnull, os.O_RDONLY)
        self.closes = 0

    def close(self) -> None:
        super().close()
        self.closes += 1
        if self.file is not None and self.closes > 1:
            os.close(self.file)
            self.file = None

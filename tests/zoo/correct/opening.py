"""When things are opened, and what stays open in the process."""

import os
import queue
import subprocess
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from evsys_sdk import RunLog
from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.stores import correct


class Lazy(Jsonl):
    """Opens its file with the first write; without one there is none."""

    def open(self) -> int:
        return -1

    def write(self, record: dict[str, Any]) -> None:
        if self.file == -1:
            self.file = super().open()
        super().write(record)

    def release(self) -> None:
        if self.file != -1:
            super().release()


@correct("opens its file with the first write")
class LazyHarness(JsonlHarness):
    store = Lazy


@correct("can't be read if nothing was written")
class LazyStrictHarness(JsonlHarness):
    store = Lazy
    capabilities = {"split", "float64"}

    def read(self, params: dict[str, Any]) -> RunLog:
        if not (params["directory"] / "log.jsonl").exists():
            raise FileNotFoundError("nothing was ever logged here")
        return super().read(params)


class LateLazy(Lazy):
    """Takes its time with the first call, so that a close which races it comes first."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.first = threading.Event()

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if not self.first.is_set():
            threading.Event().wait(0.05)
            self.first.set()
        super().take_metrics(metrics, step, split)


@correct("can't be read if close came before every write of its threads")
class LateLazyHarness(LazyStrictHarness):
    store = LateLazy
    capabilities = {"split", "float64", "threads"}


class OpensPerCall(Jsonl):
    """Opens its file for every write."""

    def open(self) -> int:
        return -1

    def write(self, record: dict[str, Any]) -> None:
        self.file = super().open()
        try:
            super().write(record)
        finally:
            os.close(self.file)

    def release(self) -> None:
        pass


@correct("opens and closes its file in every call")
class OpensPerCallHarness(JsonlHarness):
    store = OpensPerCall


class Slow(Memory):
    """Takes two milliseconds for a call."""

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        time.sleep(0.002)
        super().record(step, split, points)


@correct("takes two milliseconds for a call")
class SlowHarness(MemoryHarness):
    store = Slow


class SharedPool(Memory):
    """Hands its writes, one at a time, to a pool that the process opens once."""

    pool: ClassVar[ThreadPoolExecutor] = ThreadPoolExecutor(4)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.waiting: deque[tuple[int, str, dict[str, float]]] = deque()
        self.last: Future[None] | None = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.waiting.append((step, split, points))
        if self.last is None or self.last.done():
            self.last = self.pool.submit(self.drain)

    def drain(self) -> None:
        while self.waiting:
            super().record(*self.waiting.popleft())

    def release(self) -> None:
        if self.last is not None:
            self.last.result()
        self.drain()


@correct("keeps one thread pool for the process, which it opens once")
class SharedPoolHarness(MemoryHarness):
    store = SharedPool
    capabilities = {"split", "float64", "resume"}


class SharedConnections(Http):
    """Takes its connection from those that other instances gave back."""

    free: ClassVar[dict[str, list[Any]]] = {}

    def connect(self) -> Any:
        known = self.free.setdefault(self.endpoint, [])
        return known.pop() if known else super().connect()

    def release(self) -> None:
        self.free[self.endpoint].append(self.connection)


@correct("keeps its connection for the next instance")
class SharedConnectionsHarness(HttpHarness):
    store = SharedConnections

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for connection in SharedConnections.free.pop(self.server.endpoint, []):
            connection.close()
        super().__exit__(kind, error, traceback)


class ReportsFailedDelivery(Background):
    """Says in ``close`` what its thread could not deliver."""

    failed: Exception | None = None

    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        try:
            super().deliver(file, record)
        except OSError as error:
            self.failed = error

    def release(self) -> None:
        super().release()
        if self.failed is not None:
            raise self.failed


@correct("reports a failed delivery in close")
class ReportsFailedDeliveryHarness(BackgroundHarness):
    store = ReportsFailedDelivery


class Ticking(Buffered):
    """A thread writes the queued calls twenty times a second."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(path=path)
        self.lock = threading.RLock()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.tick, name="zoo-ticking", daemon=True)
        self.thread.start()

    def tick(self) -> None:
        while not self.stop.wait(0.05):
            self.save()

    def save(self) -> None:
        with self.lock:
            super().release()

    def close(self) -> None:
        with self.lock:
            self.closed = True
        self.stop.set()
        self.thread.join()
        self.save()


@correct("writes at times, from a separate thread")
class TickingHarness(BufferedHarness):
    store = Ticking
    capabilities = {"split", "float64", "threads"}


class ByOtherProcess(Jsonl):
    """Writes through the pipe of a child process, which appends to the file."""

    process: "subprocess.Popen[bytes]"

    def open(self) -> int:
        file = super().open()
        self.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)
        os.close(file)
        assert self.process.stdin is not None
        return self.process.stdin.fileno()

    def release(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@correct("writes through a child process of each instance")
class ByOtherProcessHarness(JsonlHarness):
    store = ByOtherProcess
    capabilities = {"split", "float64", "resume"}


class Handing(Background):
    """Hands over one record at a time, and waits until it is written."""

    def __init__(self, *, path: Path) -> None:
        self.done: queue.SimpleQueue[None] = queue.SimpleQueue()
        super().__init__(path=path)

    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        super().deliver(file, record)
        file.flush()
        self.done.put(None)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        self.done.get()

    def merge(self, params: dict[str, Any]) -> None:
        super().merge(params)
        self.done.get()

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        super().add_artifact(name, path, kind)
        self.done.get()


@correct("writes in a thread, and waits for it in each call")
class HandingHarness(BackgroundHarness):
    store = Handing
    capabilities = {"split", "float64", "resume", "threads", "crash"}

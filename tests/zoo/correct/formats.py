"""Stores on other formats and media."""

import asyncio
import gzip
import json
import logging
import socket
import socketserver
import sqlite3
import struct
import threading
import xml.etree.ElementTree as ET
from concurrent.futures import Future
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness, add_record
from zoo.backends.sqlite import Sqlite, SqliteHarness, read_database
from zoo.front import Forbidding, Front
from zoo.stores import correct


class Wal(Sqlite):
    """Write-ahead log, and one transaction until it is closed."""

    def connect(self) -> sqlite3.Connection:
        database = super().connect()
        database.execute("pragma journal_mode = wal")
        return database

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if not self.database.in_transaction:
            self.database.execute("begin")
        rows = [(step, split, key, repr(value)) for key, value in points.items()]
        self.database.executemany("insert into points values (?, ?, ?, ?)", rows)

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


@correct("a SQLite database with a write-ahead log and a long transaction")
class WalHarness(SqliteHarness):
    store = Wal
    capabilities = {"split", "float64", "resume"}


class BlobValues(Sqlite):
    """Keeps values as eight bytes, in the thread that opened it only."""

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        rows = [(step, split, key, struct.pack("<d", value)) for key, value in points.items()]
        with self.transaction() as database:
            database.executemany("insert into points values (?, ?, ?, ?)", rows)


@correct("a SQLite database with values as bytes, for one thread only")
class BlobValuesHarness(SqliteHarness):
    store = BlobValues
    capabilities = {"split", "float64", "resume", "crash"}

    def read(self, params: dict[str, Any]) -> RunLog:
        return read_database(params["path"], lambda value: struct.unpack("<d", value)[0])


class Gzipped(Jsonl):
    """One compressed stream, complete when it is closed."""

    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        self.stream = gzip.GzipFile(directory / "log.jsonl.gz", "a")

    def write(self, record: dict[str, Any]) -> None:
        self.stream.write(json.dumps(record).encode() + b"\n")

    def release(self) -> None:
        self.stream.close()
        super().release()


@correct("a compressed file")
class GzippedHarness(JsonlHarness):
    store = Gzipped
    capabilities = {"split", "float64", "resume", "threads"}

    def read(self, params: dict[str, Any]) -> RunLog:
        log = RunLog([], {}, [])
        with gzip.open(params["directory"] / "log.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                add_record(log, json.loads(line))
        return log


class Npz(Buffered):
    """Arrays of NumPy: a column of steps and a column of values."""

    def release(self) -> None:
        points = [
            (row, key, value) for row in self.log.metrics for key, value in row.metrics.items()
        ]
        steps = np.array([row.step for row, _, _ in points], dtype=np.int64)
        values = np.array([value for _, _, value in points], dtype=np.float64)
        texts = {
            "names": [(row.split, key) for row, key, _ in points],
            "hyperparams": self.log.hyperparams,
            "artifacts": [(each.name, each.path, each.kind) for each in self.log.artifacts],
        }
        with self.path.open("wb") as file:
            np.savez(file, texts=np.array(json.dumps(texts)), steps=steps, values=values)


@correct("NumPy arrays, whose reader gives NumPy numbers")
class NpzHarness(BufferedHarness):
    store = Npz

    def read(self, params: dict[str, Any]) -> RunLog:
        with np.load(params["path"]) as arrays:
            steps, values = arrays["steps"], arrays["values"]
            texts = json.loads(str(arrays["texts"]))
        return RunLog(
            [
                MetricRow(step, split, {key: value})
                for step, (split, key), value in zip(steps, texts["names"], values, strict=True)
            ],
            texts["hyperparams"],
            [ArtifactPointer(*each) for each in texts["artifacts"]],
        )


class Xml(Buffered):
    """Attributes of XML, which can't hold every character and is refused there."""

    def key(self, key: Any) -> str:
        given = super().key(key)
        if not all(c.isprintable() for c in given):
            raise ValueError("XML can't hold this text")
        return given

    def split(self, split: Any) -> str:
        return self.key(split)

    def take_artifact(self, name: Any, path: Any, kind: Any) -> None:
        super().take_artifact(self.key(name), self.key(path), self.key(kind))

    def release(self) -> None:
        root = ET.Element("run", hyperparams=json.dumps(self.log.hyperparams))
        for row in self.log.metrics:
            for key, value in row.metrics.items():
                ET.SubElement(
                    root,
                    "point",
                    step=str(row.step),
                    split=str(row.split),
                    key=key,
                    value=value.hex(),
                )
        for each in self.log.artifacts:
            ET.SubElement(root, "artifact", name=each.name, path=each.path, kind=each.kind)
        ET.ElementTree(root).write(self.path, encoding="utf-8")


@correct("XML, which refuses what it can't hold")
class XmlHarness(BufferedHarness):
    store = Xml

    def read(self, params: dict[str, Any]) -> RunLog:
        root = ET.parse(params["path"]).getroot()
        return RunLog(
            [
                MetricRow(
                    int(each.attrib["step"]),
                    each.attrib["split"],
                    {each.attrib["key"]: float.fromhex(each.attrib["value"])},
                )
                for each in root.iter("point")
            ],
            json.loads(root.attrib["hyperparams"]),
            [
                ArtifactPointer(each.attrib["name"], each.attrib["path"], each.attrib["kind"])
                for each in root.iter("artifact")
            ],
        )


class ThroughLogging(Jsonl):
    """Writes through a handler of Python's logging."""

    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        self.handler = logging.FileHandler(self.path, encoding="utf-8")

    def write(self, record: dict[str, Any]) -> None:
        text = "\n" + json.dumps(record)
        line = logging.LogRecord("zoo", logging.INFO, "", 0, text, None, None)
        self.handler.handle(line)

    def release(self) -> None:
        self.handler.close()
        super().release()


@correct("writes through a handler of the logging module")
class ThroughLoggingHarness(JsonlHarness):
    store = ThroughLogging
    capabilities = {"split", "float64", "resume", "crash", "threads"}


class Eventful(Jsonl):
    """Writes in its own event loop, which keeps the order."""

    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.order = asyncio.Lock()

    def write(self, record: dict[str, Any]) -> None:
        self.last: Future[None] = asyncio.run_coroutine_threadsafe(self.deliver(record), self.loop)

    async def deliver(self, record: dict[str, Any]) -> None:
        async with self.order:
            await asyncio.sleep(0)
            super().write(record)

    async def all_delivered(self) -> None:
        async with self.order:
            pass

    def release(self) -> None:
        asyncio.run_coroutine_threadsafe(self.all_delivered(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        super().release()


@correct("writes in an event loop in a separate thread")
class EventfulHarness(JsonlHarness):
    store = Eventful
    capabilities = {"split", "float64", "resume", "threads"}


class Lines(Front):
    """Sends lines over a TCP connection; the answer to the last one ends it."""

    name: ClassVar[str] = "zoo_lines"

    class Config(Forbidding):
        port: int
        run: str

    def __init__(self, *, port: int, run: str) -> None:
        self.run = run
        self.stream = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.lines = self.stream.makefile("rw", encoding="utf-8")

    def send(self, record: dict[str, Any]) -> None:
        self.lines.write(json.dumps([self.run, record]) + "\n")

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.send({"step": step, "split": split, "metrics": points})

    def merge(self, params: dict[str, Any]) -> None:
        self.send({"hyperparams": params})

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.send({"name": name, "path": path, "kind": kind})

    def release(self) -> None:
        self.lines.flush()
        self.stream.shutdown(socket.SHUT_WR)
        assert self.lines.read() == "done\n"
        self.lines.close()
        self.stream.close()


class LineHandler(socketserver.StreamRequestHandler):
    """Keeps what comes in."""

    logs: ClassVar[dict[str, RunLog]] = {}

    def handle(self) -> None:
        for line in self.rfile:
            run, record = json.loads(line)
            add_record(self.logs.setdefault(run, RunLog([], {}, [])), record)
        self.wfile.write(b"done\n")


@correct("sends lines to a server over a socket, and waits for it in close only")
class LinesHarness(StoreHarness):
    """Starts the server once."""

    store = Lines
    capabilities = {"split", "float64", "resume"}

    def __enter__(self) -> Self:
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), LineHandler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def params(self, directory: Path) -> dict[str, Any]:
        return {"port": self.server.server_address[1], "run": directory.name}

    def read(self, params: dict[str, Any]) -> RunLog:
        return LineHandler.logs.get(params["run"], RunLog([], {}, []))

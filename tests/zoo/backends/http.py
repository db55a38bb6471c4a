"""A store that posts JSON to a server."""

import http.client
import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from evsys_conformance import StoreHarness
from evsys_sdk import RunLog
from zoo.backends.jsonl import add_record
from zoo.front import Forbidding, Front
from zoo.stores import correct


class Http(Front):
    """One kept-alive connection per instance, one request per call."""

    name: ClassVar[str] = "zoo_http"

    class Config(Forbidding):
        endpoint: str
        run_id: str

    def __init__(self, *, endpoint: str, run_id: str) -> None:
        self.endpoint = endpoint
        self.run_id = run_id
        self.connection = self.connect()
        self.lock = threading.Lock()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=60)

    def send(self, record: dict[str, Any]) -> None:
        self.connection.request("POST", f"/{self.run_id}", json.dumps(record).encode())
        response = self.connection.getresponse()
        response.read()
        if response.status != 200:
            raise OSError(f"the server answered {response.status}")

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.send({"step": step, "split": split, "metrics": points})

    def merge(self, params: dict[str, Any]) -> None:
        self.send({"hyperparams": params})

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.send({"name": name, "path": path, "kind": kind})

    def release(self) -> None:
        self.connection.close()


class Server(ThreadingHTTPServer):
    """Keeps the records of each run in memory."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.records: defaultdict[str, list[Any]] = defaultdict(list)
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def read(self, run_id: str) -> RunLog:
        log = RunLog([], {}, [])
        for record in self.records[run_id]:
            add_record(log, record)
        return log

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """Takes one record per request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.records[self.path.removeprefix("/")].append(json.loads(body))
        self.send_response_only(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        pass


@correct("posts to a local server over a kept-alive connection")
class HttpHarness(StoreHarness):
    """Starts the server once, and reads what it has."""

    store: Any = Http
    capabilities = {"split", "float64", "resume", "threads"}

    def __enter__(self) -> Self:
        self.server = Server()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.server.stop()

    def params(self, directory: Path) -> dict[str, Any]:
        return {"endpoint": self.server.endpoint, "run_id": directory.name}

    def read(self, params: dict[str, Any]) -> RunLog:
        return self.server.read(params["run_id"])

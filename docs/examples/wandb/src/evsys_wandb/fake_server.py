"""A server for tests: it answers W&B's client as W&B does, and keeps what it is sent.

It knows what a run needs of W&B's GraphQL interface and of the file stream: to be created, to be
continued, and to send its history.
"""

import gzip
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class SentRun:
    """What the server has of a run."""

    config: str = "{}"
    history: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class FakeServer(ThreadingHTTPServer):
    """Takes the runs of one user."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runs: dict[str, SentRun] = {}
        self.is_away = threading.Event()
        """Answer every request with 503."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing where W&B's process ends with a connection open."""

    @property
    def url(self) -> str:
        """Its address, for ``WANDB_BASE_URL``."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of an answer to an operation of GraphQL."""
        project = {"id": "1", "name": variables.get("project"), "entity": {"id": "1", "name": "us"}}
        if operation == "RunResumeStatus":
            return {"model": project | {"bucket": self._bucket(variables["name"])}}
        if operation == "UpsertBucket":
            run = self.runs.setdefault(variables["name"], SentRun())
            run.config = variables["config"] or run.config
            bucket: dict[str, Any] = {"id": "1", "name": variables["name"], "project": project}
            return {"upsertBucket": {"bucket": bucket, "inserted": True}}
        if operation == "CreateRunFiles":
            files = [{"name": name, "uploadUrl": self.url} for name in variables["files"]]
            return {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": files}}
        return {}

    def stream(self, run: str, files: dict[str, Any]) -> None:
        """Take lines of files; those of the history begin at an offset."""
        if sent := files.get("wandb-history.jsonl"):
            lines = self.runs[run].history
            lines[sent["offset"] :] = map(json.loads, sent["content"])

    def _bucket(self, name: str) -> dict[str, Any] | None:
        run = self.runs.get(name)
        if run is None:
            return None
        return {
            "id": "1",
            "name": name,
            "config": run.config,
            "summaryMetrics": "{}",
            "historyLineCount": len(run.history),
            "eventsLineCount": 0,
            "logLineCount": 0,
            "historyTail": json.dumps([json.dumps(row) for row in run.history[-1:]]),
            "eventsTail": "[]",
            "wandbConfig": '{"t": 1}',
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeServer  # pyright: ignore[reportIncompatibleVariableOverride] - always this one

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Print nothing."""

    def do_POST(self) -> None:
        """Answer a request of GraphQL, or take a part of the file stream."""
        body = json.loads(self._body() or b"{}")
        found = re.search(r"(?:query|mutation)\s+(\w+)", body.get("query", ""))
        answer: dict[str, Any] = {}
        if self.server.is_away.is_set():
            pass
        elif found:
            answer = {"data": self.server.answer(found[1], body["variables"])}
        elif self.path.endswith("/file_stream"):
            self.server.stream(self.path.split("/")[-2], body.get("files", {}))
        self._send(answer)

    def do_PUT(self) -> None:
        """Take a file."""
        self._body()
        self._send({})

    def _body(self) -> bytes:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(data) if self.headers.get("Content-Encoding") == "gzip" else data

    def _send(self, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(503 if self.server.is_away.is_set() else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

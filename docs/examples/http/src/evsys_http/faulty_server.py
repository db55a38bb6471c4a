"""A server that fails on request, for tests of its clients."""

import json
import socket
import threading
from collections import deque
from http import HTTPStatus
from pathlib import Path
from typing import Any

from evsys_http.server import RunHandler, RunServer


class FaultyServer(RunServer):
    """Plays one of ``faults`` for each POST until none is left, and works then.

    A fault is a status like ``503``, or ``hang``, ``cut`` (no reply), ``half`` (half of a reply),
    ``redirect``; with ``kept`` before it, as in ``kept cut``, the record is kept first.
    """

    def __init__(self, directory: Path) -> None:
        """Listen on a free port of 127.0.0.1."""
        super().__init__(("127.0.0.1", 0), directory)
        self.RequestHandlerClass = FaultyHandler
        self.faults: deque[str] = deque()
        self.posts: list[Any] = []
        """Every record that was posted, as often as it was."""
        self.authorizations: list[str | None] = []
        """That header of every request."""
        self.stopping = threading.Event()
        """Set it to end what hangs."""


class FaultyHandler(RunHandler):
    """Answers the requests of one connection, not always."""

    server: FaultyServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def parse_request(self) -> bool:
        """Note the request."""
        parsed = super().parse_request()
        self.server.authorizations.append(self.headers.get("Authorization"))
        return parsed

    def keep(self, record: Any) -> None:
        """Play the next fault."""
        self.server.posts.append(record)
        fault = self.server.faults.popleft() if self.server.faults else ""
        kept, _, what = fault.rpartition(" ")
        if kept:
            self.server.runs.keep(self.path, record)
        match what:
            case "":
                super().keep(record)
            case "hang":
                self.close_connection = True
                self.server.stopping.wait(60)
            case "cut":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            case "half":
                self.close_connection = True
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
            case "redirect":
                self.send_response(HTTPStatus.FOUND)
                self.send_header("Location", self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
            case _:
                self.answer(HTTPStatus(int(what)), json.dumps({"fault": what}).encode())

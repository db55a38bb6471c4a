"""A small server for the store: ``python -m evsys_http.server --directory runs``.

``POST /any/path`` keeps a record of the run of that path and answers 204 when it is in the run's
file; ``GET`` gives all records of a run, one JSON object a line. It has no users and no passwords:
it is made for one machine, and for tests.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from evsys_http.files import BadRecordError, RunFiles

_MOST_BYTES = 2**29


class RunServer(ThreadingHTTPServer):
    """Serves the runs of one directory."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], directory: Path) -> None:
        """Listen at ``address``; port 0 is any free one."""
        self.runs = RunFiles(directory)
        super().__init__(address, RunHandler)

    @property
    def url(self) -> str:
        """Where it is."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def server_close(self) -> None:
        """Stop listening, and close the files."""
        super().server_close()
        self.runs.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a client went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class RunHandler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: RunServer  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Keep a record."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            self.close_connection = True  # the body was not read
            self.answer(HTTPStatus.LENGTH_REQUIRED, b"Content-Length must be that of one record")
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True  # the client was cut off; half a record is none
            return
        try:
            self.keep(json.loads(body))
        except (BadRecordError, ValueError, RecursionError) as error:
            self.answer(HTTPStatus.BAD_REQUEST, f"{error}".encode())
        except OSError as error:
            self.answer(HTTPStatus.INSUFFICIENT_STORAGE, f"{error}".encode())

    def keep(self, record: Any) -> None:
        """Write the record to the file of its run, unless it is there, and answer."""
        self.server.runs.keep(self.path, record)
        self.answer(HTTPStatus.NO_CONTENT)

    def do_GET(self) -> None:
        """Give all records of a run."""
        content = self.server.runs.content(self.path)
        if content is None:
            self.answer(HTTPStatus.NOT_FOUND, f"no run at {self.path}".encode())
        else:
            self.answer(HTTPStatus.OK, content, "application/x-ndjson")

    def answer(self, status: HTTPStatus, content: bytes = b"", kind: str = "text/plain") -> None:
        """Send a reply."""
        self.send_response(status)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Log nothing: there is a request for every log call."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m evsys_http.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 is any free one")
    parser.add_argument("--directory", type=Path, default=Path("runs"), help="one file per run")
    options = parser.parse_args(arguments)
    with RunServer((options.host, options.port), options.directory) as server:
        print(f"Runs of {options.directory} at {server.url}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()

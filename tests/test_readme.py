"""README.md, done as it says: its files are written, its commands run, their output compared."""

import json
import re
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.documents import ROOT, Document, parse, run


@pytest.fixture(scope="module")
def readme() -> Document:
    return parse((ROOT / "README.md").read_text())


class Handler(BaseHTTPRequestHandler):
    """Keeps the records that are posted to a path, and gives them back."""

    protocol_version = "HTTP/1.1"
    records: defaultdict[str, list[Any]]

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.records[self.path].append(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        body = json.dumps(self.records[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@dataclass
class Endpoint:
    """A server on this machine, and the records that were posted to each path."""

    address: str
    records: dict[str, list[Any]]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    records = defaultdict[str, list[Any]](list)
    handler = type("BoundHandler", (Handler,), {"records": records})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Endpoint(f"127.0.0.1:{server.server_port}", records)
        server.shutdown()
        thread.join()


@pytest.fixture
def project(readme: Document, endpoint: Endpoint, tmp_path: Path) -> Path:
    """A directory with the files of the README; its endpoint is a server of the test."""
    for name, body in readme.files.items():
        (tmp_path / name).write_text(body.replace("127.0.0.1:8000", endpoint.address))
    return tmp_path


def test_every_command_prints_what_the_readme_shows(readme: Document, project: Path) -> None:
    readme.run(project)


def test_the_python_files_pass_the_type_checkers(readme: Document, project: Path) -> None:
    files = [name for name in readme.files if name.endswith(".py")]
    assert files
    run([sys.executable, "-m", "mypy", "--strict", *files], project)
    run([sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *files], project)


def test_the_store_of_the_readme_installed_as_a_package_is_known_to_yaml_by_its_kind(
    project: Path, endpoint: Endpoint
) -> None:
    packages = project / "packages"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    run([*install, "--no-build-isolation", "--target", str(packages), "."], project)
    (project / "evsys_http.py").unlink()
    program = (project / "train.py").read_text().partition("for row in")[0]
    (project / "train.py").write_text(program.replace("run.yaml", "http.yaml"))
    run([sys.executable, "-W", "error", "train.py"], project, PYTHONPATH=str(packages))
    records = endpoint.records["/runs/1"]
    assert records[:2] == [
        {"hyperparams": {"learning_rate": 0.25}},
        {"step": 0, "split": "train", "metrics": {"train/loss": 1.0}},
    ]
    assert records[-1] == {
        "artifact": {"name": "model", "path": "checkpoints/final.npz", "kind": "checkpoint"}
    }


def test_the_make_targets_exist(readme: Document) -> None:
    targets = re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert {"demo", "test"} <= {*targets}
    run(["make", "--dry-run", *targets], ROOT)


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert "docs/contract.md" in links
    assert [link for link in links if not (ROOT / link).is_file()] == []

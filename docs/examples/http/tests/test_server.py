"""The server: what it keeps, what it refuses, what it finds when it starts again."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from evsys_http.faulty_server import FaultyServer
from evsys_http.files import RunFiles


def record(number: int, writer: str = "w", step: int = 0) -> dict[str, Any]:
    metrics = {"loss": 0.5}
    return {"writer": writer, "number": number, "step": step, "split": "train", "metrics": metrics}


def numbers(content: bytes | None) -> list[int]:
    assert content is not None
    return [json.loads(line)["number"] for line in content.splitlines()]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "Expecting property name"),
        ("[1]", "a record is a JSON object"),
        ('{"metrics": {}}', "a record must have a writer (a string)"),
        ('{"writer": "w", "number": true, "metrics": {}}', "a number, from 1 on"),
        ('{"writer": "w", "number": 0, "metrics": {}}', "a number, from 1 on"),
        ('{"writer": "w", "number": 1}', "a record has one of metrics, hyperparams, artifact"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_bad_record_is_refused(body: str, said: str, endpoint: str) -> None:
    reply = requests.post(endpoint, data=body, timeout=10)
    assert reply.status_code == 400
    assert said in reply.text
    assert requests.get(endpoint, timeout=10).status_code == 404


def test_a_post_without_a_length_is_refused(endpoint: str) -> None:
    reply = requests.post(endpoint, data=iter([b"{}"]), timeout=10)
    assert reply.status_code == 411


def test_a_run_that_can_not_be_written_is_said_to_the_client(endpoint: str) -> None:
    reply = requests.post(f"{endpoint}/{'a' * 300}", json=record(1), timeout=10)
    assert reply.status_code == 507
    assert "File name too long" in reply.text


def test_the_server_knows_after_a_restart_what_it_has(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    for number in (1, 2):
        files.keep("/run", record(number))
    files.keep("/run", record(7, "another"))
    files.keep("/else", record(1))
    files.close()
    files = RunFiles(tmp_path)
    for number in (1, 2, 3, 2):
        files.keep("/run", record(number))
    files.close()
    assert numbers(files.content("/run")) == [1, 2, 7, 3]


def test_a_torn_line_of_a_killed_server_is_cut_off(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    files.keep("/run", record(1))
    files.close()
    (path,) = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(b'{"writer": "w", "num')
    assert numbers(files.content("/run")) == [1]
    files = RunFiles(tmp_path)
    files.keep("/run", record(2))
    files.close()
    assert numbers(path.read_bytes()) == [1, 2]


def test_runs_do_not_leave_the_directory(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / "runs")
    files.keep("/../../run", record(1))
    files.close()
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_the_server_says_its_options_and_where_it_is(server: FaultyServer) -> None:
    command = [sys.executable, "-m", "evsys_http.server", "--help"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "--directory" in shown
    assert server.url.startswith("http://127.0.0.1:")

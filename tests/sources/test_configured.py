"""A YAML file that names any store that can be read back, and what a directory has besides."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from evsys_sdk.command import main
from evsys_sdk.command.show.following import FollowedRun
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore
from evsys_sdk.registry import temporarily_registered
from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog
from evsys_sdk.sources.opening import open_sources

Capture = pytest.CaptureFixture[str]


class Table:
    """A store that keeps its log in a service."""

    name: ClassVar[str] = "table"
    log: ClassVar[RunLog] = RunLog([], {}, [])

    class Config(BaseModel, extra="forbid"):
        table: str

    def __init__(self, *, table: str) -> None: ...
    def log_scalar(self, key: str, value: float, step: int) -> None: ...
    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...
    def log_hyperparams(self, params: dict[str, Any]) -> None: ...
    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...
    def close(self) -> None: ...

    @classmethod
    def read_run(cls, *, table: str) -> RunLog:
        assert table == "runs"
        rows = [*cls.log.metrics]
        return RunLog(rows, {**cls.log.hyperparams}, [*cls.log.artifacts])


class WriteOnly(Table):
    """The same, and nobody can read it."""

    name: ClassVar[str] = "write_only"
    read_run = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    rows = [MetricRow(step, "val", {"loss": 0.5}, 1.5) for step in range(3)]
    Table.log = RunLog(rows, {"lr": 0.25}, [ArtifactPointer("model", "m.pt", "file")])
    with temporarily_registered("table", Table), temporarily_registered("write_only", WriteOnly):
        yield


TABLE = {"kind": "table", "params": {"table": "runs"}}
WRITE_ONLY = {"kind": "write_only", "params": {"table": "runs"}}


def config(directory: Path, *children: dict[str, Any], name: str = "run.yaml") -> str:
    section = children[0]
    if len(children) > 1:
        section = {"kind": "multiplex", "params": {"children": [*children]}}
    path = directory / name
    path.write_text(json.dumps({"log_store": section}))
    return str(path)


@pytest.mark.parametrize("children", [[TABLE], [WRITE_ONLY, TABLE]])
def test_a_store_that_can_be_read_back_is_shown(
    children: list[dict[str, Any]], tmp_path: Path, capsys: Capture
) -> None:
    file = config(tmp_path, *children)
    assert main(["show", file]) == 0
    output = capsys.readouterr()
    assert output.out.startswith(f"{file}: the table store  3 rows, 3 points, 1 curve")
    assert all(each in output.out for each in ("val", "loss", "lr", "0.25", "m.pt"))
    assert output.err == ""


def test_the_child_of_a_background_store_is_shown(tmp_path: Path, capsys: Capture) -> None:
    file = config(tmp_path, {"kind": "background", "params": {"child": TABLE}})
    assert main(["show", file]) == 0
    assert "the table store  3 rows" in capsys.readouterr().out


def test_a_tensorboard_store_is_read_from_its_configuration(
    tmp_path: Path, capsys: Capture
) -> None:
    store = TensorBoardLogStore(log_dir=tmp_path / "tb")
    store.log_scalar("loss", 0.5, 1)
    store.close()
    file = config(tmp_path, {"kind": "tensorboard", "params": {"log_dir": str(tmp_path / "tb")}})
    assert main(["show", file]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/tb  1 row, 1 point, 1 curve")


def test_stores_that_cannot_be_read_back_are_an_error(tmp_path: Path, capsys: Capture) -> None:
    assert main(["show", config(tmp_path, WRITE_ONLY)]) == 2
    message = "it configures no store that can be read back (write_only: no read_run)"
    assert message in capsys.readouterr().err


def test_a_store_is_replayed_into_another_one(tmp_path: Path, capsys: Capture) -> None:
    log = config(tmp_path, TABLE)
    to = {"kind": "jsonl", "params": {"log_dir": str(tmp_path / "copy")}}
    target = config(tmp_path, to, name="to.yaml")
    for count in (3, 4):
        assert main(["replay", log, "--to", target]) == 0
        assert f"{count} rows, {count} points and 1 artifact" in capsys.readouterr().out
        copy = JSONLLogStore.read_run(log_dir=tmp_path / "copy")
        assert [(row.step, row.split) for row in copy.metrics] == [
            (step, "val") for step in range(count)
        ]
        assert copy.hyperparams == {"lr": 0.25}
        Table.log.metrics.append(MetricRow(3, "val", {"loss": 0.25}))


def test_a_store_is_not_replayed_into_itself(tmp_path: Path, capsys: Capture) -> None:
    log = config(tmp_path, TABLE)
    assert main(["replay", log, "--to", config(tmp_path, TABLE, name="to.yaml")]) == 2
    assert "written into itself" in capsys.readouterr().err


def test_a_store_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [source] = open_sources(config(tmp_path, TABLE))
    now = 0.0
    monkeypatch.setattr("evsys_sdk.sources.readable_store.time.monotonic", lambda: now)
    following = FollowedRun("run", source)
    assert following.update()
    assert not following.update()
    Table.log.metrics.append(MetricRow(3, "val", {"loss": 0.25}))
    now += 1
    assert following.update()
    assert following.run.scan.rows == 4
    assert not following.update()


# Directories.


def jsonl_log(directory: Path) -> Path:
    store = JSONLLogStore(log_dir=directory)
    store.log_scalar("loss", 0.5, 1)
    store.close()
    return directory


def board(directory: Path) -> Path:
    store = TensorBoardLogStore(log_dir=directory)
    store.log_scalar("loss", 0.5, 1)
    store.close()
    return directory


def test_of_two_logs_in_a_directory_one_is_shown_and_the_other_is_named(
    tmp_path: Path, capsys: Capture
) -> None:
    board(jsonl_log(tmp_path))
    assert main(["show", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "1 row, 1 point, 1 curve" in output
    note = f"{tmp_path}: this is not read: event files of TensorBoard (*tfevents*)"
    assert note in output


def test_event_files_below_are_shown_and_other_logs_are_named(
    tmp_path: Path, capsys: Capture
) -> None:
    board(tmp_path / "b")
    jsonl_log(tmp_path / "a")
    assert main(["show", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert f"{tmp_path}/b  1 row" in output
    assert f"{tmp_path}: this is not read: {tmp_path}/a" in output


def test_without_tensorboard_the_install_command_is_given(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['google_crc32c'] = None\n"
        "from evsys_sdk.command import main; raise SystemExit(main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, "show", str(board(tmp_path))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'evsys-sdk[tensorboard]'" in done.stderr
    assert "Traceback" not in done.stderr

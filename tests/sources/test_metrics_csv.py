"""Lightning's ``metrics.csv``: rows with empty cells, written again when there is a new column."""

import json
import math
from codecs import BOM_UTF8
from pathlib import Path

import pytest

from evsys_sdk.command import main
from evsys_sdk.command.show.following import FollowedRun
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.opening import open_sources

Capture = pytest.CaptureFixture[str]

# As CSVLogger of Lightning 2.6 writes them.
METRICS = b"""epoch,step,train_loss,val_loss\r
0,0,0.5,\r
0,1,0.25,\r
0,1,,nan\r
1,2,0.125,\r
"""
HYPERPARAMS = """layers: !!python/tuple
- 64
- 32
lr: 0.1
none: null
path: !!python/object/apply:pathlib.PosixPath
- a
since: 2026-01-01
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    directory = tmp_path / "version_0"
    directory.mkdir()
    (directory / "metrics.csv").write_bytes(METRICS)
    (directory / "hparams.yaml").write_text(HYPERPARAMS)
    return directory


@pytest.mark.parametrize("name", ["version_0", "version_0/metrics.csv", "version_0/other.csv"])
def test_rows_and_hyperparameters_are_read(log: Path, name: str) -> None:
    if "other" in name:
        (log / "metrics.csv").rename(log / "other.csv")
    [source] = open_sources(str(log.parent / name))
    [path] = source.files()
    rows = [placed.row for placed in source.rows(path, Findings(path))]
    assert [(row.step, row.split, row.ts) for row in rows] == [
        (step, None, None) for step in (0, 1, 1, 2)
    ]
    assert rows[0].metrics == {"epoch": 0.0, "train_loss": 0.5}
    assert rows[2].metrics.keys() == {"epoch", "val_loss"}
    assert math.isnan(rows[2].metrics["val_loss"])
    assert source.hyperparams([]) == {
        "layers": [64, 32],
        "lr": 0.1,
        "none": None,
        "path": ["a"],
        "since": "2026-01-01",
    }


def test_it_is_shown(log: Path, capsys: Capture) -> None:
    assert main(["show", str(log)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.startswith(f"{log}/metrics.csv  4 rows, 8 points, 3 curves")
    lines = [line.split() for line in output.out.splitlines()]
    assert ["val_loss", "1", "NaN", "@1"] in [line[:4] for line in lines]
    assert ["layers", "[64,", "32]"] in lines


def test_its_directory_is_suggested(log: Path, capsys: Capture) -> None:
    assert main(["show", str(log.parent)]) == 2
    assert f"did you mean {log}?" in capsys.readouterr().err


def test_what_a_file_lacks_is_named(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(
        BOM_UTF8
        + b"step,loss\n1.0,0.5\n2\nx,0.5\n1.5,0.5\n1.0e30,0.5\n\n3,high\n4,high\n5,0.25\n6,0."
    )
    assert main(["show", str(path)]) == 1
    output = capsys.readouterr()
    assert "2 rows, 2 points, 1 curve, 4 damaged lines" in output.out
    cells = "it must have as many cells as the header, got 1. It begins '2'"
    integer = "step must be an integer, got 'x'. It begins 'x,0.5' (2 lines like this)"
    fit = "step must fit into int64, got 1.0e30. It begins '1.0e30,0.5'"
    assert output.err.splitlines() == [
        f"{path}:3: not a row: {cells}",
        f"{path}:4: not a row: {integer}",
        f"{path}:6: not a row: {fit}",
    ]
    left_out = "a value that is not a number is left out: 'high' for 'loss' (2 lines like this)"
    for note in (
        f"{path}: the byte order mark at the beginning is ignored",
        f"{path}:8: {left_out}",
        f"{path}: the last line is not complete (4 bytes)",
    ):
        assert note in output.out


@pytest.mark.parametrize("content", [b"", b"step,loss\n", b"step,lo"])
def test_a_file_without_rows_is_empty(content: bytes, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "metrics.csv").write_bytes(content)
    assert main(["show", str(tmp_path)]) == 0
    assert "0 rows, 0 points" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"day,loss\n1,0.5\n", "the header must have a step, such as 'step', '_step', "),
        (b"step;loss\n1;0,5\n", "cells must be separated by commas. It begins 'step;loss'"),
        (b'step,loss\n1,"' + b"x" * 200_000 + b'"\n', "it must be CSV: field larger than"),
    ],
)
def test_a_file_of_another_kind_is_damage(
    content: bytes, message: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "metrics.csv").write_bytes(content)
    assert main(["show", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err


def test_a_file_of_another_writer_is_read(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "history.csv"
    path.write_bytes('"",Epoch,größe,loss,loss\n7,1,2,3,4\n'.encode("latin-1"))
    assert main(["show", str(path)]) == 0
    output = capsys.readouterr().out
    lines = [line.split()[:4] for line in output.splitlines()]
    assert ["gr\\xf6\\xdfe", "1", "2", "@1"] in lines
    assert ["loss", "1", "4", "@1"] in lines
    for note in (
        "the step is 'Epoch'",
        "a column without a name is left out",
        "of columns with the same name the last is read: 'loss'",
    ):
        assert f"{path}: {note}" in output


def test_hyperparameters_that_are_not_yaml_are_damage(log: Path, capsys: Capture) -> None:
    for content in ("[", "- 1\n- 2"):
        (log / "hparams.yaml").write_text(content)
        assert main(["show", str(log)]) == 1
        output = capsys.readouterr()
        assert output.err.startswith(f"{log}/hparams.yaml: ")
        assert "4 rows" in output.out


def test_a_file_that_is_written_again_is_followed(log: Path) -> None:
    [source] = open_sources(str(log))
    following = FollowedRun("run", source)
    assert following.update()
    assert not following.update()
    path = log / "metrics.csv"
    path.write_bytes(b"epoch,lr,step\r\n0,,0\r\n0,0.5,1\r\n")
    assert following.update()
    assert following.run.scan.rows == 2
    assert following.run.scan.curves.keys() == {("epoch", ""), ("lr", "")}
    (log / "hparams.yaml").write_text("lr: 0.5")
    assert following.update()
    assert following.run.hyperparams == {"lr": 0.5}


def test_a_replay_goes_on_where_it_was(log: Path, tmp_path: Path, capsys: Capture) -> None:
    copy = {"kind": "jsonl", "params": {"log_dir": str(tmp_path / "copy")}}
    (tmp_path / "to.yaml").write_text(json.dumps({"log_store": copy}))
    command = ["replay", str(log), "--to", str(tmp_path / "to.yaml")]
    for lines in (5, 5):
        assert main(command) == 0
        assert f"{lines} lines, 8 points and 0 artifacts" in capsys.readouterr().out
    wider = [line + b"," for line in METRICS.splitlines()]
    wider[0] += b"z"
    (log / "metrics.csv").write_bytes(b"\r\n".join([*wider, b"1,3,0.5,,1.0", b""]))
    assert main(command) == 0
    assert "6 lines, 11 points" in capsys.readouterr().out
    copied = JSONLLogStore.read_run(log_dir=tmp_path / "copy")
    assert [row.step for row in copied.metrics] == [0, 1, 1, 2, 3]
    assert copied.metrics[-1].metrics == {"epoch": 1.0, "train_loss": 0.5, "z": 1.0}
    assert copied.hyperparams["layers"] == [64, 32]

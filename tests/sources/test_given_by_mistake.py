"""Files that are not a log as they are: compressed ones, or one file of a log."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from evsys_sdk.command import main
from support.command_logs import usual_log
from support.event_files import simple_event, write_events

Capture = pytest.CaptureFixture[str]

NAMES = ["metrics.jsonl", "metrics.csv", "trainer_state.json", "events.out.tfevents.1.host"]


@pytest.mark.parametrize("name", NAMES)
def test_a_compressed_file_is_named_and_the_exit_status_is_1(
    name: str, tmp_path: Path, capsys: Capture
) -> None:
    log = tmp_path / "log"
    log.mkdir()
    (log / name).write_bytes(gzip.compress(b"step,loss\n1,0.5\n"))
    target = {"kind": "jsonl", "params": {"log_dir": str(tmp_path / "copy")}}
    (tmp_path / "to.yaml").write_text(json.dumps({"log_store": target}))
    problem = f"{log / name}: compressed with gzip. Unpack it first\n"
    for command in (["show"], ["replay", "--to", str(tmp_path / "to.yaml")]):
        assert main([*command, str(log)]) == 1
        assert capsys.readouterr().err.startswith(problem)


def test_the_other_files_of_a_log_are_read(tmp_path: Path, capsys: Capture) -> None:
    write_events(tmp_path, [simple_event(1, 1.5, x=1.0)])
    (tmp_path / "events.out.tfevents.0.gz").write_bytes(gzip.compress(b""))
    assert main(["show", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "1 row, 1 point, 1 curve, 1 damaged record" in output.out
    assert "events.out.tfevents.0.gz: compressed with gzip." in output.err


@pytest.mark.parametrize(
    ("compress", "name"),
    [(gzip.compress, "gzip"), (lzma.compress, "xz"), (bz2.compress, "bzip2")],
    ids=["gzip", "xz", "bzip2"],
)
def test_a_compressed_file_that_is_named_itself_must_be_unpacked(
    compress: Callable[[bytes], bytes], name: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "metrics.csv.packed"
    path.write_bytes(compress(b"step,loss\n1,0.5\n"))
    assert main(["show", str(path)]) == 2
    advice = f"{path}: is a file. It is compressed with {name}: unpack it first\n"
    assert capsys.readouterr().err.endswith(advice)


@pytest.mark.parametrize("name", ["hyperparams.json", "events.out.tfevents.1.host"])
def test_the_directory_of_a_file_is_suggested(name: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / name).touch()
    assert main(["show", str(tmp_path / name)]) == 2
    assert f"is a file. Did you mean its directory, {tmp_path}?" in capsys.readouterr().err


def test_the_newest_logs_below_a_directory_are_suggested(tmp_path: Path, capsys: Capture) -> None:
    for number in range(1, 12):
        (tmp_path / f"version_{number}").mkdir()
        (tmp_path / f"version_{number}" / "metrics.csv").touch()
    assert main(["show", str(tmp_path)]) == 2
    names = " or ".join(f"{tmp_path}/version_{number}" for number in (11, 10, 9, 8, 7))
    assert f"did you mean {names}?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["history.csv", "log.jsonl"])
def test_a_file_of_another_name_is_suggested(name: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / name).touch()
    assert main(["show", str(tmp_path)]) == 2
    assert f"{tmp_path}: not a log: did you mean {tmp_path / name}?" in capsys.readouterr().err


def test_a_compressed_log_in_a_directory_is_named(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "metrics.jsonl.gz"
    path.write_bytes(gzip.compress(b"{}"))
    assert main(["show", str(tmp_path)]) == 2
    error = f"{tmp_path}: not a log. {path} is compressed with gzip: unpack it first\n"
    assert capsys.readouterr().err.endswith(error)


def test_a_jsonl_log_is_shown_by_the_name_of_its_metrics_file(
    tmp_path: Path, capsys: Capture
) -> None:
    usual_log(tmp_path)
    for name in ("", "metrics.jsonl"):
        assert main(["show", str(tmp_path / name)]) == 0
        assert "learning_rate" in capsys.readouterr().out

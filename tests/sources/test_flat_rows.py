"""Rows of other JSONL writers, which have their metrics beside the step."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.command import main
from evsys_sdk.command.show.following import FollowedRun
from evsys_sdk.command.show.scanning import Scan, scan_part
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.run_log import MetricRow
from evsys_sdk.sources.findings import Findings, notes_of
from evsys_sdk.sources.opening import open_sources

Capture = pytest.CaptureFixture[str]


def write_rows(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    "step", ["step", "Step", "_step", "global_step", "current_steps", "iteration", "iter", "epoch"]
)
@pytest.mark.parametrize("name", ["metrics.jsonl", "train log.jsonl"])
def test_the_numbers_beside_the_step_are_metrics(name: str, step: str, tmp_path: Path) -> None:
    path = write_rows(tmp_path / name, {"loss": 0.5, step: 1}, {step: 2.0, "loss": 1, "n/a": 2})
    [source] = open_sources(str(tmp_path if name == "metrics.jsonl" else path))
    findings = Findings(str(path))
    rows = [placed.row for placed in source.rows(str(path), findings)]
    assert [(row.step, row.split, row.metrics, row.ts) for row in rows] == [
        (1, None, {"loss": 0.5}, None),
        (2, None, {"loss": 1.0, "n/a": 2.0}, None),
    ]
    assert notes_of([findings]) == ([] if step == "step" else [f"{path}: the step is {step!r}"])


def test_of_several_names_step_is_the_step(tmp_path: Path) -> None:
    row = {"epoch": 0.25, "iter": 7, "step": 3, "split": "val", "ts": 1.5, "_step": 4}
    path = write_rows(tmp_path / "metrics.jsonl", row)
    [source] = open_sources(str(tmp_path))
    [placed] = source.rows(str(path), Findings(str(path)))
    assert placed.row == MetricRow(3, "val", {"epoch": 0.25, "iter": 7.0, "_step": 4.0}, 1.5)


def test_what_is_not_a_metric_is_named(tmp_path: Path, capsys: Capture) -> None:
    values = {"a": math.nan, "b": "Infinity", "c": None, "d": "0:01", "e": True, "f": {"g": 1}}
    rows = [{"config": 7}, {"step": 1, "x": 1, **values}, {"step": 2.5}]
    path = write_rows(tmp_path / "metrics.jsonl", *rows)
    with path.open("a") as file:
        file.write('{"step": 3, "lo')
    assert main(["show", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "1 row, 3 points, 3 curves, 1 damaged line" in output.out
    assert output.err == (
        f"{path}:3: not a row: step must be an integer, got 2.5. It begins '{{\"step\": 2.5}}'\n"
    )
    for note in (
        f"{path}:1: an object without 'step' is left out\n",
        f"{path}:2: a value that is not a number is left out, got null for 'c'\n",
        f"{path}:2: a value that is not a number is left out, got \"0:01\" for 'd' (3 lines like",
        f"{path}: the last line is not complete (15 bytes)",
    ):
        assert note in output.out


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"step": 1, "x": 2}, {"step": 2, "metrics": {"x": 3}}], "it has no metrics"),
        ([{"loss": 1.0}], "it has no step"),
        ([{"step": 1, "note": "x"}], "it has no metrics"),
        ([{"epoch": 0.5, "loss": 1.0}], "it has no step"),
        ([[1, 2]], "it must be an object"),
    ],
)
def test_other_rows_are_not_taken_for_them(
    rows: list[Any], message: str, tmp_path: Path, capsys: Capture
) -> None:
    path = write_rows(tmp_path / "metrics.jsonl", *rows)
    assert main(["show", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"{path}:1: not a row: {message}")


def test_parts_of_a_file_hold_each_row_once(tmp_path: Path) -> None:
    path = str(write_rows(tmp_path / "metrics.jsonl", *({"iter": s, "x": s} for s in range(9))))
    [source] = open_sources(str(tmp_path))
    size = (tmp_path / "metrics.jsonl").stat().st_size
    for edge in range(1, size):
        scan = Scan()
        for part in ((0, edge), (edge, size)):
            scan.join(scan_part(source, path, *part))
        [curve] = scan.curves.values()
        assert curve.points.step.tolist() == [*range(9)]
        assert scan.notes() == [f"{path}: the step is 'iter'"]


def test_rows_are_followed_and_hyperparameters_are_read(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "metrics.jsonl", {"step": 1, "x": 1})
    write_rows(tmp_path / "hyperparams.json", {"rate": 0.5})
    [source] = open_sources(str(tmp_path))
    following = FollowedRun("run", source)
    assert following.update()
    with path.open("a") as file:
        file.write('{"step": 2, "x": 2}\n{"ste')
    assert following.update()
    assert (following.run.scan.rows, following.run.hyperparams) == (2, {"rate": 0.5})


def test_two_files_of_a_directory_are_two_logs(tmp_path: Path, capsys: Capture) -> None:
    logs = [str(write_rows(tmp_path / f"{x}.jsonl", {"step": 1, "x": 1})) for x in "ab"]
    assert main(["show", *logs]) == 0
    output = capsys.readouterr().out
    assert [output.count(log) for log in logs] == [1, 1]
    copy = {"kind": "jsonl", "params": {"log_dir": str(tmp_path / "copy")}}
    (tmp_path / "to.yaml").write_text(json.dumps({"log_store": copy}))
    assert [main(["replay", log, "--to", str(tmp_path / "to.yaml")]) for log in logs] == [0, 2]
    assert f"records the progress of the replay of {logs[0]}" in capsys.readouterr().err


def test_a_replay_brings_every_value_and_goes_on(tmp_path: Path, capsys: Capture) -> None:
    copy = {"kind": "jsonl", "params": {"log_dir": str(tmp_path / "copy")}}
    (tmp_path / "to.yaml").write_text(json.dumps({"log_store": copy}))
    rows = [{"iter": s, "loss": 1 / (s + 1), "größe 1": s} for s in range(5)]
    for count in (2, 5):
        log = write_rows(tmp_path / "log.jsonl", *rows[:count])
        assert main(["replay", str(log), "--to", str(tmp_path / "to.yaml")]) == 0
        assert f"{count} lines, {2 * count} points " in capsys.readouterr().out
    copied = JSONLLogStore.read_run(log_dir=tmp_path / "copy").metrics
    assert [{"iter": row.step, **row.metrics} for row in copied] == rows

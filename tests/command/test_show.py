"""``evsys show`` in the terminal: what it says about a log, also one that is damaged or hostile."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.command import main
from evsys_sdk.command.show.following import FollowedRun
from evsys_sdk.command.show.runs import short_run_names
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.sources.opening import open_sources
from support.command_logs import HOSTILE, hostile_log, row, run, usual_log, write_log

Capture = pytest.CaptureFixture[str]


def test_it_shows_everything_of_a_log(tmp_path: Path, capsys: Capture) -> None:
    assert main(["show", str(usual_log(tmp_path))]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    lines = [line.split() for line in output.out.splitlines()]
    assert ["learning_rate", "0.25"] in lines
    assert ["layers", "[64,", "32]"] in lines
    assert ["model", "checkpoint", "checkpoints/final.npz"] in lines
    (train,) = (line for line in lines if line[:1] == ["train/loss"])
    assert train[1:11] == ["train", "100", "1", "@0", "0.01000", "@99", "0.01000", "@99", "1", "@0"]
    assert train[11].startswith("█")
    (val,) = (line for line in lines if line[:1] == ["val/loss"])
    assert val[1:5] == ["val", "5", "0.1053", "@19"]


def test_several_logs_are_shown_below_each_other(tmp_path: Path, capsys: Capture) -> None:
    logs = [str(usual_log(tmp_path / name)) for name in ("a", "b")]
    assert main(["show", *logs]) == 0
    output = capsys.readouterr().out
    assert [output.count(log) for log in logs] == [1, 1]


def test_nonfinite_points_are_counted_and_break_the_curve(tmp_path: Path, capsys: Capture) -> None:
    values = [1.0, float("nan"), float("nan"), float("-inf"), 2.0]
    write_log(tmp_path, [({"x": value}, step, "train") for step, value in enumerate(values)])
    main(["show", str(tmp_path)])
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("x"))
    assert "2 NaN, 1 -Infinity" in line
    assert line.count("✗") == 3


def test_a_gap_is_a_gap(tmp_path: Path, capsys: Capture) -> None:
    write_log(tmp_path, [({"x": 1.0}, step, "train") for step in [*range(10), *range(90, 100)]])
    main(["show", str(tmp_path)])
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("x"))
    assert "▁ " in line.rstrip()


def test_no_name_reaches_the_terminal_as_more_than_text(tmp_path: Path, capsys: Capture) -> None:
    assert main(["show", str(hostile_log(tmp_path))]) == 0
    output = capsys.readouterr().out
    assert not any(char in output for char in "\x1b\u202e\r")
    assert "\\x1b[2J\\n\\u202e" in output
    assert "@9,223,372,036,854,775,807" in output
    assert "@-9,223,372,036,854,775,808" in output
    assert max(map(len, output.splitlines())) < 1000


def test_an_incomplete_row_is_named_but_is_not_damage(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(row(1, x=0.5) + row(2, x=0.25)[:20])
    assert main(["show", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "1 row, " in output
    assert f"{path}: the last line is not complete (20 bytes)" in output


def test_damage_is_named_and_the_rest_is_shown(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(
        row(1, x=0.5) + b"garbage\x1b[2J\n" + row(2**63, x=0.1) + b'{"ts":1}\n' + row(2, x=0.25)
    )
    (tmp_path / "hyperparams.json").write_text("[")
    (tmp_path / "artifacts.json").write_text("{}")
    assert main(["show", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "2 rows, 2 points, 1 curve, 3 damaged lines" in output.out
    problems = output.err.splitlines()
    assert problems[0].startswith(f"{tmp_path}/hyperparams.json: not a JSON object")
    assert problems[1].startswith(f"{tmp_path}/artifacts.json: not a JSON list")
    assert [line.partition(": not a row: ")[0] for line in problems[2:]] == [
        f"{path}:{number}" for number in (2, 3, 4)
    ]
    assert f"step must fit into int64, got {2**63}. It begins" in problems[3]
    assert "\x1b" not in output.err


def test_damaged_lines_are_named_once_for_each_kind_of_fault(
    tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [b"garbage\n", row(1, x=0.5), b'{"ts":1}\n', b'{"step":%d}\n', b"[1]\n", b"other\n"]
    path.write_bytes(b"".join([*lines, row(10**20)] * 250))
    assert main(["show", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "250 rows, 250 points, 1 curve, 1,500 damaged lines" in output.out
    first = "it must be JSON: expected value at line 1 column 1. It begins 'garbage' (750"
    last = f"step must fit into int64, got {10**20}. It begins {row(10**20)[:60].decode()!r}"
    assert [*map(str.strip, output.err.split("lines like this)"))] == [
        f"{path}:1: not a row: {first}",
        f"{path}:3: not a row: it has no step. It begins '{{\"ts\":1}}' (250",
        f"{path}:5: not a row: it must be an object, got [1]. It begins '[1]' (250",
        f"{path}:7: not a row: {last} (250",
        "",
    ]


# Logs of other writers


def test_curves_without_a_split_are_shown(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "metrics.jsonl"
    rows = [{"ts": 1.0, "step": step, "metrics": {"loss": 1 / (1 + step)}} for step in range(4)]
    rows += [{"step": 3, "split": "val", "metrics": {"loss": 0.5}}]
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    assert main(["show", str(tmp_path)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    lines = [line.split() for line in output.out.splitlines()]
    assert ["loss", "4", "1", "@0", "0.2500", "@3", "0.2500", "@3", "1", "@0"] in [
        line[:10] for line in lines
    ]
    assert ["val", "1", "0.5000", "@3"] in [line[:4] for line in lines]


def test_what_is_ignored_is_noted_once_for_each_file(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "metrics.jsonl"
    rows = [{"step": step, "epoch": 1, "host\x1b": "a", "metrics": {"a": 1.0}} for step in range(9)]
    path.write_text("\ufeff" + "".join(json.dumps(each) + "\r\n" for each in rows))
    (tmp_path / "hyperparams.json").write_text('\ufeff{"lr": 0.5}')
    artifacts = [{"name": name, "path": "p", "size": 1} for name in "ab"]
    (tmp_path / "artifacts.json").write_text("\ufeff" + json.dumps(artifacts))
    assert main(["show", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "9 rows, 9 points, 1 curve" in output
    notes = output.split("b     file  p\n")[1].split("\n\n")
    assert [*map(str.strip, notes)] == [
        f"{tmp_path}/hyperparams.json: the byte order mark at the beginning is ignored",
        f"{tmp_path}/artifacts.json: the byte order mark at the beginning is ignored",
        f"{tmp_path}/artifacts.json: unknown fields are ignored: 'size'",
        f"{path}: the byte order mark at the beginning is ignored",
        f"{path}: unknown fields are ignored: 'epoch', 'host\\x1b'",
        "",
    ]


def test_a_log_of_another_writer_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    line = '{"step": 1, "metrics": {"a": 1.0}}\r\n'
    path.write_text("\ufeff" + line, newline="")
    following = FollowedRun("run", *open_sources(str(tmp_path)))
    assert following.update()
    assert following.run.scan.rows == 1
    with open(path, "a", newline="") as file:
        file.write(line + "garbage\n" + line[:20])
    assert following.update()
    [findings] = following.run.scan.findings.values()
    assert (following.run.scan.rows, findings.damaged, findings.torn) == (2, 1, 20)
    assert following.run.problems[0].startswith(f"{path}:3: not a row: ")
    assert "byte order mark" in following.run.notes[0]
    with open(path, "a", newline="") as file:
        file.write(line[20:] + "garbage\n")
    assert following.update()
    assert (following.run.scan.rows, findings.damaged, findings.torn) == (3, 2, 0)


def test_of_very_many_ignored_fields_some_are_named(tmp_path: Path, capsys: Capture) -> None:
    lines = [json.dumps({"step": 1, f"x{n:03}": 1, "metrics": {}}) + "\n" for n in range(300)]
    (tmp_path / "metrics.jsonl").write_text("".join(lines))
    assert main(["show", str(tmp_path)]) == 0
    assert "'x008', 'x009', 90 more\n" in capsys.readouterr().out


def log_inside(path: Path) -> None:
    usual_log(path / "logs")


def dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


MISTAKES: list[tuple[Callable[[Path], object], str]] = [
    (str, "does not exist"),
    (Path.touch, "is a file"),
    (Path.mkdir, "none of these: a JSONL log (metrics.jsonl, hyperparams.json, artifacts.json); "),
    (os.mkfifo, "is not a directory"),
    (dangling_link, "is a symbolic link to nowhere, which does not exist"),
    (log_inside, "did you mean"),
]


@pytest.mark.parametrize(("make", "message"), MISTAKES)
def test_a_path_that_is_not_a_log_is_an_error(
    make: Callable[[Path], object], message: str, tmp_path: Path, capsys: Capture
) -> None:
    make(tmp_path / "run")
    assert main(["show", str(tmp_path / "run")]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    assert message in output.err


NAMES = {
    "metrics_file": "m.jsonl",
    "hyperparams_file": "h.json",
    "artifacts_file": "a.json",
}


def log_with_other_names(directory: Path) -> dict[str, Any]:
    """Write a log whose files have other names; returns its configuration."""
    params: dict[str, str] = {"log_dir": str(directory), **NAMES}
    store = JSONLLogStore(**params)
    store.log_metrics({"loss": 0.5}, 1)
    store.log_hyperparams({"rate": 0.25})
    store.log_artifact("model", "m.pt")
    store.close()
    return {"kind": "jsonl", "params": params}


@pytest.mark.parametrize("nested", [False, True])
def test_a_log_whose_files_have_other_names_is_found_by_its_configuration(
    nested: bool, tmp_path: Path, capsys: Capture
) -> None:
    section = log_with_other_names(tmp_path / "logs")
    board = {"kind": "tensorboard", "params": {"log_dir": str(tmp_path / "board")}}
    if nested:
        section = {"kind": "multiplex", "params": {"children": [board, section]}}
    file = tmp_path / "run.yaml"
    file.write_text(json.dumps({"log_store": section}))
    assert main(["show", str(file)]) == 0
    shown = capsys.readouterr().out
    assert all(each in shown for each in ("loss", "rate", "0.25", "model", "m.pt"))


def test_a_configuration_of_several_logs_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    children = [log_with_other_names(tmp_path / f"logs-{each}") for each in range(2)]
    file = tmp_path / "run.yml"
    file.write_text(
        json.dumps({"log_store": {"kind": "multiplex", "params": {"children": children}}})
    )
    assert main(["show", str(file)]) == 2
    message = "it configures 2 jsonl stores. Name the directory of the log instead"
    assert message in capsys.readouterr().err


def test_a_configuration_whose_log_is_not_there_names_the_directory(
    tmp_path: Path, capsys: Capture
) -> None:
    section = {"kind": "jsonl", "params": {"log_dir": str(tmp_path / "nowhere")}}
    (tmp_path / "run.yaml").write_text(json.dumps({"log_store": section}))
    assert main(["show", str(tmp_path / "run.yaml")]) == 2
    assert f"run.yaml: {tmp_path / 'nowhere'}: does not exist" in capsys.readouterr().err


def test_without_the_extra_it_gives_the_install_command(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from evsys_sdk.command import main; raise SystemExit(main(sys.argv[2:]))"
    )
    for package, extra, options in [
        ("rich", "show", []),
        ("matplotlib", "plot", ["--png", "x.png"]),
    ]:
        words = [sys.executable, "-c", code, package, "show", str(usual_log(tmp_path)), *options]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert f"pip install 'evsys-sdk[{extra}]'" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_file_is_read_alike_by_one_process_and_by_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evsys_sdk.command.show import scanning

    path = tmp_path / "metrics.jsonl"
    lines = [row(step, x=float(step), **{f"y{step % 3}": 1.0}) for step in range(3000)]
    lines[1000:1000] = lines[2500:2500] = [b"garbage\n"]
    path.write_bytes(b"".join(lines) + b'{"ts":1')
    [source] = open_sources(str(tmp_path))
    alone = scanning.scan_source(source)
    monkeypatch.setattr(scanning, "_WORTH_A_PROCESS", 20_000)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    together = scanning.scan_source(source)
    assert together.findings == alone.findings
    [findings] = together.findings.values()
    assert (together.rows, findings.lines, findings.torn) == (3000, 3003, 7)
    assert findings.end + findings.torn == path.stat().st_size
    [fault] = findings.faults.values()
    assert (fault.line, fault.count) == (1001, 2)
    assert [*together.curves] == [*alone.curves]
    for name, curve in alone.curves.items():
        assert together.curves[name].count == curve.count
        assert together.curves[name].points.step.tolist() == curve.points.step.tolist()
        assert together.curves[name].points.after.tolist() == curve.points.after.tolist()


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["runs/a/logs", "runs/b/logs/"], ["a", "b"]),
        (["a", "b/c"], ["a", "b/c"]),
        (["a", "a/b"], ["a", "b"]),
        (["a", "a"], ["a", "a"]),
        (["runs/a"], ["runs/a"]),
    ],
)
def test_runs_are_called_by_what_tells_them_apart(paths: list[str], names: list[str]) -> None:
    assert short_run_names(paths) == names


def test_follow_shows_what_is_written_until_it_is_interrupted(tmp_path: Path) -> None:
    log_dir = usual_log(tmp_path)
    command = [sys.executable, "-m", "evsys_sdk", "show", str(log_dir), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout

        def line_with(text: str) -> str:
            return next(line for line in child.stdout or () if text in line)

        line_with("105 rows")
        with open(log_dir / "metrics.jsonl", "ab") as file:
            file.write(row(100, new=0.5) + row(101)[:10])
            file.flush()
            line_with("106 rows, 106 points, 3 curves")
            assert "(10 bytes)" in line_with("the last line is not complete")
            file.write(row(101)[10:])
            file.flush()
            line_with("107 rows")
        os.replace(usual_log(tmp_path / "other") / "metrics.jsonl", log_dir / "metrics.jsonl")
        line_with("105 rows")
        child.send_signal(signal.SIGINT)
        child.stdout.read()
    assert child.returncode == 0


def test_follow_waits_for_a_run_that_has_not_written_metrics(tmp_path: Path) -> None:
    (tmp_path / "hyperparams.json").write_text(json.dumps({"x": 1}))
    command = [sys.executable, "-m", "evsys_sdk", "show", str(tmp_path), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert "0 rows" in next(line for line in child.stdout if "curve" in line)
        (tmp_path / "metrics.jsonl").write_bytes(row(1, x=0.5))
        assert "1 row," in next(line for line in child.stdout if "curve" in line)
        child.send_signal(signal.SIGINT)
        child.stdout.read()
    assert child.returncode == 0


def test_an_output_that_lacks_the_letters_is_not_an_error(tmp_path: Path) -> None:
    done = run("show", str(usual_log(tmp_path)), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert HOSTILE not in done.stdout

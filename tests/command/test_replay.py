"""``evsys replay``: everything arrives once, also after a kill; what is refused is named."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_logs import row, usual_log
from evsys_sdk.command import main
from evsys_sdk.log_stores.jsonl import JSONLLogStore

Capture = pytest.CaptureFixture[str]


def target(directory: Path, kind: str = "jsonl") -> Path:
    path = directory / "run.yaml"
    path.write_text(f"log_store: {{kind: {kind}, params: {{log_dir: {directory / 'copy'}}}}}")
    return path


def points(log_dir: Path) -> list[tuple[int, str | None, dict[str, float]]]:
    rows = JSONLLogStore.read_run(log_dir=log_dir).metrics
    return [(each.step, each.split, each.metrics) for each in rows]


def test_everything_arrives_and_a_second_time_nothing(tmp_path: Path, capsys: Capture) -> None:
    log = usual_log(tmp_path / "log")
    config = target(tmp_path)
    for _ in range(2):
        assert main(["replay", str(log), "--to", str(config)]) == 0
        assert "105 lines, 105 points and 1 artifact " in capsys.readouterr().out
        copy = JSONLLogStore.read_run(log_dir=tmp_path / "copy")
        assert points(tmp_path / "copy") == points(log)
        assert copy.hyperparams == {"learning_rate": 0.25, "layers": [64, 32]}
        assert [each.name for each in copy.artifacts] == ["model"]


def test_what_was_logged_since_is_added(tmp_path: Path) -> None:
    log = usual_log(tmp_path / "log")
    config = str(target(tmp_path))
    main(["replay", str(log), "--to", config])
    usual_log(log)
    main(["replay", str(log), "--to", config])
    assert points(tmp_path / "copy") == points(log)


KILLED = """
import os, signal, sys
from evsys_sdk.command import main
from evsys_sdk.log_stores.jsonl import JSONLLogStore
log, calls, (when, count, number) = JSONLLogStore.log_metrics, 0, sys.argv[1].split()
def killed(self, *arguments, **keywords):
    global calls
    calls += 1
    if when == "before" and calls == int(count):
        os.kill(os.getpid(), int(number))
    log(self, *arguments, **keywords)
    if when == "after" and calls == int(count):
        os.kill(os.getpid(), int(number))
JSONLLogStore.log_metrics = killed
raise SystemExit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_stopped_anywhere_it_goes_on_without_doubling_a_row(
    when: str, number: int, status: int, tmp_path: Path
) -> None:
    log = usual_log(tmp_path / "log")
    config = str(target(tmp_path))
    place = f"{when} 40 {int(number)}"
    command = [sys.executable, "-c", KILLED, place, "replay", str(log), "--to", config]
    assert subprocess.run(command, capture_output=True, check=False).returncode == status
    assert 39 <= len(points(tmp_path / "copy")) <= 40
    assert main(["replay", str(log), "--to", config]) == 0
    assert points(tmp_path / "copy") == points(log)


def test_damaged_lines_are_named_and_left_out(tmp_path: Path, capsys: Capture) -> None:
    log = usual_log(tmp_path / "log")
    with open(log / "metrics.jsonl", "ab") as file:
        file.write(b"garbage\n" + row(7, x=1.0))
    assert main(["replay", str(log), "--to", str(target(tmp_path))]) == 1
    errors = capsys.readouterr().err
    assert f"{log}/metrics.jsonl:106: left out, no row" in errors
    assert "left out: 1 damaged line" in errors
    assert points(tmp_path / "copy")[-1] == (7, "train", {"x": 1.0})


def test_what_the_target_refuses_is_counted_and_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = usual_log(tmp_path / "log")
    with open(log / "metrics.jsonl", "ab") as file:
        file.writelines(row(step, good=1.0, bad=2.0) for step in range(3))
    take = JSONLLogStore.log_metrics

    def picky(
        self: JSONLLogStore, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None:
        if "bad" in metrics:
            raise ValueError("no such key")
        take(self, metrics, step, split=split)

    monkeypatch.setattr(JSONLLogStore, "log_metrics", picky)
    assert main(["replay", str(log), "--to", str(target(tmp_path))]) == 1
    assert "refused 3 times: metric bad: ValueError: no such key" in capsys.readouterr().err
    assert points(tmp_path / "copy")[-1] == (2, "train", {"good": 1.0})


def test_a_log_is_not_written_into_itself(tmp_path: Path, capsys: Capture) -> None:
    log = usual_log(tmp_path / "copy")
    assert main(["replay", str(log), "--to", str(target(tmp_path))]) == 1
    assert "written into itself" in capsys.readouterr().err
    assert len(points(log)) == 105


def test_the_progress_of_another_log_is_not_taken(tmp_path: Path, capsys: Capture) -> None:
    config = str(target(tmp_path))
    for name in ("a", "b"):
        status = main(["replay", str(usual_log(tmp_path / name)), "--to", config])
    assert status == 1
    assert "tells how far the replay of" in capsys.readouterr().err

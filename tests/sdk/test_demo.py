"""The demo, run as a user runs it: to its end, interrupted, killed, and started again."""

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from evsys_sdk import RunLog
from evsys_sdk.log_stores.jsonl import JSONLLogStore

HERE = Path(__file__).parent
DIGITS = HERE.parents[1] / "docs" / "examples" / "digits"
STEPS = 1200
EVENT_ACCUMULATOR = "tensorboard.backend.event_processing.event_accumulator"

# Makes the kind "signal" known, then runs the demo as `python docs/examples/digits` would.
WITH_SIGNAL_STORE = "import signal_store, runpy; runpy.run_path({!r}, run_name='__main__')"


def run_demo(directory: Path, *options: str, interruption: dict[str, Any] | None = None) -> Any:
    """Run the demo in ``directory``, with a store that interrupts it if so wanted."""
    command = [sys.executable, str(DIGITS)]
    if interruption:
        config = directory / "interrupted.yaml"
        config.write_text(json.dumps(interrupted_by(interruption)))
        command[1:] = ["-c", WITH_SIGNAL_STORE.format(str(DIGITS)), "--config", str(config)]
    return subprocess.run(
        [*command, "--steps", str(STEPS), *options],
        cwd=directory,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(HERE)}


def interrupted_by(interruption: dict[str, Any]) -> dict[str, Any]:
    """The log store of the demo with a third child that sends the signal."""
    jsonl = {"kind": "jsonl", "params": {"log_dir": "./logs"}}
    tensorboard = {"kind": "tensorboard", "params": {"log_dir": "./tb"}}
    children = [jsonl, tensorboard, {"kind": "signal", "params": interruption}]
    return {"log_store": {"kind": "multiplex", "params": {"children": children}}}


def read(directory: Path) -> RunLog:
    return JSONLLogStore.read_run(log_dir=directory / "runs" / "digits" / "logs")


def shown(directory: Path, tag: str) -> dict[int, float]:
    """Value by step, as TensorBoard's own loader has it; a step that comes twice is an error."""
    accumulator = importlib.import_module(EVENT_ACCUMULATOR)  # untyped, as all of TensorBoard
    events = accumulator.EventAccumulator(str(directory / "runs" / "digits" / "tb"), {"scalars": 0})
    events.Reload()
    scalars = [(event.step, event.value) for event in events.Scalars(tag)]
    assert len(dict(scalars)) == len(scalars)
    return dict(scalars)


def steps(log: RunLog, split: str) -> list[int]:
    return [row.step for row in log.metrics if row.split == split]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The directory of a run from start to end, and what it printed."""
    directory = tmp_path_factory.mktemp("finished")
    done = run_demo(directory)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return directory, done.stdout


def test_every_step_and_every_validation_is_logged_once(finished: tuple[Path, str]) -> None:
    log = read(finished[0])
    assert steps(log, "train") == [*range(1, STEPS + 1)]
    assert steps(log, "val") == [*range(50, STEPS + 1, 50)]
    assert len(log.metrics) == STEPS + STEPS // 50


def test_the_classifier_learns(finished: tuple[Path, str]) -> None:
    accuracies = [
        row.metrics["val/accuracy"] for row in read(finished[0]).metrics if row.split == "val"
    ]
    assert accuracies[-1] > 0.95


def test_hyperparameters_are_logged(finished: tuple[Path, str]) -> None:
    assert read(finished[0]).hyperparams["steps"] == STEPS


def test_each_checkpoint_is_an_artifact_that_loads_without_pickle(
    finished: tuple[Path, str],
) -> None:
    directory, _ = finished
    artifacts = read(directory).artifacts
    assert [a.name for a in artifacts] == ["step-001000", "step-001200"]
    for artifact, step in zip(artifacts, [1000, 1200], strict=True):
        with np.load(directory / "runs" / "digits" / artifact.path, allow_pickle=False) as saved:
            assert saved["steps_taken"] == step


def test_tensorboard_shows_the_figures_of_the_jsonl_log(finished: tuple[Path, str]) -> None:
    directory, _ = finished
    for split, tag in [("train", "train/loss"), ("train", "train/accuracy"), ("val", "val/loss")]:
        logged = {r.step: r.metrics[tag] for r in read(directory).metrics if r.split == split}
        assert shown(directory, tag) == pytest.approx(logged, rel=1e-6)


def test_the_report_names_files_final_figures_and_the_command(finished: tuple[Path, str]) -> None:
    directory, printed = finished
    last = read(directory).metrics[-1]
    assert last.split == "val"
    assert f"val/accuracy   {last.metrics['val/accuracy']:.4f}  at step 1,200; best" in printed
    assert "1,200 train rows, 24 val rows" in printed
    assert "8 hyperparameters" in printed
    assert "2 checkpoints" in printed
    assert "checkpoints/step-001200.npz" in printed
    assert printed.endswith("tensorboard --logdir runs/digits/tb\n")


def test_the_curves_are_a_picture(finished: tuple[Path, str]) -> None:
    pixels = Image.open(finished[0] / "runs" / "digits" / "curves.png")
    colours = pixels.convert("RGB").getcolors(maxcolors=pixels.width * pixels.height)
    assert pixels.width > 1000
    assert {(0x3F, 0x75, 0xA8), (0xD1, 0x59, 0x1F)} <= {colour for _, colour in colours or ()}


def test_a_finished_run_started_again_says_so_and_logs_nothing(finished: tuple[Path, str]) -> None:
    directory, printed = finished
    run_dir = directory / "runs" / "digits"
    records = [path for path in run_dir.rglob("*") if path.is_file() and path.suffix != ".png"]
    before = {path: path.read_bytes() for path in records}
    again = run_demo(directory)
    assert again.returncode == 0
    assert {path: path.read_bytes() for path in before} == before
    first_line, _, report = again.stdout.partition("\n")
    assert first_line == (
        "runs/digits is finished: 1,200 steps. To start over, first: rm -r runs/digits"
    )
    assert printed.endswith(report)


def test_a_run_is_not_continued_with_other_settings(finished: tuple[Path, str]) -> None:
    refused = run_demo(finished[0], "--steps", "1300")
    assert refused.returncode == 2
    assert "runs/digits holds a run with other settings: {'steps': 1200," in refused.stderr


def test_interrupted_and_killed_runs_log_what_an_uninterrupted_one_logs(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    interruptions: list[tuple[dict[str, Any], int, str]] = [
        ({"signum": signal.SIGKILL, "step": 30}, -signal.SIGKILL, ""),  # no checkpoint yet
        ({"signum": signal.SIGINT, "step": 200, "split": "val"}, 130, "Stopped after step 200."),
        ({"signum": signal.SIGTERM, "step": 333}, 143, "Stopped after step 333."),
        ({"signum": signal.SIGKILL, "step": 1100}, -signal.SIGKILL, ""),  # last checkpoint: 1000
    ]
    for interruption, status, line in interruptions:
        stopped = run_demo(tmp_path, interruption=interruption)
        assert (stopped.returncode, stopped.stderr) == (status, "")
        assert line in stopped.stdout
    completed = run_demo(tmp_path)
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.startswith(
        "Continuing runs/digits after step 1,000 of 1,200.\n"
        "Its log reaches step 1,100: steps up to there are repeated, not logged again.\n"
    )
    assert_same_figures(tmp_path, finished[0])
    log = read(tmp_path)
    names = ["step-000200", "step-000333", "step-001000", "step-001200"]
    assert [artifact.name for artifact in log.artifacts] == names


def assert_same_figures(directory: Path, expected: Path) -> None:
    """Both runs logged the same steps with the same values, in both stores."""
    rows, expected_rows = read(directory).metrics, read(expected).metrics
    assert [(r.step, r.split) for r in rows] == [(r.step, r.split) for r in expected_rows]
    for row, expected_row in zip(rows, expected_rows, strict=True):
        assert row.metrics == pytest.approx(expected_row.metrics, rel=1e-6)
    for tag in ("train/loss", "val/loss"):
        assert [*shown(directory, tag)] == [*shown(expected, tag)]


def test_ctrl_c_at_the_terminal_ends_with_one_line_and_status_130(tmp_path: Path) -> None:
    """The key itself, sent through a terminal once the progress bar moves."""
    controller, terminal = os.openpty()
    # The leader of a new session opens the terminal by name: that makes it the controlling one.
    become_foreground = ["sh", "-c", 'exec <"$0"; exec "$@"', os.ttyname(terminal)]
    demo = subprocess.Popen(
        [*become_foreground, sys.executable, str(DIGITS), "--steps", "50000"],
        cwd=tmp_path,
        env=environment(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    printed = read_until(controller, b"val/accuracy")
    os.write(controller, b"\x03")
    printed += read_until(controller, b"to continue.")
    assert demo.wait() == 130
    os.close(controller)
    last_step = steps(read(tmp_path), "train")[-1]
    assert f"Stopped after step {last_step:,}. Start it again to continue." in printed.decode()
    assert "Traceback" not in printed.decode()


def read_until(descriptor: int, text: bytes) -> bytes:
    printed = b""
    while text not in printed:
        piece = os.read(descriptor, 4096)
        assert piece, f"the demo ended before it printed {text!r}: {printed!r}"
        printed += piece
    return printed


def test_ctrl_c_while_the_libraries_load_ends_with_one_line_and_status_130(tmp_path: Path) -> None:
    shadow = tmp_path / "sklearn.py"
    shadow.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nwhile True: pass")
    stopped = subprocess.run(
        [sys.executable, str(DIGITS)],
        cwd=tmp_path,
        env=environment() | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (stopped.returncode, stopped.stderr) == (130, "")
    assert stopped.stdout == "Stopped. Start it again to continue.\n"

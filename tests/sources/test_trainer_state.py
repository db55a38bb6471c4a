"""The ``trainer_state.json`` of the Hugging Face Trainer: an entry per log call."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.command import main
from evsys_sdk.command.show.following import FollowedRun
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.opening import open_sources

Capture = pytest.CaptureFixture[str]

# As the Trainer of Transformers 4 writes it.
HISTORY: list[Any] = [
    {"epoch": 0.5, "grad_norm": 1.5, "learning_rate": 5e-05, "loss": 0.75, "step": 1},
    {"epoch": 1.0, "grad_norm": math.nan, "learning_rate": 2.5e-05, "loss": 0.5, "step": 2},
    {"epoch": 1.0, "eval_loss": 0.625, "eval_runtime": 0.25, "step": 2},
    {"epoch": 1.0, "step": 2, "total_flos": 7.0, "train_loss": 0.625, "train_runtime": 1.5},
]
STATE: dict[str, Any] = {
    "best_metric": None,
    "epoch": 1.0,
    "global_step": 2,
    "is_hyper_param_search": False,
    "log_history": HISTORY,
    "max_steps": 2,
    "num_train_epochs": 1,
    "total_flos": 7.0,
    "train_batch_size": 8,
    "trial_name": None,
    "trial_params": {"learning_rate": 5e-05},
}


def write_state(directory: Path, **changes: Any) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / "trainer_state.json"
    path.write_text(json.dumps({**STATE, **changes}, indent=2, sort_keys=True) + "\n")
    return path


@pytest.mark.parametrize("name", ["", "trainer_state.json"])
def test_each_entry_is_a_row_whose_prefix_is_its_split(tmp_path: Path, name: str) -> None:
    write_state(tmp_path)
    [source] = open_sources(str(tmp_path / name))
    [path] = source.files()
    rows = [placed.row for placed in source.rows(path, Findings(path))]
    assert [(row.step, row.split, row.ts) for row in rows] == [
        (1, None, None),
        (2, None, None),
        (2, "eval", None),
        (2, "train", None),
    ]
    assert rows[0].metrics == {
        "epoch": 0.5,
        "grad_norm": 1.5,
        "learning_rate": 5e-05,
        "loss": 0.75,
    }
    assert math.isnan(rows[1].metrics["grad_norm"])
    assert rows[2].metrics == {"epoch": 1.0, "eval_loss": 0.625, "eval_runtime": 0.25}
    assert source.hyperparams([]) == {
        "max_steps": 2,
        "num_train_epochs": 1,
        "train_batch_size": 8,
        "learning_rate": 5e-05,
    }


@pytest.mark.parametrize(
    ("entry", "split"),
    [
        ({"epoch": 1.0, "eval_loss": 0.5}, "eval"),
        ({"eval_a_loss": 0.5, "eval_a_runtime": 1.0}, "eval_a"),
        ({"test_loss": 0.5, "test_runtime": 1.0, "test_my_runtime": 2.0}, "test"),
        ({"_loss": 0.5, "_runtime": 1.0}, "eval"),
        (
            {"eval_loss": 0.5, "eval_runtime": 1.0, "eval_samples_per_second": 2, "tokens": 3},
            "eval",
        ),
        ({"train_loss": 0.5, "train_runtime": 1.0, "total_flos": 1.0, "epoch": 1.0}, "train"),
        ({"loss": 0.5, "step_runtime": 1.0}, None),
        ({"eval_loss": 0.5, "loss": 0.5}, None),
        ({"val_loss": 0.5}, None),
        ({"epoch": 1.0}, None),
    ],
)
def test_only_a_documented_prefix_is_a_split(
    entry: dict[str, float], split: str | None, tmp_path: Path
) -> None:
    write_state(tmp_path, log_history=[{"step": 1, **entry}])
    [source] = open_sources(str(tmp_path))
    [path] = source.files()
    [placed] = source.rows(path, Findings(path))
    assert (placed.row.split, placed.row.metrics) == (split, entry)


def test_it_is_shown(tmp_path: Path, capsys: Capture) -> None:
    path = write_state(tmp_path)
    assert main(["show", str(tmp_path)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.startswith(f"{path}  4 rows, 15 points")
    lines = [line.split() for line in output.out.splitlines()]
    assert ["eval_loss", "eval", "1", "0.6250"] in [line[:4] for line in lines]


def test_entries_that_are_not_rows_are_named_once(tmp_path: Path, capsys: Capture) -> None:
    broken = [{"loss": 0.5}, {"step": 1.5}, 7, {"step": 3, "loss": 0.5, "note": "x", "flag": True}]
    path = write_state(tmp_path, log_history=[*HISTORY, *broken, {"loss": 1.0}])
    assert main(["show", str(path)]) == 1
    output = capsys.readouterr()
    assert "5 rows, 16 points, 11 curves, 4 damaged rows" in output.out
    [first, second] = output.err.splitlines()
    place = f"{path}: entry 5 of log_history is not a row"
    assert first == f"{place}: step must be an integer (3 rows like this)"
    assert second == f"{path}: entry 7 of log_history is not a row: it must be an object"
    note = f"{path}: values that are not numbers are left out: 'flag' (2 rows like this)"
    assert note in output.out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not JSON: "),
        ("[" * 100_000, "not JSON: "),
        ("[]", "not the state of a Trainer: it must be a JSON object"),
        (
            '{"x": 1}\n{}',
            "not JSON: Extra data: line 2 column 1 (char 9). If it has an object in each",
        ),
        ("{}", "not the state of a Trainer: log_history must be a list"),
    ],
)
def test_a_file_of_another_kind_is_damage(
    content: str, message: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text(content)
    assert main(["show", str(path)]) == 1
    output = capsys.readouterr()
    assert output.err.startswith(f"{path}: {message}")
    assert output.err.count("\n") == 1
    assert "0 rows" in output.out


def test_its_checkpoint_is_suggested(tmp_path: Path, capsys: Capture) -> None:
    write_state(tmp_path / "checkpoint-2")
    assert main(["show", str(tmp_path)]) == 2
    assert f"did you mean {tmp_path}/checkpoint-2?" in capsys.readouterr().err


def test_a_state_that_is_saved_again_is_followed(tmp_path: Path) -> None:
    write_state(tmp_path, log_history=HISTORY[:2])
    [source] = open_sources(str(tmp_path))
    following = FollowedRun("run", source)
    assert following.update()
    assert not following.update()
    write_state(tmp_path)
    assert following.update()
    assert following.run.scan.rows == 4


def test_a_replay_goes_on_where_it_was(tmp_path: Path, capsys: Capture) -> None:
    log = tmp_path / "out"
    copy = {"kind": "jsonl", "params": {"log_dir": str(tmp_path / "copy")}}
    (tmp_path / "to.yaml").write_text(json.dumps({"log_store": copy}))
    for count in (2, 4, 4):
        write_state(log, log_history=HISTORY[:count])
        assert main(["replay", str(log), "--to", str(tmp_path / "to.yaml")]) == 0
        assert f"{count} rows, " in capsys.readouterr().out
        copied = JSONLLogStore.read_run(log_dir=tmp_path / "copy")
        assert [row.step for row in copied.metrics] == [1, 2, 2, 2][:count]
    assert [row.split for row in copied.metrics] == ["train", "train", "eval", "train"]
    assert copied.hyperparams["train_batch_size"] == 8

"""Event files that torch's SummaryWriter and tensorboardX make themselves."""

from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.command import main
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore
from evsys_sdk.sources.opening import open_sources

Capture = pytest.CaptureFixture[str]


@pytest.fixture(params=["torch.utils.tensorboard", "tensorboardX"])
def summary_writer(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param).SummaryWriter


@pytest.fixture
def log(summary_writer: Any, tmp_path: Path) -> Path:
    np = pytest.importorskip("numpy")
    with summary_writer(str(tmp_path / "tb")) as writer:
        for step in range(4):
            writer.add_scalar("train/loss", 1 / (1 + step), step)
            writer.add_scalars("acc", {"train": 0.5, "val": 0.25}, step)
        writer.add_histogram("weights", np.arange(9), 3)
        writer.add_text("note", "a note", 3)
        writer.add_hparams({"lr": 0.5, "opt": "adam", "flag": True}, {"hp/loss": 0.25})
    return tmp_path / "tb"


def test_every_run_is_read_as_tensorboard_tells_them_apart(log: Path) -> None:
    sources = {source.name.removeprefix(f"{log}"): source for source in open_sources(str(log))}
    # torch names the directory of a series acc_train, tensorboardX names it acc/train
    sources = {name.replace("acc/", "acc_"): source for name, source in sources.items()}
    assert {"", "/acc_train", "/acc_val"} < sources.keys()
    [trial] = sources.keys() - {"", "/acc_train", "/acc_val"}
    assert sources[trial].hyperparams([]) == {"lr": 0.5, "opt": "adam", "flag": True}
    runs: dict[str | None, list[tuple[int, dict[str, float]]]] = {}
    for row in TensorBoardLogStore.read_run(log_dir=log).metrics:
        assert row.split is None
        assert row.ts is not None
        run = row.run.replace("/", "_") if row.run else None
        runs.setdefault(run, []).append((row.step, row.metrics))
    assert [step for step, _ in runs[None]] == [*range(4)]
    losses = [metrics["train/loss"] for _, metrics in runs[None]]
    assert losses == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert runs["acc_train"] == [(step, {"acc": 0.5}) for step in range(4)]
    assert runs["acc_val"] == [(step, {"acc": 0.25}) for step in range(4)]
    assert [metrics for _, metrics in runs[trial.strip("/")]] == [{"hp/loss": 0.25}]


def test_what_is_left_out_is_noted(log: Path, capsys: Capture) -> None:
    assert main(["show", str(log)]) == 0
    output = capsys.readouterr()
    assert "4 rows, 4 points, 1 curve" in output.out
    assert "histograms are left out: only scalars are read" in output.out
    assert "texts are left out: only scalars are read" in output.out
    assert output.err == ""

"""Logs that training runs with other loggers left behind, as ``evsys`` reads and replays them."""

import json
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.command import main
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.run_log import MetricRow
from evsys_sdk.sources.findings import Findings, notes_of, problems_of
from evsys_sdk.sources.opening import open_sources
from integrations.libraries import need

need("torch", "accelerate", "transformers", "lightning")

from lightning.pytorch import Trainer as LightningTrainer
from lightning.pytorch.loggers import CSVLogger
from transformers import Trainer

from integrations import lightning_runs, trainer_runs


def rows_of(log: Path) -> list[MetricRow]:
    """The rows of the only run. Nothing else is found, and a replay gives the same rows."""
    [source] = open_sources(str(log))
    [path] = source.files()
    findings = Findings(path)
    rows = [placed.row for placed in source.rows(path, findings)]
    assert problems_of([findings]) + notes_of([findings]) == []
    copy = log / "copy"
    spec = {"kind": "jsonl", "params": {"log_dir": str(copy)}}
    (log / "to.yaml").write_text(json.dumps({"log_store": spec}))
    assert main(["replay", str(log), "--to", str(log / "to.yaml")]) == 0
    assert [
        (row.step, row.split, row.metrics) for row in JSONLLogStore.iter_rows(log_dir=copy)
    ] == [(row.step, row.split or "train", row.metrics) for row in rows]
    return rows


def test_the_state_of_a_trainer_that_was_resumed(tmp_path: Path) -> None:
    def trainer(epochs: int) -> Trainer:
        return Trainer(
            model=trainer_runs.gpt2(),
            args=trainer_runs.arguments(tmp_path, num_train_epochs=epochs),
            train_dataset=trainer_runs.data(),
            eval_dataset={"a": trainer_runs.data(2), "b": trainer_runs.data(2)},
        )

    out = tmp_path / "out"
    trainer(1).train()
    resumed = trainer(2)
    resumed.train(resume_from_checkpoint=str(out / "checkpoint-2"))
    resumed.evaluate(metric_key_prefix="test")
    resumed.save_state()
    rows = rows_of(out)
    assert [(row.step, row.split, row.ts) for row in rows] == [
        *[(1, None, None), (2, None, None), (2, "eval_a", None), (2, "eval_b", None)],
        *[(3, None, None), (4, None, None), (4, "eval_a", None), (4, "eval_b", None)],
        *[(4, "train", None), (4, "test_a", None), (4, "test_b", None)],
    ]
    assert [row.metrics["epoch"] for row in rows] == [0.5, 1, 1, 1, 1.5, 2, 2, 2, 2, 2, 2]
    assert rows[0].metrics.keys() == {"epoch", "grad_norm", "learning_rate", "loss"}
    assert {"eval_a_loss", "eval_a_runtime"} < rows[2].metrics.keys()
    assert {"train_loss", "total_flos"} < rows[8].metrics.keys()
    assert rows_of(out / "checkpoint-4") == rows[:8]


@lightning_runs.FILTERS[0]
@lightning_runs.FILTERS[1]
@pytest.mark.filterwarnings("ignore:The dirpath has changed:UserWarning")
def test_the_metrics_of_a_lightning_run_that_was_resumed(tmp_path: Path) -> None:
    class Line(lightning_runs.Line):
        def training_step(self, batch: Any, batch_idx: int) -> Any:
            loss = super().training_step(batch, batch_idx)
            self.log("loss", loss, on_step=True, on_epoch=True)
            return loss

    def run(epochs: int, **options: Any) -> Path:
        logger = CSVLogger(str(tmp_path), name="run")
        trainer = LightningTrainer(
            accelerator="cpu",
            enable_model_summary=False,
            enable_progress_bar=False,
            log_every_n_steps=2,
            logger=logger,
            max_epochs=epochs,
        )
        model, batches = Line(lr=0.5, layers=(4, 2)), lightning_runs.data()
        trainer.fit(model, batches, batches, **options)
        return Path(logger.log_dir)

    first = run(1)
    [checkpoint] = first.glob("checkpoints/*.ckpt")
    second = run(2, ckpt_path=str(checkpoint))
    for log, epoch, start in [(first, 0, 0), (second, 1, 4)]:
        rows = rows_of(log)
        assert [(row.step - start, row.split, row.ts) for row in rows] == [
            (step, None, None) for step in (1, 3, 3, 3)
        ]
        assert {row.metrics["epoch"] for row in rows} == {epoch}
        logged = [{*row.metrics} - {"epoch"} for row in rows]
        training = {"train_loss", "loss_step", "same_key"}
        assert logged == [training, training, {"val_loss", "same_key"}, {"loss_epoch"}]
        assert rows[0].metrics["train_loss"] == rows[0].metrics["loss_step"]
        [source] = open_sources(str(log))
        assert source.hyperparams([]) == {"lr": 0.5, "layers": [4, 2]}

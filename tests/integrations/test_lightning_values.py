"""No value that a module logs ends a run of the Lightning Trainer."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integrations.libraries import need

need("torch", "lightning", "omegaconf")

import torch
from lightning.fabric import Fabric
from omegaconf import OmegaConf

from evsys_sdk.integrations.lightning import LogStoreLogger
from integrations.lightning_runs import FILTERS, Line, data, points, read, trainer

pytestmark = FILTERS


def fit(source: dict[str, Any], root: Path, model: Line) -> LogStoreLogger:
    logger = LogStoreLogger(source)
    trainer(logger, root, max_epochs=1).fit(model, data())
    return logger


def test_hyperparameters_become_the_json_values_that_they_are(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    numbers: dict[str, Any] = {
        "width": np.int64(64),
        "drop": np.float32(0.1),
        "bias": np.bool_(True),
    }
    fit(
        source,
        tmp_path,
        Line(
            **numbers,
            nested={"of": [numbers]},
            weights=torch.tensor([0.1, 0.9]),
            config=OmegaConf.create({"layers": [64, 10], "again": "${layers}"}),
            data=tmp_path,
            layer=torch.nn.Linear,
            shape=(2, 3),
        ),
    )
    plain = {"width": 64, "drop": 0.1, "bias": True}
    logged = read(log_dir).hyperparams
    assert logged == {
        "lr": 0.1,
        **plain,
        "nested": {"of": [plain]},
        "weights": [0.1, 0.9],
        "config": {"layers": [64, 10], "again": [64, 10]},
        "data": str(tmp_path),
        "layer": "torch.nn.modules.linear.Linear",
        "shape": [2, 3],
    }
    assert logged["bias"] is True


def test_a_config_with_missing_values_does_not_end_the_run(
    source: dict[str, Any], log_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = OmegaConf.create({"data": "???", "home": "${oc.env:EVSYS_NOT_SET}", "width": 64})
    model = Line(config=config)
    run = trainer(LogStoreLogger(source), tmp_path, max_epochs=1, enable_checkpointing=False)
    run.fit(model, data())
    run.fit(model, data())
    log = read(log_dir)
    assert log.hyperparams["config"] == {
        "data": "???",
        "home": "${oc.env:EVSYS_NOT_SET}",
        "width": 64,
    }
    assert len(log.metrics) == 4
    messages = [each.getMessage() for each in caplog.records if each.name.startswith("evsys")]
    assert [message.partition(":")[0] for message in messages] == [
        "the hyperparameter 'config.data' is logged as '???'",
        "the hyperparameter 'config.home' is logged as '${oc.env",
    ]


class StepLine(Line):
    """Logs its own step, as modules do for another x axis."""

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        self.log("step", 10.0 * batch_idx)
        return super().training_step(batch, batch_idx)


def test_the_step_that_a_module_logs_is_the_step(
    source: dict[str, Any], log_dir: Path, tmp_path: Path
) -> None:
    fit(source, tmp_path, StepLine())
    assert [row.step for row in read(log_dir).metrics] == [0, 10, 20, 30]


class OddStepLine(Line):
    """Logs at a step that is not whole, as the average of whole ones may be."""

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        logger = self.logger
        assert isinstance(logger, LogStoreLogger)
        step: Any = 1.5
        for _ in range(2):
            logger.log_metrics({"odd": 1.0}, step)
        return super().training_step(batch, batch_idx)


def test_where_a_step_is_not_whole_the_step_is_the_trainers(
    source: dict[str, Any], log_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fit(source, tmp_path, OddStepLine())
    odd = [row.step for row in read(log_dir).metrics if "odd" in row.metrics]
    assert odd == [0, 0, 1, 1, 2, 2, 3, 3]
    messages = [each.getMessage() for each in caplog.records if each.name.startswith("evsys")]
    assert messages == [
        "step must be a whole number, got 1.5 (a float): the Trainer's is used instead"
    ]


def test_without_a_trainer_a_step_is_any_whole_number_or_counted(
    source: dict[str, Any], log_dir: Path
) -> None:
    logger = LogStoreLogger(source)
    steps: list[Any] = [3.0, torch.tensor(7.0), 1.5, None]
    for step in steps:
        logger.log_metrics({"loss": 1.0}, step)
    logger.finalize("success")
    assert [row.step for row in read(log_dir).metrics] == [3, 7, 8, 9]


def test_a_tensor_of_one_value_is_a_metric(source: dict[str, Any], log_dir: Path) -> None:
    logger = LogStoreLogger(source)
    metrics: dict[str, Any] = {"x": torch.tensor([1.0]), "y": torch.tensor([1.0, 2.0])}
    logger.log_metrics(metrics, 0)
    logger.finalize("success")
    assert points(read(log_dir)) == [("train", 0, {"x": 1.0})]


def test_the_graph_of_a_module_without_a_trainer_is_ignored(
    source: dict[str, Any], log_dir: Path
) -> None:
    logger = LogStoreLogger(source)
    for model in (torch.nn.Linear(1, 1), Line()):
        logger.log_graph(model)
    logger.log_metrics({"loss": 1.0}, 0)
    logger.finalize("success")
    assert points(read(log_dir)) == [("train", 0, {"loss": 1.0})]


def test_a_module_that_fabric_runs_logs_training_steps(
    source: dict[str, Any], log_dir: Path
) -> None:
    fabric = Fabric(accelerator="cpu", loggers=LogStoreLogger(source))
    model = Line()
    fabric.setup(model)
    fabric.logger.log_graph(model)
    fabric.log("loss", 1.0, step=3)
    fabric.logger.finalize("success")
    assert points(read(log_dir)) == [("train", 3, {"loss": 1.0})]


def test_hyperparameters_that_are_not_a_mapping_do_not_end_the_run(
    source: dict[str, Any], log_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logger = LogStoreLogger(source)
    wrong: Any = [0.1]
    logger.log_hyperparams(wrong)
    logger.log_hyperparams({"lr": 0.1})
    logger.finalize("success")
    assert read(log_dir).hyperparams == {"lr": 0.1}
    assert "hyperparameters are not logged: they must be a mapping, got list" in caplog.text

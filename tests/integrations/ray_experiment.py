"""Two trials in two workers, in the working directory: the program that test_ray.py runs."""

import os
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune.experiment import Trial

from evsys_sdk.integrations.ray import LogStoreCallback
from integrations.watched_store import WatchedStore


def store_of(trial: Trial) -> dict[str, Any]:
    return {"kind": "watched", "params": {"log_dir": f"{trial.path}/logs"}}


def train(config: dict[str, Any]) -> None:
    """Report three times; the trial "again" fails at first after two, the other one always."""
    resumed = tune.get_checkpoint()
    for step in range(2 if resumed else 0, 3):
        if step == 2 and (config["kind"] == "broken" or not resumed):
            raise RuntimeError("out of memory")
        saved = Path("saved")
        saved.mkdir(exist_ok=True)
        (saved / "step").write_text(str(step))
        tune.report(
            {"loss": float("nan") if step == 1 else step, "val": {"f1": 0.5}},
            checkpoint=tune.Checkpoint.from_directory(str(saved)),
        )


def main() -> None:
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1")
    results = tune.Tuner(
        train,
        param_space={"kind": tune.grid_search(["again", "broken"]), "shape": (2, 3)},
        tune_config=tune.TuneConfig(trial_dirname_creator=lambda trial: trial.config["kind"]),
        run_config=tune.RunConfig(
            name="experiment",
            storage_path=os.getcwd(),
            callbacks=[LogStoreCallback(store_of)],
            failure_config=tune.FailureConfig(max_failures=1),
            verbose=0,
        ),
    ).fit()
    # Tune moves a trial that starts again to the end, so the trial that failed first comes first.
    failed = {Path(results[each].path).name: results[each].error is not None for each in range(2)}
    assert failed == {"again": False, "broken": True}
    assert WatchedStore.opened == []


if __name__ == "__main__":
    main()

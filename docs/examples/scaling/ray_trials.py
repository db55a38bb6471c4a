"""Two trials of Ray Tune report as fast as they can: how long the driver waits for their stores.

It needs Ray: .venv-integrations/bin/python docs/examples/scaling/ray_trials.py
"""

import os
import tempfile
from statistics import quantiles
from time import perf_counter
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from ray import tune
from ray.tune.experiment import Trial

from evsys_sdk.integrations.ray import LogStoreCallback

TRIALS = 2
RESULTS = 500
KEYS = 5


class TimedCallback(LogStoreCallback):
    """Notes how long each result of a trial takes."""

    def __init__(self) -> None:
        super().__init__(store_of)
        self.seconds: list[float] = []

    def log_trial_result(self, iteration: int, trial: Trial, result: dict[str, Any]) -> None:
        start = perf_counter()
        super().log_trial_result(iteration, trial, result)
        self.seconds.append(perf_counter() - start)


def store_of(trial: Trial) -> dict[str, Any]:
    return {"kind": "jsonl", "params": {"log_dir": f"{trial.path}/logs"}}


def main() -> None:
    def train(config: dict[str, Any]) -> None:
        for step in range(RESULTS):
            tune.report({f"metric_{key}": config["seed"] + step for key in range(KEYS)})

    callback = TimedCallback()
    with tempfile.TemporaryDirectory() as directory:
        ray.init(num_cpus=TRIALS, include_dashboard=False, _node_ip_address="127.0.0.1")
        start = perf_counter()
        tune.Tuner(
            train,
            param_space={"seed": tune.grid_search([*range(TRIALS)])},
            tune_config=tune.TuneConfig(trial_dirname_creator=lambda trial: trial.trial_id),
            run_config=tune.RunConfig(
                name="trials", storage_path=directory, callbacks=[callback], verbose=0
            ),
        ).fit()
        seconds = perf_counter() - start
        ray.shutdown()
    cuts = quantiles(callback.seconds, n=100)
    print(
        f"{TRIALS} trials, {len(callback.seconds)} results in {seconds:.1f} s; the driver waits "
        f"for the store of a result: p50 {cuts[49] * 1e6:.0f} µs, p99 {cuts[98] * 1e6:.0f} µs"
    )


if __name__ == "__main__":
    main()

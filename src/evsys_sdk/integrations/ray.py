"""A Ray Tune callback that passes on to log stores what the trials of an experiment report.

::

    callback = LogStoreCallback(
        lambda trial: {"kind": "jsonl", "params": {"log_dir": f"{trial.path}/logs"}}
    )
    tune.Tuner(train, run_config=tune.RunConfig(callbacks=[callback])).fit()
"""

import os
from collections.abc import Callable
from typing import Any

from evsys_sdk.integrations._missing_library import missing_library
from evsys_sdk.integrations._recorder import Recorder
from evsys_sdk.integrations._store_owner import Configuration, StoreArgument
from evsys_sdk.protocols import LogStore

try:
    from ray.tune import Checkpoint
    from ray.tune.experiment import Trial
    from ray.tune.logger import LoggerCallback
except ImportError as error:
    raise missing_library(__name__, "Ray Tune", "'ray[tune]'", error) from error

__all__ = ["LogStoreCallback"]

# What Tune adds to every result, besides durations and totals.
_NOT_METRICS = {
    "checkpoint_dir_name",
    "config",
    "date",
    "done",
    "experiment_tag",
    "hostname",
    "iterations_since_restore",
    "node_ip",
    "pid",
    "should_checkpoint",
    "time_since_restore",
    "timestamp",
    "timesteps_since_restore",
    "training_iteration",
    "trial_id",
}


class LogStoreCallback(LoggerCallback):
    """Passes on what the trials of a ``Tuner`` report to log stores, in the driver process.

    - **Metrics** keep their keys, at the ``training_iteration``; a dict becomes one metric for each
      of its items: ``{"f1": {"cat": 0.5}}`` is recorded as ``f1/cat``. The split is the beginning
      of the key, up to ``_`` or ``/``, if that is ``val``, ``valid``, ``validation``, ``eval`` or
      ``test``; otherwise ``train``. Of what Tune adds, durations such as ``time_total_s`` are kept.
    - **Hyperparameters** are the trial's ``config``, each time the trial starts, as JSON values.
    - **Checkpoints** are artifacts of the kind ``checkpoint``, named like their directory.
    - **A value that can't be recorded** does not end the trial: it is left out or recorded as text,
      with a warning of the ``logging`` module for each key.
    - **Closing**: an open store that was given stays open. The callback opens any other store when
      its trial starts, and closes it when the trial ends or fails. A trial that Tune starts again
      continues its log.
    """

    def __init__(self, store: StoreArgument | Callable[[Trial], Configuration]) -> None:
        """Check ``store``, without opening anything.

        Args:
            store: A function that returns for a trial what :func:`~evsys_sdk.open_log_store` takes,
                so that each trial has its own store. It is called when the trial starts. Or one
                store for all trials: an open log store, or what ``open_log_store`` takes.

        Raises:
            TypeError: ``store`` is none of these.
            Exception: What :func:`~evsys_sdk.open_log_store` raises for a wrong configuration.
        """
        super().__init__()
        self._store_of: Callable[[Trial], Configuration] | None = None
        self._shared: Recorder | None = None
        if callable(store) and not isinstance(store, LogStore):
            self._store_of = store
        else:
            self._shared = Recorder(store)
        self._recorders: dict[str, Recorder] = {}
        self._trials: set[str] = set()

    def log_trial_start(self, trial: Trial) -> None:
        """Record the hyperparameters."""
        self._recorder(trial).log_hyperparams(trial.config)

    def log_trial_result(self, iteration: int, trial: Trial, result: dict[str, Any]) -> None:
        """Record the numbers that the trial reports."""
        del iteration  # of Tune's own loop, not of the trial
        metrics = {key: result[key] for key in result if key not in _NOT_METRICS}
        self._recorder(trial).log_values(metrics, result["training_iteration"])

    def on_checkpoint(
        self, iteration: int, trials: list[Trial], trial: Trial, checkpoint: Checkpoint, **info: Any
    ) -> None:
        """Record the checkpoint that was just saved."""
        del iteration, trials, info
        self._recorder(trial).log_checkpoint(os.path.basename(checkpoint.path), checkpoint.path)

    def log_trial_end(self, trial: Trial, failed: bool = False) -> None:
        """Close the store of the trial if it was opened here."""
        recorder = self._recorders.pop(trial.trial_id, None)
        if recorder is not None:
            recorder.owner.close(failed=failed)

    def on_experiment_end(self, trials: list[Trial], **info: Any) -> None:
        """Close the stores that are still open if they were opened here."""
        del trials, info
        self.close()

    def close(self) -> None:
        """Close the stores that were opened here; a second call does nothing."""
        recorders = [*self._recorders.values(), *([self._shared] if self._shared else [])]
        self._recorders.clear()
        for recorder in recorders:
            recorder.owner.close()

    def _recorder(self, trial: Trial) -> Recorder:
        if self._store_of is None:
            assert self._shared is not None
            self._trials.add(trial.trial_id)
            if len(self._trials) > 1:
                self._shared.warn(
                    "the trials of the experiment",
                    "are all logged to one store. Pass a function to tell them apart: "
                    "LogStoreCallback(lambda trial: {'kind': …, 'params': …})",
                )
            return self._shared
        if trial.trial_id not in self._recorders:
            self._recorders[trial.trial_id] = Recorder(self._store_of(trial))
        return self._recorders[trial.trial_id]

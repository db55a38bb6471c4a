"""The checks of a log call's arguments, for stores of your own.

They are those of the built-in stores. Each returns a plain copy of what it was given, or raises
TypeError or ValueError before anything is recorded; none changes what it is given. Together they
keep MET-5, MET-7, MET-9, HP-1, HP-3 and HP-4 of the contract::

    def log_metrics(self, metrics, step, *, split="train"):
        values = checked_metrics(metrics)
        self._write(checked_step(step), checked_text(split, "split"), values)
"""

from evsys_sdk.log_stores._arguments import (
    STEP_MAX,
    STEP_MIN,
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)

__all__ = [
    "STEP_MAX",
    "STEP_MIN",
    "checked_hyperparams",
    "checked_metrics",
    "checked_path",
    "checked_step",
    "checked_text",
]

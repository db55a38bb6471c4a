"""A Lightning logger that forwards to a log store.

::

    trainer = Trainer(logger=LogStoreLogger("run.yaml"))
"""

import os
from argparse import Namespace
from typing import Any

from evsys_sdk.integrations._target import Source, Target
from evsys_sdk.integrations._values import json_params, only_numbers
from evsys_sdk.protocols import LogStore

# Both spellings of the library are in use, and an environment usually has one of them.
try:
    from lightning.pytorch import Trainer
    from lightning.pytorch.callbacks import ModelCheckpoint
    from lightning.pytorch.loggers.logger import Logger, rank_zero_experiment
    from lightning.pytorch.utilities.rank_zero import rank_zero_only
except ImportError as lightning_error:
    try:
        from pytorch_lightning import Trainer
        from pytorch_lightning.callbacks import ModelCheckpoint
        from pytorch_lightning.loggers.logger import Logger, rank_zero_experiment
        from pytorch_lightning.utilities.rank_zero import rank_zero_only
    except ImportError:
        raise ImportError(
            f"evsys_sdk.integrations.lightning needs Lightning, which can't be imported "
            f"({lightning_error}). Install it with:\n\n    pip install lightning\n",
            name=lightning_error.name,
            path=lightning_error.path,
        ) from lightning_error

__all__ = ["LogStoreLogger"]


class LogStoreLogger(Logger):
    """Forwards what a ``Trainer`` logs to a log store, from rank zero only.

    - **Metrics** keep the keys that the module logged them under, at the Trainer's step. Their
      split is the stage that logs them: ``train``, ``val`` or ``test``. ``epoch``, which Lightning
      adds to each call, is kept as a metric.
    - **Hyperparameters** are what ``save_hyperparameters()`` collected, once for each run of the
      Trainer; what is no JSON value becomes ``str(value)``, and a class or a function its
      qualified name.
    - **Checkpoints** are artifacts of the kind ``checkpoint``, named like their file.
    - **Closing**: an open store that was given stays open; it is for those who opened it. A store
      that the logger opened is closed when the Trainer is done and when an exception ends it, and
      opened again, to be continued, when the Trainer runs again.
    """

    def __init__(self, store: Source) -> None:
        """Check ``store``; it is opened, where it is not open, by the first call that logs.

        Args:
            store: An open log store, or what :func:`~evsys_sdk.open_log_store` takes.

        Raises:
            TypeError: ``store`` is none of these.
            Exception: As :func:`~evsys_sdk.open_log_store`, where the configuration is wrong.
        """
        super().__init__()
        self._target = Target(store)
        self._trainer: Trainer | None = None
        self._last_step = -1

    @property
    def name(self) -> str:
        """Empty, so that checkpoints lie where they would without a logger."""
        return ""

    @property
    def version(self) -> str:
        """Empty, like the name."""
        return ""

    @property
    @rank_zero_experiment
    def experiment(self) -> LogStore:
        """The open log store; on other ranks than zero an object that takes any call."""
        return self._target.store

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Forward the numbers among ``metrics``; without a ``step``, at one after the last."""
        self._last_step = self._last_step + 1 if step is None else step
        self._target.store.log_metrics(only_numbers(metrics), self._last_step, split=self._split())

    @rank_zero_only
    def log_hyperparams(
        self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any
    ) -> None:
        """Forward ``params`` as JSON values; further arguments, which other loggers take, not."""
        del args, kwargs
        self._target.store.log_hyperparams(json_params(params))

    @rank_zero_only
    def log_graph(self, model: Any, input_array: object = None) -> None:
        """Forward nothing: this is how Lightning says which module runs, and so in which stage."""
        del input_array
        self._trainer = model.trainer

    @rank_zero_only
    def after_save_checkpoint(self, checkpoint_callback: ModelCheckpoint) -> None:
        """Forward the checkpoint that was just saved."""
        # Public attributes name the best and the last, which need not be the one just saved: after
        # an exception it is neither.
        saved = getattr(checkpoint_callback, "_last_checkpoint_saved", "")
        path = saved or checkpoint_callback.best_model_path
        self._target.store.log_artifact(os.path.basename(path), path, kind="checkpoint")

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Close the store if it was opened here; Lightning calls this after an exception too."""
        self._trainer = None
        self._target.close(failed=status != "success")

    def _split(self) -> str:
        trainer = self._trainer
        if trainer is not None and (trainer.validating or trainer.sanity_checking):
            return "val"
        return "test" if trainer is not None and trainer.testing else "train"

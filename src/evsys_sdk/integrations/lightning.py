"""A Lightning logger that passes on to a log store what Lightning logs.

::

    trainer = Trainer(logger=LogStoreLogger("run.yaml"))
"""

import os
from argparse import Namespace
from contextlib import suppress
from typing import Any

from evsys_sdk._arguments.values import shown
from evsys_sdk.integrations._missing_library import missing_library
from evsys_sdk.integrations._recorder import Recorder, whole_number
from evsys_sdk.integrations._store_owner import StoreArgument
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
        raise missing_library(
            __name__, "Lightning", "lightning", lightning_error
        ) from lightning_error

__all__ = ["LogStoreLogger"]


class LogStoreLogger(Logger):
    """Passes on what a ``Trainer`` logs to a log store, on rank zero only.

    - **Metrics** keep the keys that the module logged them under, at the Trainer's step. Their
      split is the stage that logs them: ``train``, ``val`` or ``test``. ``epoch``, which Lightning
      adds to each call, is kept as a metric.
    - **Hyperparameters** are what ``save_hyperparameters()`` collected, once for each run of the
      Trainer, as JSON values.
    - **Checkpoints** are artifacts of the kind ``checkpoint``, named like their file.
    - **A value that can't be recorded** does not end the training: it is left out or recorded as
      text, with a warning of the ``logging`` module for each key.
    - **Closing**: an open store that was given stays open. The logger opens any other store when it
      logs, and closes it when the Trainer is done or an exception ends it. When the Trainer runs
      again, it continues the log.
    """

    def __init__(
        self, store: StoreArgument, *, save_dir: str | os.PathLike[str] | None = None
    ) -> None:
        """Check ``store``, without opening anything.

        Args:
            store: An open log store, or what :func:`~evsys_sdk.open_log_store` takes.
            save_dir: Where Lightning saves what belongs to the run: ``config.yaml`` of its CLI, and
                ``checkpoints`` unless ``ModelCheckpoint`` has a ``dirpath``. The default is the
                ``log_dir`` of a store that is configured with one. Without either, checkpoints are
                in the Trainer's ``default_root_dir``, and the CLI can't save its configuration.

        Raises:
            TypeError: ``store`` is none of these.
            Exception: What :func:`~evsys_sdk.open_log_store` raises for a wrong configuration.
        """
        super().__init__()
        self._recorder = Recorder(store)
        self._save_dir = self._recorder.owner.log_dir if save_dir is None else os.fspath(save_dir)
        self._trainer: Trainer | None = None
        self._last_step = -1

    @property
    def name(self) -> str:
        """Empty, so that Lightning adds no directory for it to ``save_dir``."""
        return ""

    @property
    def version(self) -> str:
        """Empty, like the name."""
        return ""

    @property
    def save_dir(self) -> str | None:
        """The directory for the CLI's configuration and for checkpoints."""
        return self._save_dir

    @property
    @rank_zero_experiment
    def experiment(self) -> LogStore:
        """The open log store; on other ranks than zero an object that accepts any call."""
        return self._recorder.owner.store

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Record the numbers among ``metrics``.

        Args:
            metrics: Any mapping; what is not a number is left out, with a warning.
            step: A whole number of any type; one after the last step if None. Instead of anything
                else the Trainer's step is used, with a warning.
        """
        self._last_step = self._last_step + 1 if step is None else self._whole(step)
        self._recorder.log_metrics(metrics, self._last_step, split=self._split())

    @rank_zero_only
    def log_hyperparams(
        self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any
    ) -> None:
        """Record ``params`` as JSON values; further arguments, meant for others, are ignored."""
        del args, kwargs
        self._recorder.log_hyperparams(params)

    @rank_zero_only
    def log_graph(self, model: Any, input_array: object = None) -> None:
        """Record nothing: by this call Lightning tells which module runs, and so which Trainer."""
        del input_array
        with suppress(AttributeError, RuntimeError):  # raised for a module that no Trainer runs
            trainer: Any = model.trainer
            if hasattr(trainer, "validating"):  # Fabric lends its modules something else
                self._trainer = trainer

    @rank_zero_only
    def after_save_checkpoint(self, checkpoint_callback: ModelCheckpoint) -> None:
        """Record the checkpoint that was just saved."""
        # Public attributes name the best and the last, which need not be the one just saved: after
        # an exception it is neither.
        saved = getattr(checkpoint_callback, "_last_checkpoint_saved", "")
        path = saved or checkpoint_callback.best_model_path
        self._recorder.log_checkpoint(os.path.basename(path), path)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Close the store if it was opened here; Lightning calls this after an exception too."""
        self._trainer = None
        self._recorder.owner.close(failed=status != "success")

    def _split(self) -> str:
        trainer = self._trainer
        if trainer is not None and (trainer.validating or trainer.sanity_checking):
            return "val"
        return "test" if trainer is not None and trainer.testing else "train"

    def _whole(self, step: Any) -> int:
        number = whole_number(step)
        if number is not None:
            return number
        self._recorder.warn(
            "step", f"must be a whole number, got {shown(step)}: the Trainer's is used instead"
        )
        # The step that Lightning itself passes, which no other attribute has.
        loop = getattr(getattr(self._trainer, "fit_loop", None), "epoch_loop", None)
        own = whole_number(getattr(loop, "_batches_that_stepped", None))
        return self._last_step + 1 if own is None else own

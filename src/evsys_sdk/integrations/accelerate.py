"""A Hugging Face Accelerate tracker that passes on to a log store what an ``Accelerator`` logs.

::

    accelerator = Accelerator(log_with=[LogStoreTracker("run.yaml")])
    accelerator.init_trackers("project", config=params)
"""

import os
from typing import Any

from evsys_sdk._arguments.values import shown
from evsys_sdk.integrations._missing_library import missing_library
from evsys_sdk.integrations._recorder import Recorder, whole_number
from evsys_sdk.integrations._store_owner import StoreArgument
from evsys_sdk.protocols import LogStore

try:
    from accelerate.tracking import GeneralTracker, on_main_process
except ImportError as error:
    raise missing_library(__name__, "Accelerate", "accelerate torch", error) from error

__all__ = ["LogStoreTracker"]


class LogStoreTracker(GeneralTracker):
    """Passes on what an ``Accelerator`` logs to a log store, in the main process only.

    - **Metrics** keep their keys, at the step of the call. The split is the ``split`` of
      ``log_kwargs={"evsys": {"split": …}}``. Without it, the split is the beginning of the key, up
      to ``_`` or ``/``, if that is ``val``, ``valid``, ``validation``, ``eval`` or ``test``;
      otherwise ``train``. A dict among the values becomes one metric for each of its items:
      ``{"f1": {"cat": 0.5}}`` is recorded as ``f1/cat``.
    - **Hyperparameters** are the ``config`` of ``init_trackers``, as JSON values.
    - **Checkpoints** are the paths that are passed to :meth:`log_checkpoint`, as artifacts of the
      kind ``checkpoint``.
    - **A value that can't be recorded** does not end the training: it is left out or recorded as
      text, with a warning of the ``logging`` module for each key.
    - **Closing**: an open store that was given stays open. The tracker opens any other store when
      it logs, and closes it in ``end_training``; what is logged later continues the log.
      ``Accelerator`` does not tell its trackers of an exception: call :meth:`finish`. Otherwise the
      store is closed when the interpreter exits.
    """

    name = "evsys"
    """For ``accelerator.get_tracker("evsys")``, and the key of ``log_kwargs``."""
    requires_logging_directory = False
    main_process_only = True

    def __init__(self, store: StoreArgument) -> None:
        """Check ``store``, without opening anything.

        Args:
            store: An open log store, or what :func:`~evsys_sdk.open_log_store` takes. In a job of
                several processes, pass the latter: then only the main process opens the store.

        Raises:
            TypeError: ``store`` is none of these.
            Exception: What :func:`~evsys_sdk.open_log_store` raises for a wrong configuration.
        """
        super().__init__()
        self._recorder = Recorder(store)
        self._last_step = -1

    @property
    @on_main_process
    def tracker(self) -> LogStore:
        """The open log store; None in other processes than the main one."""
        return self._recorder.owner.store

    @on_main_process
    def store_init_configuration(self, values: dict[str, Any]) -> None:
        """Record ``values`` as hyperparameters."""
        self._recorder.log_hyperparams(values)

    @on_main_process
    def log(
        self,
        values: dict[str, Any],
        step: int | None = None,
        *,
        split: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Record the numbers among ``values``.

        Args:
            values: Any mapping; what is neither a number nor a dict of numbers is left out, with a
                warning.
            step: A whole number of any type. If it is None, or anything else, with a warning, the
                step is one after the last.
            split: The split of all values; by default it depends on each key.
            kwargs: Not used, with a warning.
        """
        for unknown in kwargs:
            self._recorder.warn(
                f"the argument {unknown!r}", "is not used: log_kwargs of 'evsys' takes 'split' only"
            )
        self._last_step = self._step_of(step)
        self._recorder.log_values(values, self._last_step, split=split)

    @on_main_process
    def log_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Record a checkpoint that was saved, such as by ``accelerator.save_state(path)``."""
        location = os.fspath(path)
        self._recorder.log_checkpoint(os.path.basename(os.path.normpath(location)), location)

    def finish(self) -> None:
        """Close the store if it was opened here; a second call does nothing."""
        self._recorder.owner.close()

    def _step_of(self, step: Any) -> int:
        number = whole_number(step)
        if number is None and step is not None:
            self._recorder.warn(
                "step", f"must be a whole number, got {shown(step)}: one after the last is used"
            )
        return self._last_step + 1 if number is None else number

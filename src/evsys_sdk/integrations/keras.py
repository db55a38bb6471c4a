"""A Keras callback that passes on to a log store what Keras logs.

::

    with open_log_store("run.yaml") as store:
        model.fit(..., callbacks=[LogStoreCallback(store)])
"""

import glob
import os
import string
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from evsys_sdk.integrations._missing_library import missing_library
from evsys_sdk.integrations._recorder import Recorder
from evsys_sdk.integrations._store_owner import StoreArgument
from evsys_sdk.integrations._values import shortest

try:
    from keras.callbacks import Callback, ModelCheckpoint
    from keras.optimizers.schedules import LearningRateSchedule
    from keras.saving import serialize_keras_object
except ImportError as error:
    raise missing_library(
        __name__, "Keras 3 with one of its backends", "keras torch", error
    ) from error

__all__ = ["LogStoreCallback"]

_VALIDATION = "val_"


class LogStoreCallback(Callback):
    """Passes on what ``fit`` and ``evaluate`` report to a log store.

    - **Metrics** keep their keys, once per epoch; the step is the epoch, counted from 0 as Keras
      does. Keys that begin with ``val_`` have the split ``val``, the others ``train``. An
      ``evaluate`` outside ``fit`` has the split ``test``, at the last epoch.
    - **Hyperparameters** are ``epochs``, ``steps`` per epoch and ``compile`` (optimizer, loss and
      metrics, as ``get_compile_config`` describes them), and the given ones; once for each
      ``fit``, as JSON values. A float32 number is the shortest decimal number that Keras reads as
      the same: 0.01. A part that does not describe itself is the name of its class.
    - **Checkpoints** are artifacts of the kind ``checkpoint``, named like their file: the files
      that the given ``ModelCheckpoint`` has written or replaced since the epoch before.
    - **A value that can't be recorded** does not end the training: it is left out or recorded as
      text, with a warning of the ``logging`` module for each key.
    - **Closing**: an open store that was given stays open. The callback opens any other store when
      it logs, and closes it when ``fit`` or ``evaluate`` ends; the next call continues the log.
      Keras does not tell its callbacks of an exception: call :meth:`close`. Otherwise the store is
      closed when the interpreter exits.
    """

    def __init__(
        self,
        store: StoreArgument,
        *,
        hyperparams: Mapping[str, Any] | None = None,
        checkpoint: ModelCheckpoint | None = None,
    ) -> None:
        """Check ``store``, without opening anything.

        Args:
            store: An open log store, or what :func:`~evsys_sdk.open_log_store` takes.
            hyperparams: What Keras does not know, like the size of a batch.
            checkpoint: The callback that writes checkpoints. It has to be among the callbacks of
                ``fit`` too, before or after this one.

        Raises:
            TypeError: ``store`` is none of these.
            Exception: What :func:`~evsys_sdk.open_log_store` raises for a wrong configuration.
        """
        super().__init__()
        self._recorder = Recorder(store)
        self._hyperparams = {**(hyperparams or {})}
        self._files = _NewFiles(checkpoint.filepath) if checkpoint is not None else None
        self._training = False
        self._epoch = 0

    def close(self) -> None:
        """Close the store if it was opened here; a second call does nothing."""
        self._recorder.owner.close()

    def set_params(self, params: dict[str, Any]) -> None:
        """Note that ``fit``, ``evaluate`` or ``predict`` was called, which Keras tells this way."""
        super().set_params(params)
        # Not by the validation within fit; and an earlier fit may have ended by an exception.
        self._training = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Record the hyperparameters."""
        del logs
        self._training = True
        if self._files is not None:
            self._files.take_new()
        known = {
            "epochs": self.params.get("epochs"),
            "steps": self.params.get("steps"),
            "compile": _as_given(self._compile_config()),
        }
        self._recorder.log_hyperparams({**known, **self._hyperparams})

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the checkpoints of the epoch before."""
        del epoch, logs
        # At the end of an epoch those that are called later have yet to save theirs.
        self._log_checkpoints()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the metrics of the epoch."""
        self._epoch = epoch
        logs = logs or {}
        validation = {key: logs[key] for key in logs if key.startswith(_VALIDATION)}
        training = {key: logs[key] for key in logs if key not in validation}
        self._recorder.log_metrics(training, epoch)
        self._recorder.log_metrics(validation, epoch, split="val")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Record the last checkpoints, and close the store if it was opened here."""
        del logs
        self._training = False
        self._log_checkpoints()
        self.close()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Record the metrics of an ``evaluate`` outside ``fit``."""
        if not self._training:
            self._recorder.log_metrics(logs or {}, self._epoch, split="test")
            self.close()

    def _log_checkpoints(self) -> None:
        for path in self._files.take_new() if self._files is not None else []:
            self._recorder.log_checkpoint(os.path.basename(path), path)

    def _compile_config(self) -> Any:
        try:
            return self.model.get_compile_config()
        except Exception:  # noqa: BLE001 - get_config of a user's class may raise anything
            # One argument of compile can't be described: describe one after the other.
            model = self.model
            compiled = getattr(getattr(model, "_compile_config", None), "config", None)
            return self._described(compiled or {"optimizer": model.optimizer, "loss": model.loss})

    def _described(self, value: Any) -> Any:
        if isinstance(value, dict):
            items = cast("dict[str, Any]", value)
            return {key: self._described(each) for key, each in items.items()}
        if isinstance(value, list | tuple):
            return [self._described(each) for each in cast("list[Any]", value)]
        if hasattr(value, "__qualname__"):
            return value  # a function or a class
        described = self._recorder.description(value, partial(serialize_keras_object, value))
        schedule = getattr(value, "_learning_rate", None)
        if isinstance(described, str) and isinstance(schedule, LearningRateSchedule):
            # The usual reason why an optimizer can't be described.
            config = {"learning_rate": self._described(schedule)}
            return {"class_name": described, "config": config}
        return described


def _as_given(value: Any) -> Any:
    """Return ``value`` with 0.01 for a float32 number that Keras gives as 0.009999999776482582."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {key: _as_given(each) for key, each in items.items()}
    if isinstance(value, list | tuple):
        return [_as_given(each) for each in cast("list[Any]", value)]
    return shortest(value, bits=24) if isinstance(value, float) else value


class _NewFiles:
    """The files that a template like ``model-{epoch:02d}.keras`` names, as they appear.

    Callbacks of Keras can't see each other. What a ``ModelCheckpoint`` saved, and whether it
    did, can only be seen in the file system.
    """

    def __init__(self, template: str) -> None:
        fields = string.Formatter().parse(template)
        self._pattern = "".join(
            glob.escape(literal) + ("*" if field is not None else "")
            for literal, field, _, _ in fields
        )
        self._known: dict[str, tuple[int, int, int]] = {}

    def take_new(self) -> list[str]:
        """Return what was written or replaced since the last call, in order of time."""
        found: list[tuple[int, str]] = []
        for path in glob.glob(self._pattern):
            try:
                status = os.stat(path)
            except FileNotFoundError:
                continue  # removed since: another callback may keep the best ones only
            mark = status.st_mtime_ns, status.st_size, status.st_ino
            if self._known.get(path) != mark:
                self._known[path] = mark
                found.append((status.st_mtime_ns, path))
        return [path for _, path in sorted(found)]

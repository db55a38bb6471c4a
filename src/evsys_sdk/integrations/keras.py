"""A Keras callback that forwards to a log store.

::

    with open_log_store("run.yaml") as store:
        model.fit(..., callbacks=[LogStoreCallback(store)])
"""

import glob
import os
import string
from collections.abc import Mapping
from typing import Any

from evsys_sdk.integrations._target import Source, Target
from evsys_sdk.integrations._values import json_params, only_numbers

try:
    from keras.callbacks import Callback, ModelCheckpoint
except ImportError as error:
    raise ImportError(
        f"evsys_sdk.integrations.keras needs Keras 3 and one of its backends, and can't import it "
        f"({error}). Install it with:\n\n    pip install keras torch\n",
        name=error.name,
        path=error.path,
    ) from error

__all__ = ["LogStoreCallback"]

_VALIDATION = "val_"


class LogStoreCallback(Callback):
    """Forwards what ``fit`` and ``evaluate`` report to a log store.

    - **Metrics** keep their keys, once per epoch; the step is the epoch, counted from 0 as Keras
      does. What begins with ``val_`` has the split ``val``, other metrics ``train``. An
      ``evaluate`` of its own has the split ``test``, at the last epoch.
    - **Hyperparameters** are ``epochs``, ``steps`` per epoch and ``compile``, which has the
      optimizer, the loss and the metrics as ``get_compile_config`` tells them, and those that were
      given; once for each ``fit``. What is no JSON value becomes ``str(value)``, and a
      class or a function its qualified name.
    - **Checkpoints** are artifacts of the kind ``checkpoint``, named like their file: the files
      that the given ``ModelCheckpoint`` has written or replaced since the epoch before.
    - **Closing**: an open store that was given stays open; it is for those who opened it. A store
      that the callback opened is closed when ``fit`` or ``evaluate`` ends, and opened again, to be
      continued, by the next. Keras tells its callbacks of no exception: :meth:`close` is for that,
      and what nobody closed is closed when the interpreter exits.
    """

    def __init__(
        self,
        store: Source,
        *,
        hyperparams: Mapping[str, Any] | None = None,
        checkpoint: ModelCheckpoint | None = None,
    ) -> None:
        """Check ``store``; it is opened, where it is not open, when training begins.

        Args:
            store: An open log store, or what :func:`~evsys_sdk.open_log_store` takes.
            hyperparams: What Keras doesn't know, like the size of a batch.
            checkpoint: The callback that writes checkpoints. It has to be among the callbacks of
                ``fit`` too, before or after this one.

        Raises:
            TypeError: ``store`` is none of these.
            Exception: As :func:`~evsys_sdk.open_log_store`, where the configuration is wrong.
        """
        super().__init__()
        self._target = Target(store)
        self._hyperparams = {**(hyperparams or {})}
        self._files = _NewFiles(checkpoint.filepath) if checkpoint is not None else None
        self._training = False
        self._epoch = 0

    def close(self) -> None:
        """Close the store if it was opened here; again: nothing."""
        self._target.close()

    def set_params(self, params: dict[str, Any]) -> None:
        """Take note that ``fit``, ``evaluate`` or ``predict`` was called, which Keras says so."""
        super().set_params(params)
        # Not by the validation within fit; and an earlier fit may have ended by an exception.
        self._training = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forward the hyperparameters."""
        del logs
        self._training = True
        if self._files is not None:
            self._files.look()
        known = {
            "epochs": self.params.get("epochs"),
            "steps": self.params.get("steps"),
            "compile": self.model.get_compile_config(),
        }
        self._target.store.log_hyperparams(json_params({**known, **self._hyperparams}))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Forward the checkpoints of the epoch before."""
        del epoch, logs
        # At the end of an epoch those that are called later have yet to save theirs.
        self._log_checkpoints()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Forward the metrics of the epoch."""
        self._epoch = epoch
        numbers = only_numbers(logs or {})
        validation = {key: numbers[key] for key in numbers if key.startswith(_VALIDATION)}
        training = {key: numbers[key] for key in numbers if key not in validation}
        self._target.store.log_metrics(training, epoch)
        self._target.store.log_metrics(validation, epoch, split="val")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Forward the last checkpoints, and close the store if it was opened here."""
        del logs
        self._training = False
        self._log_checkpoints()
        self.close()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Forward the metrics of an ``evaluate`` outside ``fit``."""
        if not self._training:
            self._target.store.log_metrics(only_numbers(logs or {}), self._epoch, split="test")
            self.close()

    def _log_checkpoints(self) -> None:
        for path in self._files.look() if self._files is not None else []:
            self._target.store.log_artifact(os.path.basename(path), path, kind="checkpoint")


class _NewFiles:
    """The files that a template like ``model-{epoch:02d}.keras`` names, as they appear.

    Keras tells callbacks nothing about each other. What a ``ModelCheckpoint`` saved, and whether it
    did, can only be seen in the file system.
    """

    def __init__(self, template: str) -> None:
        fields = string.Formatter().parse(template)
        self._pattern = "".join(
            glob.escape(literal) + ("*" if field is not None else "")
            for literal, field, _, _ in fields
        )
        self._known: dict[str, tuple[int, int, int]] = {}

    def look(self) -> list[str]:
        """The paths of what was written or replaced since the last look, in order of time."""
        found: list[tuple[int, str]] = []
        for path in glob.glob(self._pattern):
            status = os.stat(path)
            mark = status.st_mtime_ns, status.st_size, status.st_ino
            if self._known.get(path) != mark:
                self._known[path] = mark
                found.append((status.st_mtime_ns, path))
        return [path for _, path in sorted(found)]

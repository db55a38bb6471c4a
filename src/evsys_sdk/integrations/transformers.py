"""A Hugging Face Trainer callback that passes on to a log store what the Trainer logs.

::

    with open_log_store("run.yaml") as store:
        Trainer(..., callbacks=[LogStoreCallback(store)]).train()
"""

import glob
import json
import os
from collections.abc import Callable
from typing import Any

from evsys_sdk.integrations._missing_library import missing_library
from evsys_sdk.integrations._recorder import Recorder
from evsys_sdk.integrations._store_owner import Configuration, StoreArgument
from evsys_sdk.protocols import LogStore

try:
    from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
except ImportError as error:
    raise missing_library(
        __name__, "Transformers", "transformers accelerate torch", error
    ) from error

__all__ = ["LogStoreCallback"]


class LogStoreCallback(TrainerCallback):
    """Passes on what a ``Trainer`` logs to a log store, in the world's process zero only.

    - **Metrics** keep their keys, at the Trainer's global step. Their split is the prefix that the
      Trainer gave them: ``eval`` for evaluations, ``eval_<name>`` where there are several datasets,
      ``test`` for ``predict``, or any ``metric_key_prefix``; otherwise ``train``.
    - **Hyperparameters** are the training arguments and, under ``model_config``, the model's
      configuration, once for each ``train()``, as JSON values. Tokens are masked, as
      ``TrainingArguments.to_dict`` does.
    - **Checkpoints** are artifacts of the kind ``checkpoint``, named like their directory.
    - **A value that can't be recorded** does not end the training: it is left out or recorded as
      text, with a warning of the ``logging`` module for each key.
    - **Closing**: an open store that was given stays open. The callback opens any other store when
      it logs, and closes it when training ends; what is logged later continues the log. The Trainer
      does not tell its callbacks of an exception: call :meth:`close`. Otherwise the store is closed
      when the interpreter exits.
    """

    def __init__(self, store: StoreArgument | Callable[[str], Configuration]) -> None:
        """Check ``store``, without opening anything.

        Args:
            store: An open log store, or what :func:`~evsys_sdk.open_log_store` takes. Or a function
                that returns the latter for the name of a training, so that each trial of a
                ``hyperparameter_search`` has its own store. The name is what ``hp_name``
                returns for the trial; without it, trainings are counted: ``run-0``, ``run-1``, ….
                The function is called here too, for ``run-0``, so that an error shows at once.

        Raises:
            TypeError: ``store`` is none of these.
            Exception: What :func:`~evsys_sdk.open_log_store` raises for a wrong configuration.
        """
        self._store_of: Callable[[str], Configuration] | None = None
        if callable(store) and not isinstance(store, LogStore):
            self._store_of = store
            store = store("run-0")
        self._recorder = Recorder(store)
        self._trainings = 0
        self._training = False

    def close(self) -> None:
        """Close the store if it was opened here; a second call does nothing."""
        self._training = False
        self._recorder.owner.close()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Record the hyperparameters."""
        del control
        if not state.is_world_process_zero:
            return
        self._choose_store(state)
        self._training = True
        described = self._recorder.description
        params: Any = described(args, args.to_dict)
        if isinstance(params, str):
            params = {"args": params}
        config = getattr(kwargs.get("model"), "config", None)
        if config is not None:
            to_dict = getattr(config, "to_dict", lambda: config)
            params["model_config"] = described(config, to_dict)
        self._recorder.log_hyperparams(params)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Record the numbers of the training, or of the evaluation that just ended."""
        del args, control
        self._log_metrics(state, kwargs["logs"])

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Close after an evaluation outside training; :meth:`on_log` got its numbers."""
        del args, state, control, kwargs
        self._close_unless_training()

    def on_predict(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float],
        **kwargs: Any,
    ) -> None:
        """Record the numbers of a prediction."""
        del args, control, kwargs
        self._log_metrics(state, metrics)
        self._close_unless_training()

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Record the checkpoint that was just saved."""
        del control, kwargs
        if state.is_world_process_zero:
            path = _saved_checkpoint(str(args.output_dir), state)
            if path is None:
                text = f"is not logged: none below {args.output_dir} has the log of this training"
                self._recorder.warn(f"the checkpoint of step {state.global_step}", text)
            else:
                self._recorder.log_checkpoint(os.path.basename(path), path)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Close the store if it was opened here."""
        del args, state, control, kwargs
        self.close()

    def _choose_store(self, state: TrainerState) -> None:
        """Take the store of the training that begins, if each has its own."""
        if self._store_of is not None:
            name = state.trial_name or f"run-{self._trainings}"
            # Open only if an exception ended the training before.
            self._recorder.owner.close(failed=True)
            self._recorder = Recorder(self._store_of(name))
        elif state.is_hyper_param_search:
            self._recorder.warn(
                "the trials of the hyperparameter search",
                "are all logged to one store. Pass a function to tell them apart: "
                "LogStoreCallback(lambda trial: {'kind': …, 'params': …})",
            )
        self._trainings += 1

    def _log_metrics(self, state: TrainerState, metrics: dict[str, Any]) -> None:
        if state.is_world_process_zero:
            self._recorder.log_metrics(metrics, state.global_step, split=_split(metrics))

    def _close_unless_training(self) -> None:
        if not self._training:
            self._recorder.owner.close()


def _split(metrics: dict[str, Any]) -> str:
    """Return the prefix of a whole evaluation, which the Trainer marks by ``<prefix>_runtime``."""
    suffix = "_runtime"
    marks = [key for key in metrics if key.endswith(suffix)]
    # A metric of the user's own may end so too, and then has the prefix before it.
    prefix = min(marks, key=len).removesuffix(suffix) if marks else "train"
    return prefix or "eval"  # metric_key_prefix="" is possible, an empty split is not


def _saved_checkpoint(output_dir: str, state: TrainerState) -> str | None:
    """Return the directory of the checkpoint that was just saved, or None if it is not found.

    Each trial of a hyperparameter search saves its checkpoints in its own directory, of which the
    Trainer tells its callbacks nothing. The right one holds the log of this training.
    """
    name = f"checkpoint-{state.global_step}"
    if not state.is_hyper_param_search:
        return os.path.join(output_dir, name)
    trial = glob.escape(state.trial_name) if state.trial_name else "*"
    below = [os.path.join(glob.escape(output_dir), part, name) for part in (trial, "")]
    found = [path for pattern in below for path in glob.glob(pattern)]
    return next((path for path in found if _has_log(path, state)), None)


def _has_log(checkpoint: str, state: TrainerState) -> bool:
    try:
        saved = TrainerState.load_from_json(os.path.join(checkpoint, "trainer_state.json"))
        logs = [json.dumps(each.log_history, sort_keys=True) for each in (saved, state)]
    except (OSError, TypeError, ValueError):
        return False  # another process may write or remove it just now
    return logs[0] == logs[1]

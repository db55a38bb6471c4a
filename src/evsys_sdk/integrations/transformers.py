"""A Hugging Face Trainer callback that forwards to a log store.

::

    with open_log_store("run.yaml") as store:
        Trainer(..., callbacks=[LogStoreCallback(store)]).train()
"""

import os
from typing import Any

from evsys_sdk.integrations._target import Source, Target
from evsys_sdk.integrations._values import json_params, only_numbers

try:
    from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
except ImportError as error:
    raise ImportError(
        f"evsys_sdk.integrations.transformers needs Transformers, which can't be imported "
        f"({error}). Install it with:\n\n    pip install transformers accelerate torch\n",
        name=error.name,
        path=error.path,
    ) from error

__all__ = ["LogStoreCallback"]


class LogStoreCallback(TrainerCallback):
    """Forwards what a ``Trainer`` logs to a log store, from the world's process zero only.

    - **Metrics** keep their keys, at the Trainer's global step. Their split is the prefix that the
      Trainer gave them: ``eval`` for evaluations, ``eval_<name>`` where there are several datasets,
      ``test`` for ``predict``, or any ``metric_key_prefix``; otherwise ``train``.
    - **Hyperparameters** are the training arguments, and under ``model_config`` the model's
      configuration, once for each ``train()``; tokens are masked, as ``TrainingArguments.to_dict``
      does, what is no JSON value becomes ``str(value)``, and a class or a function its qualified
      name.
    - **Checkpoints** are artifacts of the kind ``checkpoint``, named like their directory.
    - **Closing**: an open store that was given stays open; it is for those who opened it. A store
      that the callback opened is closed when training ends, and opened again, to be continued, by
      what is logged later. The Trainer tells its callbacks of no exception: :meth:`close` is for
      that, and what nobody closed is closed when the interpreter exits.
    """

    def __init__(self, store: Source) -> None:
        """Check ``store``; it is opened, where it is not open, when training begins.

        Args:
            store: An open log store, or what :func:`~evsys_sdk.open_log_store` takes.

        Raises:
            TypeError: ``store`` is none of these.
            Exception: As :func:`~evsys_sdk.open_log_store`, where the configuration is wrong.
        """
        self._target = Target(store)
        self._training = False

    def close(self) -> None:
        """Close the store if it was opened here; again: nothing."""
        self._training = False
        self._target.close()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Forward the hyperparameters."""
        del control
        if not state.is_world_process_zero:
            return
        self._training = True
        params = args.to_dict()
        config = getattr(kwargs.get("model"), "config", None)
        if config is not None:
            params["model_config"] = config.to_dict() if hasattr(config, "to_dict") else config
        self._target.store.log_hyperparams(json_params(params))

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Forward the numbers of the training, or of the evaluation that just ended."""
        del args, control
        self._log_metrics(state, kwargs["logs"])

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Close after an evaluation outside training; its numbers came by :meth:`on_log`."""
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
        """Forward the numbers of a prediction."""
        del args, control, kwargs
        self._log_metrics(state, metrics)
        self._close_unless_training()

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Forward the checkpoint that was just saved."""
        del control, kwargs
        if state.is_world_process_zero:
            name = f"checkpoint-{state.global_step}"
            path = os.path.join(str(args.output_dir), name)
            self._target.store.log_artifact(name, path, kind="checkpoint")

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Close the store if it was opened here."""
        del args, state, control, kwargs
        self.close()

    def _log_metrics(self, state: TrainerState, metrics: dict[str, Any]) -> None:
        if state.is_world_process_zero:
            numbers = only_numbers(metrics)
            self._target.store.log_metrics(numbers, state.global_step, split=_split(metrics))

    def _close_unless_training(self) -> None:
        if not self._training:
            self._target.close()


def _split(metrics: dict[str, Any]) -> str:
    """The prefix of a whole evaluation, which the Trainer marks by ``<prefix>_runtime``."""
    suffix = "_runtime"
    marks = [key for key in metrics if key.endswith(suffix)]
    # A metric of the user's own may end so too, and then has the prefix before it.
    return min(marks, key=len).removesuffix(suffix) if marks else "train"

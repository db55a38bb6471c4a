from collections.abc import Callable, Sequence
from typing import Any

class TrainingArguments:
    output_dir: str | None
    def __init__(self, output_dir: str, **options: Any) -> None: ...
    def to_dict(self) -> dict[str, Any]: ...

class TrainerState:
    global_step: int
    is_hyper_param_search: bool
    is_world_process_zero: bool
    log_history: list[dict[str, float]]
    trial_name: str | None
    def __init__(self, *, global_step: int = ..., is_world_process_zero: bool = ...) -> None: ...
    @classmethod
    def load_from_json(cls, json_path: str) -> TrainerState: ...

class TrainerControl: ...

class TrainerCallback:
    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None: ...
    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None: ...
    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None: ...
    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None: ...
    def on_predict(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float],
        **kwargs: Any,
    ) -> None: ...
    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None: ...
    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None: ...

class Trainer:
    def __init__(
        self,
        *,
        model: GPT2LMHeadModel | None = ...,
        args: TrainingArguments,
        callbacks: list[TrainerCallback] = ...,
        compute_metrics: Callable[[Any], dict[str, Any]] | None = ...,
        eval_dataset: Sequence[Any] | dict[str, Sequence[Any]] = ...,
        model_init: Callable[[], GPT2LMHeadModel] | None = ...,
        train_dataset: Sequence[Any] = ...,
    ) -> None: ...
    def hyperparameter_search(
        self,
        *,
        backend: str,
        hp_name: Callable[[Any], str] | None = ...,
        hp_space: Callable[[Any], dict[str, float]],
        n_trials: int,
        **options: Any,
    ) -> object: ...
    def train(self, *, resume_from_checkpoint: str | None = ...) -> object: ...
    def evaluate(self, *, metric_key_prefix: str = ...) -> dict[str, float]: ...
    def save_state(self) -> None: ...
    def predict(self, test_dataset: Sequence[Any]) -> object: ...

class GPT2Config:
    def __init__(self, **options: Any) -> None: ...

class GPT2LMHeadModel:
    def __init__(self, config: GPT2Config) -> None: ...

from collections.abc import Callable, Sequence
from typing import Any

class TrainingArguments:
    output_dir: str | None
    def __init__(self, output_dir: str, **options: Any) -> None: ...
    def to_dict(self) -> dict[str, Any]: ...

class TrainerState:
    global_step: int
    is_world_process_zero: bool
    def __init__(self, *, global_step: int = ..., is_world_process_zero: bool = ...) -> None: ...

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
        model: GPT2LMHeadModel,
        args: TrainingArguments,
        callbacks: list[TrainerCallback] = ...,
        compute_metrics: Callable[[Any], dict[str, Any]] | None = ...,
        eval_dataset: Sequence[Any] | dict[str, Sequence[Any]] = ...,
        train_dataset: Sequence[Any] = ...,
    ) -> None: ...
    def train(self, *, resume_from_checkpoint: str | None = ...) -> object: ...
    def evaluate(self, *, metric_key_prefix: str = ...) -> dict[str, float]: ...
    def predict(self, test_dataset: Sequence[Any]) -> object: ...

class GPT2Config:
    def __init__(self, **options: Any) -> None: ...

class GPT2LMHeadModel:
    def __init__(self, config: GPT2Config) -> None: ...

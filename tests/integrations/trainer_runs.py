"""The parts of a small run of the Hugging Face Trainer, and what it logged."""

from pathlib import Path
from typing import Any

from evsys_sdk import RunLog
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need

need("torch", "accelerate", "transformers")

import torch
from transformers import GPT2Config, GPT2LMHeadModel, TrainingArguments


def gpt2() -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=8, n_positions=4, n_embd=4, n_layer=1, n_head=1, bos_token_id=0, eos_token_id=0
    )
    return GPT2LMHeadModel(config)


def data(count: int = 4) -> list[dict[str, torch.Tensor]]:
    tokens = torch.tensor([1, 2, 3, 4])
    return [{"input_ids": tokens, "labels": tokens}] * count


def arguments(root: Path, **options: Any) -> TrainingArguments:
    settings: dict[str, Any] = {
        "disable_tqdm": True,
        "eval_strategy": "epoch",
        "learning_rate": 0.01,
        "logging_steps": 1,
        "num_train_epochs": 2,
        "per_device_train_batch_size": 2,
        "report_to": "none",
        "save_strategy": "epoch",
        "use_cpu": True,
    }
    return TrainingArguments(str(root / "out"), **settings | options)


def read(log_dir: Path) -> RunLog:
    return JSONLLogStore.read_run(log_dir=log_dir)

"""Train a classifier of handwritten digits, and log the run to the store that a YAML file names.

The run has a separate directory. Start the program again to continue the run::

    runs/digits/logs/         the JSONL log; the report reads it, and so does a run that continues
    runs/digits/tb/           what TensorBoard shows
    runs/digits/checkpoints/  the model after 1,000 steps, 2,000, ...
    runs/digits/curves.png    drawn from the JSONL log
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass
from glob import glob
from math import cos, pi
from types import FrameType
from typing import Any, Self

from data import train_and_validation
from model import MLP
from report import read_log, report
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from evsys_sdk import LogStore, RunLog, load_log_store_spec, open_log_store

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True)
class Settings:
    """Everything that decides the outcome of a run; logged as its hyperparameters."""

    steps: int
    batch_size: int = 64
    hidden_units: int = 192
    learning_rate: float = 5e-4
    noise: float = 0.2
    seed: int = 0
    validate_every: int = 50
    checkpoint_every: int = 1000

    def learning_rate_at(self, step: int) -> float:
        """Half a cosine: from ``learning_rate`` at the first step down to 0 at the last."""
        return self.learning_rate * (1 + cos(pi * step / self.steps)) / 2


class StopRequest:
    """Notes Ctrl-C (or SIGTERM), for the loop to look at where the model and the log agree.

    A KeyboardInterrupt could come in the middle of an update and leave half of it in the model. A
    second signal acts as it would without this.
    """

    signum: int | None = None

    def __enter__(self) -> Self:
        self._previous = {s: signal.signal(s, self._note) for s in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)

    def _note(self, signum: int, _frame: FrameType | None) -> None:
        self.signum = signum
        self.__exit__()


class OnlyNew:
    """Hands on to a store what the log of the run does not hold yet.

    A killed run continues from its last checkpoint, and its log may reach further than that. As a
    step depends on nothing but the settings and the checkpoint, the steps between are taken again
    with the same figures, and this keeps them from being logged twice. The JSONL log, which is read
    to know that, misses none. A kill between two children of ``multiplex`` can leave the later
    child, TensorBoard, one step short.
    """

    def __init__(self, store: LogStore, log: RunLog) -> None:
        self.store = store
        self._last_step = {row.split: row.step for row in log.metrics}
        self._artifacts = {artifact.name for artifact in log.artifacts}
        self._hyperparams = log.hyperparams

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        if step > self._last_step.get(split, 0):
            self.store.log_metrics(metrics, step, split=split)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        if not self._hyperparams:
            self.store.log_hyperparams(params)

    def log_artifact(self, name: str, path: str, *, kind: str) -> None:
        if name not in self._artifacts:
            self._artifacts.add(name)
            self.store.log_artifact(name, path, kind=kind)


def train(
    model: MLP, settings: Settings, store: OnlyNew, stop: StopRequest, progress: Progress
) -> None:
    """Train up to the last step or until a stop is requested; leave a checkpoint either way."""
    training, validation = train_and_validation()
    bar = progress.add_task("", total=settings.steps, completed=model.steps_taken, accuracy="")
    store.log_hyperparams(asdict(settings))
    while model.steps_taken < settings.steps and stop.signum is None:
        step = model.steps_taken + 1
        learning_rate = settings.learning_rate_at(step)
        batch = training.batch(settings.batch_size, settings.noise, seed=(settings.seed, step))
        loss, accuracy = model.train_step(*batch, learning_rate)
        store.log_metrics(
            {"train/loss": loss, "train/accuracy": accuracy, "train/learning_rate": learning_rate},
            step,
        )
        if step % settings.validate_every == 0:
            loss, accuracy = model.evaluate(validation.images, validation.labels)
            store.log_metrics({"val/loss": loss, "val/accuracy": accuracy}, step, split="val")
            progress.update(bar, accuracy=f"val/accuracy {accuracy:.3f}")
        if step % settings.checkpoint_every == 0:
            save_checkpoint(model, store)
        progress.update(bar, completed=step)
    save_checkpoint(model, store)


def save_checkpoint(model: MLP, store: OnlyNew) -> None:
    """Save the model and log where; the path is relative to the run, which can then be moved."""
    name = f"step-{model.steps_taken:06}"
    path = f"checkpoints/{name}.npz"
    model.save(path)
    store.log_artifact(name, path, kind="checkpoint")


def continue_or_start(settings: Settings, log: RunLog, run_dir: str) -> MLP:
    """The model as the last checkpoint has it, or a new one; says which."""
    model = MLP([64, settings.hidden_units, settings.hidden_units, 10], settings.seed)
    checkpoints = glob("checkpoints/step-*.npz")
    if checkpoints:
        model.load(max(checkpoints, key=lambda path: (len(path), path)))
    taken, total = f"{model.steps_taken:,}", f"{settings.steps:,}"
    if model.steps_taken >= settings.steps:
        print(f"{run_dir} is finished: {total} steps. To start over, first: rm -r {run_dir}")
    elif checkpoints:
        print(f"Continuing {run_dir} after step {taken} of {total}.")
    else:
        print(
            f"Training in {run_dir} for {total} steps. Ctrl-C stops it; start it again to continue."
        )
    logged = max((row.step for row in log.metrics), default=0)
    if logged > model.steps_taken:
        print(f"Its log reaches step {logged:,}: steps up to there are repeated, not logged again.")
    return model


def progress_bar() -> Progress:
    """Steps, a bar, the last validation accuracy, and the time that is left."""
    return Progress(
        TextColumn("step {task.completed:,}/{task.total:,}"),
        BarColumn(),
        TextColumn("{task.fields[accuracy]}"),
        TimeRemainingColumn(),
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="digits", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", default=os.path.join(HERE, "run.yaml"), help="names the store")
    parser.add_argument("--run-dir", default="runs/digits", help="directory of the run")
    parser.add_argument("--steps", type=int, default=6000, help="how long to train")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Start or continue the run, then report on it; return the exit status."""
    options = parse(arguments)
    settings, run_dir = Settings(options.steps), options.run_dir
    spec = load_log_store_spec(options.config)
    os.makedirs(f"{run_dir}/checkpoints", exist_ok=True)
    log = read_log(run_dir)
    if log.hyperparams not in ({}, asdict(settings)):
        print(f"{run_dir} holds a run with other settings: {log.hyperparams}", file=sys.stderr)
        print("Take the same settings, or another --run-dir.", file=sys.stderr)
        return 2
    with chdir(run_dir):  # the paths in run.yaml are relative to the run
        model = continue_or_start(settings, log, run_dir)
        if model.steps_taken < settings.steps:
            with StopRequest() as stop, open_log_store(spec) as store, progress_bar() as progress:
                train(model, settings, OnlyNew(store, log), stop, progress)
            if stop.signum and model.steps_taken < settings.steps:
                print(f"Stopped after step {model.steps_taken:,}. Start it again to continue.")
                return 128 + stop.signum
    report(run_dir)
    return 0

"""The results of a run: its files, its final figures and its curves, read back from the log."""

import importlib
import os
import sysconfig
from collections.abc import Iterator

from curves import draw_curves

from evsys_sdk import RunLog
from evsys_sdk.log_stores.jsonl import JSONLLogStore


def read_log(run_dir: str) -> RunLog:
    """The JSONL log of the run; empty before the run began."""
    log_dir = os.path.join(run_dir, "logs")
    if not os.path.isdir(log_dir):
        return RunLog(metrics=[], hyperparams={}, artifacts=[])
    return JSONLLogStore.read_run(log_dir=log_dir)


def report(run_dir: str) -> None:
    """Draw the curves, then print the files, the figures and how to look at them."""
    log = read_log(run_dir)
    draw_curves(log, os.path.join(run_dir, "curves.png"))
    print(f"\nWritten in {run_dir}:")
    for path in files(run_dir):
        name = os.path.relpath(path, run_dir)
        size = os.path.getsize(path) / 1000
        print(f"  {shortened(name):34} {size:9,.1f} kB  {content(name, path, log)}".rstrip())
    print(f"\nRead back from {run_dir}/logs:")
    print("\n".join(f"  {line}" for line in figures(log)))
    print(f"\nCurves: {run_dir}/curves.png")
    print(f"In the terminal: {installed('evsys')} show {run_dir}/logs")
    print(f"TensorBoard: {installed('tensorboard')} --logdir {run_dir}/tb")


def files(run_dir: str) -> Iterator[str]:
    """Every file of the run that is not hidden, directory by directory."""
    for directory, subdirectories, names in os.walk(run_dir):
        subdirectories.sort()
        yield from (os.path.join(directory, name) for name in sorted(names) if name[0] != ".")


def content(name: str, path: str, log: RunLog) -> str:
    """What a file of the run holds, in a few words."""
    if name.startswith("tb/"):
        # By TensorBoard's own loader, which has no types.
        loader = importlib.import_module("tensorboard.backend.event_processing.event_file_loader")
        return f"{sum(1 for _ in loader.RawEventFileLoader(path).Load()):,} events"
    val_rows = sum(row.split == "val" for row in log.metrics)
    return {
        "logs/metrics.jsonl": f"{len(log.metrics) - val_rows:,} train rows, {val_rows:,} val rows",
        "logs/hyperparams.json": f"{len(log.hyperparams)} hyperparameters",
        "logs/artifacts.json": f"{len(log.artifacts)} checkpoints",
    }.get(name, "")


def shortened(name: str) -> str:
    """A long name without its middle (event files carry host and process)."""
    return name if len(name) <= 34 else f"{name[:24]}...{name[-7:]}"


def figures(log: RunLog) -> Iterator[str]:
    """The last validation, the best one, and the last steps of training."""
    train = [row.metrics for row in log.metrics if row.split == "train"][-100:]
    val = [row for row in log.metrics if row.split == "val"]
    for key in ("train/loss", "train/accuracy"):
        mean = sum(metrics[key] for metrics in train) / len(train)
        yield f"{key:14} {mean:.4f}  mean of the last {len(train)} steps"
    if val:
        best = max(val, key=lambda row: row.metrics["val/accuracy"])
        yield f"val/loss       {val[-1].metrics['val/loss']:.4f}  at step {val[-1].step:,}"
        yield (
            f"val/accuracy   {val[-1].metrics['val/accuracy']:.4f}  at step {val[-1].step:,}; "
            f"best {best.metrics['val/accuracy']:.4f} at step {best.step:,}"
        )


def installed(name: str) -> str:
    """A command of this environment, as short as it can be typed from here."""
    command = os.path.join(sysconfig.get_path("scripts"), name)
    return min(command, os.path.relpath(command), key=len)

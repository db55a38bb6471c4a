"""Makes a run log of the files that W&B has kept of a run."""

import glob
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import HistoryItem

from evsys_sdk import ArtifactPointer, RunLog
from evsys_wandb import columns
from evsys_wandb.wandb_file import records


def read_run(directory: Path, project: str, run_id: str) -> RunLog | None:
    """Read all sessions of a run, the earliest first; None where there is none."""
    sessions = sorted(_sessions(directory, project, run_id))
    if not sessions:
        return None
    log = RunLog(metrics=[], hyperparams={}, artifacts=[])
    for _, path in sessions:
        for row in _history(path):
            if (points := columns.from_row(row)) is not None:
                log.metrics.append(points)
            if columns.HYPERPARAMS in row:
                log.hyperparams.update(_nested(row, columns.HYPERPARAMS))
            if columns.ARTIFACT in row:
                pointer = _nested(row, columns.ARTIFACT)
                log.artifacts.append(ArtifactPointer(**pointer, ts=float(row["_timestamp"])))
    return log


def _sessions(directory: Path, project: str, run_id: str) -> Iterator[tuple[int, Path]]:
    """When each session of the run began, in nanoseconds, and its file."""
    pattern = f"*run-*-{glob.escape(run_id)}*/run-{glob.escape(run_id)}.wandb"
    for path in directory.glob(f"wandb/{pattern}"):
        if path.parent.is_symlink():
            continue  # latest-run
        for record in records(path):
            if record.HasField("run"):
                if record.run.project == project:
                    start = record.run.start_time
                    yield start.seconds * 1_000_000_000 + start.nanos, path
                break


def _history(path: Path) -> Iterator[dict[str, str]]:
    """Every row: the JSON of each column."""
    for record in records(path):
        if record.HasField("history"):
            yield {_name(item): item.value_json for item in record.history.item}


def _name(item: HistoryItem) -> str:
    return item.key or ".".join(item.nested_key)


def _nested(row: dict[str, str], column: str) -> dict[str, Any]:
    """The object in a column that holds JSON as a string."""
    found: dict[str, Any] = json.loads(json.loads(row[column]))
    return found

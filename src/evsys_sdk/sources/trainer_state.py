"""The ``trainer_state.json`` of the Hugging Face Trainer as a source.

Its ``log_history`` has an entry for each call of the Trainer's ``log``: the step, the epoch, and
values with their names.

The Trainer puts a prefix before the names of an evaluation, by default ``eval``, and adds the time
that it took as ``<prefix>_runtime``, and its speed. The summary of a training has the prefix
``train``. The prefix is the split of such an entry, and the names stay as they are. The split of
another entry is unknown.
"""

import json
from collections.abc import Iterator
from typing import Any, TypeGuard, cast

from evsys_sdk._files import open_regular_file
from evsys_sdk.errors import DamagedLogError
from evsys_sdk.run_log import MetricRow
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.source import PlacedRow, Source, number_of

__all__ = ["TrainerStateSource"]

_STEP, _EPOCH = "step", "epoch"
_SETTINGS = ("max_steps", "num_train_epochs", "train_batch_size")
_TRIAL = "trial_params"
_RUNTIME = "_runtime"
_WITHOUT_PREFIX = {_EPOCH, "total_flos"}
"""What the Trainer adds to an evaluation, or to the summary of a training, under its own name."""
_DEFAULT_PREFIX = "eval"


class TrainerStateSource(Source):
    """One file with the state of a Trainer, which the Trainer writes with each checkpoint."""

    noun = "row"

    def files(self) -> list[str]:
        """The file."""
        return [self.path]

    def rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PlacedRow]:
        """A row for each entry of the ``log_history``; its time is unknown."""
        del stop
        try:
            history = _history(path)
        except DamagedLogError as error:
            findings.damaged_record(error)
            return
        for count, entry in enumerate(history[start:], start + 1):
            findings.lines, findings.end = count - start, count
            try:
                row = _row(entry, findings)
            except ValueError as error:
                reason = f"entry {count} of log_history is not a row: {error}"
                findings.damaged_record(DamagedLogError(path, reason, kind=str(error)))
            else:
                yield PlacedRow(count - start, count, row)

    def hyperparams(self, notes: list[str]) -> dict[str, Any]:
        """The settings of the training that the state has, and the parameters of a trial."""
        del notes
        try:
            state = _state(self.path)
        except DamagedLogError:
            return {}  # which reading the rows reports
        settings = {key: state[key] for key in _SETTINGS if state.get(key) is not None}
        trial = state.get(_TRIAL)
        return settings | (trial if _is_object(trial) else {})


def _history(path: str) -> list[object]:
    history = _state(path).get("log_history")
    if not isinstance(history, list):
        raise DamagedLogError(path, "not the state of a Trainer: log_history must be a list")
    return cast("list[object]", history)


def _state(path: str) -> dict[str, Any]:
    with open_regular_file(path) as file:
        content = file.read()
    try:
        state: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        several = getattr(error, "msg", "") == "Extra data"
        remedy = "If it has an object in each line, let its name end in .jsonl" if several else ""
        raise DamagedLogError(path, f"not JSON: {error}", remedy) from error
    if not _is_object(state):
        raise DamagedLogError(path, "not the state of a Trainer: it must be a JSON object")
    return state


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _row(entry: object, findings: Findings) -> MetricRow:
    """The row in an entry.

    Raises:
        ValueError: It is not a row.
    """
    if not _is_object(entry):
        raise ValueError("it must be an object")
    step = entry.get(_STEP)
    if type(step) is not int:
        raise ValueError("step must be an integer")
    metrics: dict[str, float] = {}
    for key, value in entry.items():
        number = number_of(value)
        if number is None:
            findings.leave_out("values", text=f"values that are not numbers are left out: {key!r}")
        elif key != _STEP:
            metrics[key] = number
    return MetricRow(step, _split(metrics), metrics)


def _split(metrics: dict[str, float]) -> str | None:
    names = metrics.keys() - _WITHOUT_PREFIX
    # A metric of the user may end so, too; after an evaluation it has the prefix before it.
    marks = [name for name in names if name.endswith(_RUNTIME)]
    prefix = min(marks, key=len).removesuffix(_RUNTIME) if marks else _DEFAULT_PREFIX
    has_speed = f"{prefix}_samples_per_second" in names
    if has_speed or (names and all(name.startswith(f"{prefix}_") for name in names)):
        return prefix or _DEFAULT_PREFIX
    return None

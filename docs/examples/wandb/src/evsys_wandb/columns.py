"""A call as a row of W&B's history, and back.

W&B has no split, and it drops a row whose step goes back. So the store gives W&B no step, and W&B
counts the rows. Step and split of the call are two columns of the row. A metric's column is named
for its key, with the split in front unless the split is ``train``. If the key can't be derived from
that name, the column ``evsys/keys`` of the row says what it is.
"""

import hashlib
import json
import re
from collections.abc import Mapping

from evsys_sdk import MetricRow

STEP = "evsys/step"
"""The column of the step, the x axis of W&B's charts."""
SPLIT = "evsys/split"
"""The column of the split."""
KEYS = "evsys/keys"
"""The column of the keys that differ from what their columns say: JSON of keys by column."""
HYPERPARAMS = "evsys/hyperparams"
"""The column with the hyperparameters of a call, as JSON."""
ARTIFACT = "evsys/artifact"
"""The column with a pointer to an artifact, as JSON."""

_RESERVED = frozenset({STEP, SPLIT, KEYS, HYPERPARAMS, ARTIFACT})

# W&B hides names that begin with an underscore, and uses some of them itself.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./ -]{0,249}")

Row = dict[str, float | int | str]
"""What ``wandb.Run.log`` takes."""


def to_row(metrics: Mapping[str, float], step: int, split: str) -> Row:
    """The row of one call."""
    row: Row = {STEP: step, SPLIT: split}
    unusual: dict[str, str] = {}
    for key, value in metrics.items():
        column = _column(key, split, row)
        row[column] = value
        if _usual_key(column, split) != key:
            unusual[column] = key
    if unusual:
        row[KEYS] = json.dumps(unusual)
    return row


def from_row(row: Mapping[str, str]) -> MetricRow | None:
    """The points of a row; None if it has no step, so that it is not from :func:`to_row`.

    Args:
        row: The JSON of each column, as W&B has it.
    """
    if STEP not in row:
        return None
    split: str = json.loads(row[SPLIT])
    unusual: dict[str, str] = json.loads(json.loads(row[KEYS])) if KEYS in row else {}
    metrics = {
        # W&B writes -0.0 as -0, which json.loads would take for the integer 0.
        unusual.get(column, _usual_key(column, split)): float(text)
        for column, text in row.items()
        if column not in _RESERVED and not column.startswith("_")
    }
    return MetricRow(step=int(row[STEP]), split=split, ts=float(row["_timestamp"]), metrics=metrics)


def _column(key: str, split: str, taken: Row) -> str:
    """The column of a key: readable, and not taken in this row."""
    inside = split == "train" or key.startswith(f"{split}/")
    column = key if inside else f"{split}/{key}"
    if _PLAIN.fullmatch(column) and column not in _RESERVED and column not in taken:
        return column
    digest = hashlib.sha256(json.dumps([key, split]).encode()).hexdigest()[:12]
    readable = re.sub("[^A-Za-z0-9_./-]+", "_", column[:60]).lstrip("_./-")
    column = f"{readable}-{digest}".lstrip("-")
    while column in taken:
        column += f"-{digest}"
    return column


def _usual_key(column: str, split: str) -> str:
    """The key of a column that needs no explanation."""
    return column if split == "train" else column.removeprefix(f"{split}/")

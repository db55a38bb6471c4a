"""A call as a row of trackio, and back.

A row has a time, a step and a JSON object of values. trackio has no split, and uses some names
itself. So a value's name is its key, with the split in front unless the split is ``train``, and the
name ``evsys`` of each row has the rest: the split, and the keys that differ from their names.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evsys_sdk import MetricRow

REST = "evsys"
"""The name, in a row, of what is not a value."""

_RESERVED = frozenset({"project", "run", "timestamp", "step", "time", "metrics", REST})


def to_row(metrics: Mapping[str, float], split: str) -> dict[str, Any]:
    """The row of one call."""
    row: dict[str, Any] = {}
    unusual: dict[str, str] = {}
    for key, value in metrics.items():
        inside = split == "train" or key.startswith(f"{split}/")
        name = key if inside else f"{split}/{key}"
        while name in _RESERVED or name.startswith("__") or name in row:
            name = f"evsys/{name}"
        row[name] = value
        if _usual_key(name, split) != key:
            unusual[name] = key
    return {**row, REST: {"split": split, "keys": unusual}}


def from_row(row: Mapping[str, Any]) -> MetricRow:
    """The points of a row."""
    rest = row[REST]
    split: str = rest["split"]
    metrics = {
        rest["keys"].get(name, _usual_key(name, split)): float(value)
        for name, value in row.items()
        if name not in _RESERVED
    }
    return MetricRow(step=row["step"], split=split, ts=time_of(row), metrics=metrics)


def time_of(row: Mapping[str, Any]) -> float:
    """When a row was logged, in seconds since the Unix epoch."""
    return datetime.fromisoformat(row["timestamp"]).timestamp()


def _usual_key(name: str, split: str) -> str:
    """The key of a name that needs no explanation."""
    return name if split == "train" else name.removeprefix(f"{split}/")

"""One line of the metrics file: from a call to bytes, and back.

A row is ``{"ts", "step", "split", "metrics"}``, keys in this order. Where a value is not finite,
``metrics`` has null, so that every reader keeps a column of numbers, and a fifth field
``nonfinite`` has the value as text by key.
"""

import json
from math import inf, isfinite, nan
from typing import Any

from orjson import loads
from pydantic_core import from_json, to_json

from evsys_sdk.run_log import MetricRow

__all__ = ["decode_row", "decode_unusual_row", "encode_row", "is_torn_row"]

_ROW_START = b'{"ts":'
_NUMBER_START = b"0123456789-"
_NUMBERS = {float, int}
_OF_TEXT = {"NaN": nan, "Infinity": inf, "-Infinity": -inf}


def encode_row(ts: float, step: int, split: str, values: dict[str, float]) -> bytes:
    """The row as one line of strict UTF-8 JSON, without its newline. The arguments are checked."""
    row: dict[str, Any] = {"ts": ts, "step": step, "split": split, "metrics": values}
    nonfinite = {key: _text_of(value) for key, value in values.items() if not isfinite(value)}
    if nonfinite:
        row["nonfinite"] = nonfinite
    return to_json(row, inf_nan_mode="null")


def _text_of(value: float) -> str:
    if value > 0:
        return "Infinity"
    return "-Infinity" if value < 0 else "NaN"


def decode_row(line: bytes) -> MetricRow:
    """The row that the line holds, with its non-finite values put back.

    Raises:
        ValueError: The line is no such row; the message says why.
    """
    try:
        row: Any = loads(line)
        metrics: Any = row["metrics"]
        if (
            list(map(type, metrics.values())).count(float) == len(metrics)
            and type(row["step"]) is int
            and type(row["split"]) is str
            and type(row["ts"]) is float
        ):
            return MetricRow(row["step"], row["split"], metrics, row["ts"])
    except (ValueError, TypeError, KeyError, AttributeError):
        pass  # what is wrong is said below
    return decode_unusual_row(line)


def decode_unusual_row(line: bytes) -> MetricRow:
    """The same for any row, more slowly: puts non-finite values back, and says what is wrong.

    It takes integers of any size, and names the place of what is wrong.
    """
    row: Any = from_json(line, allow_inf_nan=False)
    try:
        ts, step, split, metrics = row["ts"], row["step"], row["split"], row["metrics"]
    except (TypeError, KeyError):
        raise ValueError("it is no object with ts, step, split and metrics") from None
    try:
        nonfinite = row.get("nonfinite", {})
        values = {key: _value(value, key, nonfinite) for key, value in metrics.items()}
    except (AttributeError, TypeError):
        raise ValueError("its metrics are no object of numbers") from None
    if type(step) is not int or type(split) is not str or type(ts) not in _NUMBERS:
        raise ValueError("its step is no integer, its split no text, or its ts no number")
    return MetricRow(step, split, values, ts)


def _value(value: Any, key: str, nonfinite: Any) -> float:
    if type(value) in _NUMBERS:
        try:
            return float(value)  # other tools write 1 for 1.0
        except OverflowError:
            raise ValueError(f"its value of {key!r} is beyond float64") from None
    if value is None and nonfinite.get(key) in _OF_TEXT:
        return _OF_TEXT[nonfinite[key]]
    raise ValueError(f"its value of {key!r} is no number")


def is_torn_row(piece: bytes) -> bool:
    """Whether the piece may be the beginning of a row, from a write that was cut short.

    After a power loss a file may also end in NULs, where the size reached the disk and the
    content did not. A whole row is not torn, and neither is one with anything else behind it.
    """
    piece = piece.rstrip(b"\0")
    if len(piece) <= len(_ROW_START):
        return _ROW_START.startswith(piece)
    if not (piece.startswith(_ROW_START) and piece[len(_ROW_START)] in _NUMBER_START):
        return False
    try:
        json.JSONDecoder().raw_decode(piece.decode(errors="replace"))
    except (ValueError, RecursionError):
        return True
    return False

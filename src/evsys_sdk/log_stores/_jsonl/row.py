"""One line of the metrics file: from a call to bytes, and back.

A row is ``{"ts", "step", "split", "metrics"}``, keys in this order. Where a value is not finite,
``metrics`` has null, so that every reader keeps a column of numbers, and a fifth field
``nonfinite`` has the value as text by key.
"""

from math import inf, isfinite, nan
from typing import Any, TypeGuard

from orjson import dumps, loads
from pydantic_core import from_json, to_json

from evsys_sdk.errors import PicklableError
from evsys_sdk.run_log import MetricRow
from evsys_sdk.text import truncated

__all__ = ["FIELDS", "RowError", "decode_row", "decode_unusual_row", "encode_row", "given_text"]

FIELDS = frozenset({"ts", "step", "split", "metrics", "nonfinite"})
"""The fields of a row; a reader passes over any other."""

_NUMBERS = {float, int}
_OF_TEXT = {"NaN": nan, "Infinity": inf, "-Infinity": -inf}


def encode_row(ts: float, step: int, split: str, values: dict[str, float]) -> bytes:
    """The row as one line of strict UTF-8 JSON, without its newline. The arguments are checked."""
    # The same encoder as for the usual rows of JSONLLogStore: a number has one spelling.
    try:
        return dumps(_row(ts, step, split, values))
    except TypeError:  # orjson refuses keys of a subclass of str
        plain = {str.__str__(key): value for key, value in values.items()}
        return dumps(_row(ts, step, split, plain))


def _row(ts: float, step: int, split: str, values: dict[str, float]) -> dict[str, Any]:
    row: dict[str, Any] = {"ts": ts, "step": step, "split": split, "metrics": values}
    nonfinite = {key: _text_of(value) for key, value in values.items() if not isfinite(value)}
    if nonfinite:
        row["nonfinite"] = nonfinite
    return row


def _text_of(value: float) -> str:
    if value > 0:
        return "Infinity"
    return "-Infinity" if value < 0 else "NaN"


class RowError(PicklableError, ValueError):
    """A line is not a row."""

    kind: str
    """What is wrong; the same for all lines with the same fault."""
    detail: str
    """The part of the reason that is about this line alone; it follows ``kind``."""

    def __init__(self, kind: str, detail: str = "") -> None:
        """Say what is wrong: ``kind``, followed by the part about this line alone."""
        self.kind = kind
        self.detail = detail
        super().__init__(kind + detail)


def decode_row(line: bytes, other_fields: set[str] | None = None) -> MetricRow:
    """The row that the line holds, with its non-finite values put back.

    Rows of other writers are rows too: their fields may come in any order, ``ts`` and ``split`` may
    be missing or null, and there may be other fields, whose names are added to ``other_fields``.

    Raises:
        RowError: The line is not a row; the message says why.
    """
    try:
        row: Any = loads(line)
        metrics: Any = row["metrics"]
        split, ts = row.get("split"), row.get("ts")
        if (
            list(map(type, metrics.values())).count(float) == len(metrics)
            and type(row["step"]) is int
            and (type(split) is str or split is None)
            and (type(ts) is float or ts is None)
        ):
            if other_fields is not None and not row.keys() <= FIELDS:
                other_fields |= row.keys() - FIELDS
            return MetricRow(row["step"], split, metrics, ts)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass  # what is wrong is said below
    return decode_unusual_row(line, other_fields)


def decode_unusual_row(line: bytes, other_fields: set[str] | None = None) -> MetricRow:
    """The same for any row, more slowly: puts non-finite values back, and says what is wrong.

    It takes integers of any size, and the bare ``NaN`` and ``Infinity`` that Python's ``json``
    writes.
    """
    try:
        row: Any = from_json(line)
    except ValueError as error:
        raise RowError("it must be JSON", f": {error}") from None
    if not _is_object(row):
        raise RowError("it must be an object", given_text(row))
    for field in ("step", "metrics"):
        if field not in row:
            raise RowError(f"it has no {field}")
    step, metrics = row["step"], row["metrics"]
    split, ts = row.get("split"), row.get("ts")
    if type(step) is not int:
        raise RowError("step must be an integer", given_text(step))
    if split is not None and type(split) is not str:
        raise RowError("split must be a string", given_text(split))
    if not (ts is None or type(ts) is int or (type(ts) is float and isfinite(ts))):
        raise RowError("ts must be a number", given_text(ts))
    if not _is_object(metrics):
        raise RowError("metrics must be an object", given_text(metrics))
    numbers = _numbers(metrics, row.get("nonfinite"))
    if other_fields is not None:
        other_fields |= row.keys() - FIELDS
    return MetricRow(step, split, numbers, ts)


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _numbers(values: dict[str, Any], nonfinite: Any) -> dict[str, float]:
    texts = nonfinite if _is_object(nonfinite) else {}
    return {key: _number(value, key, texts.get(key)) for key, value in values.items()}


def _number(value: Any, key: str, text: Any) -> float:
    if type(value) in _NUMBERS:
        try:
            return float(value)  # other tools write 1 for 1.0
        except OverflowError:
            raise RowError("a metric must fit into float64", f", which {key!r} does not") from None
    if value is None:
        if isinstance(text, str) and text in _OF_TEXT:
            return _OF_TEXT[text]
        raise RowError(
            'a metric that is null must be "NaN", "Infinity" or "-Infinity" in nonfinite',
            f"{given_text(text)} for {key!r}",
        )
    raise RowError("a metric must be a number", f"{given_text(value)} for {key!r}")


def given_text(value: Any) -> str:
    """What a message says about a value that was given, in JSON and shortened."""
    text = to_json(value, inf_nan_mode="constants").decode()
    return f", got {truncated(text, 40)}"

"""Rows of other JSONL writers as a source: the metrics are beside the step.

Many programs write such rows, and ``DataFrame.to_json(lines=True)`` of pandas does::

    {"step": 1, "loss": 0.5, "accuracy": 0.25}
"""

from collections.abc import Iterator
from typing import Any, cast

from pydantic_core import from_json

from evsys_sdk._files import open_regular_file
from evsys_sdk.log_stores.jsonl_files import LogFiles, RowError, given_text, skip_byte_order_mark
from evsys_sdk.run_log import MetricRow
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.jsonl import JSONLSource, lines_of
from evsys_sdk.sources.packed import PackedRow
from evsys_sdk.sources.source import PlacedRow, Source, number_of, step_name

__all__ = ["FlatRowsSource", "flat_step_of"]

_SPLIT, _TS = "split", "ts"
_SAMPLE = 1 << 20


def flat_step_of(path: str) -> str | None:
    """The field with the step, if the file has such rows; None for any other file."""
    try:
        with open_regular_file(path) as file:
            skip_byte_order_mark(file)
            sample = file.read(_SAMPLE)
    except OSError:
        return None  # which reading the rows reports
    if b'"metrics"' in sample:
        return None
    # Some programs begin with a line about the run.
    steps = map(_step_of_line, sample.splitlines())
    return next((step for step in steps if step is not None), None)


def _step_of_line(line: bytes) -> str | None:
    try:
        fields = _fields(line)
    except RowError:
        return None
    step = step_name(fields)
    others = (number_of(value) for key, value in fields.items() if key not in {step, _TS})
    if step is None or _integer(fields[step]) is None or all(each is None for each in others):
        return None
    return step


class _NoStepError(RowError):
    """The line is an object, but not a row."""


class FlatRowsSource(JSONLSource):
    """The files of a JSONL log whose rows have their metrics beside the step."""

    def __init__(self, name: str, files: LogFiles, step: str) -> None:
        super().__init__(name, files)
        self._step = step

    def rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PlacedRow]:
        """A row for each line; each of its other fields that is a number is a metric."""
        findings.step = self._step
        with lines_of(path, findings, start, stop) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = self._row(number, line, findings)
                except _NoStepError:
                    reason = f"an object without {self._step!r} is left out"
                    findings.leave_out("no step", number, reason)
                except RowError as reason:
                    if not line.endswith(b"\n"):
                        findings.tear(number, line)
                    elif not line.isspace():
                        findings.damage(number, line, reason)
                else:
                    yield PlacedRow(number, findings.end, row)

    def packed_rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PackedRow]:
        """The same rows, packed."""
        return Source.packed_rows(self, path, findings, start, stop)

    def _row(self, number: int, line: bytes, findings: Findings) -> MetricRow:
        """The row in the line.

        Raises:
            RowError: It is not a row.
        """
        fields = _fields(line)
        if self._step not in fields:
            raise _NoStepError(f"it has no {self._step}")
        given = fields.pop(self._step)
        step = _integer(given)
        if step is None:
            raise RowError(f"{self._step} must be an integer", given_text(given))
        split = fields.pop(_SPLIT) if isinstance(fields.get(_SPLIT), str) else None
        ts = number_of(fields.pop(_TS)) if number_of(fields.get(_TS)) is not None else None
        metrics: dict[str, float] = {}
        for key, value in fields.items():
            metric = number_of(value)
            if metric is None:
                what = f"a value that is not a number is left out{given_text(value)} for {key!r}"
                findings.leave_out("null" if value is None else "values", number, what)
            else:
                metrics[key] = metric
        return MetricRow(step, split, metrics, ts)


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields: Any = from_json(line)
    except ValueError as error:
        raise RowError("it must be JSON", f": {error}") from None
    if not isinstance(fields, dict):
        raise RowError("it must be an object", given_text(fields))
    return cast("dict[str, Any]", fields)


def _integer(value: object) -> int | None:
    """The step; other tools write 1.0 for 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None

"""The ``metrics.csv`` of Lightning's CSVLogger as a source, with the ``hparams.yaml`` beside it.

The first line has the names of the columns. A row has a ``step``, and a cell is empty where its
metric was not logged. Lightning writes the whole file again when there is a new metric.
"""

import csv
import json
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import yaml

from evsys_sdk._files import open_regular_file
from evsys_sdk.arguments import STEP_MAX, STEP_MIN
from evsys_sdk.errors import DamagedLogError
from evsys_sdk.log_stores.jsonl_files import RowError, skip_byte_order_mark
from evsys_sdk.run_log import MetricRow
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.jsonl import end_of_last_line
from evsys_sdk.sources.source import STEP_NAMES, PlacedRow, Source, step_name
from evsys_sdk.text import truncated

__all__ = ["MetricsCSVSource"]

_HPARAMS_FILE = "hparams.yaml"
_OTHER_SEPARATORS = (";", "\t")


class MetricsCSVSource(Source):
    """One CSV file of metrics."""

    def files(self) -> list[str]:
        """The CSV file."""
        return [self.path]

    def document_files(self) -> list[str]:
        """The file of hyperparameters."""
        return [os.path.join(os.path.dirname(self.path), _HPARAMS_FILE)]

    def rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PlacedRow]:
        """A row for each line that has values; its split and its time are unknown."""
        del stop
        size = os.path.getsize(path)
        complete = end_of_last_line(path, 0, size)
        with open_regular_file(path) as file:
            findings.byte_order_mark = skip_byte_order_mark(file)
            lines = csv.reader(_texts(file, complete))
            try:
                yield from _rows(lines, findings, start)
            except csv.Error as error:
                reason = RowError("it must be CSV", f": {error}; the lines after it are left out")
                findings.damage(lines.line_num, b"", reason)
        findings.torn = size - complete

    def hyperparams(self, notes: list[str]) -> dict[str, Any]:
        """The hyperparameters file, without the types of Python that it may name."""
        del notes
        [path] = self.document_files()
        try:
            with open_regular_file(path) as file:
                value = yaml.load(file, _PlainLoader)  # noqa: S506 - it builds plain data only
            value = json.loads(json.dumps(value, default=str, skipkeys=True))
        except FileNotFoundError:
            return {}
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise DamagedLogError(path, f"not YAML: {error}") from error
        if not isinstance(value, dict | None):
            raise DamagedLogError(path, "must be a mapping of hyperparameters")
        return cast("dict[str, Any]", value or {})


def _texts(file: BinaryIO, stop: int) -> Iterator[str]:
    for line in file:
        # Another encoding is not known; each of its bytes stays apart from the others.
        yield line.decode(errors="backslashreplace")
        if file.tell() >= stop:
            return


def _rows(lines: Any, findings: Findings, start: int) -> Iterator[PlacedRow]:
    header: list[str] | None = next(lines, None)
    if header is None:
        return
    try:
        findings.step = _step_column(header)
    except RowError as reason:
        findings.damage(1, ",".join(header).encode(), reason)
        return
    for place, name in enumerate(header):
        if not name:
            findings.leave_out("name", text="a column without a name is left out")
        elif name in header[place + 1 :]:
            text = f"of columns with the same name the last is read: {name!r}"
            findings.leave_out("columns", text=text)
    before = 0
    for count, cells in enumerate(lines, 1):
        if count <= start:
            before = lines.line_num
            continue
        findings.lines, findings.end = lines.line_num - before, count
        try:
            row = _row(header, cells, findings)
        except RowError as reason:
            findings.damage(findings.lines, ",".join(cells).encode(), reason)
        else:
            if row.metrics:
                yield PlacedRow(findings.lines, count, row)


def _step_column(header: list[str]) -> str:
    name = step_name(header)
    if name is not None:
        return name
    if len(header) == 1 and any(each in header[0] for each in _OTHER_SEPARATORS):
        raise RowError("cells must be separated by commas")
    raise RowError(f"the header must have a step, such as {', '.join(map(repr, STEP_NAMES))}")


def _row(header: list[str], cells: list[str], findings: Findings) -> MetricRow:
    if not cells:
        return MetricRow(0, None, {})
    if len(cells) != len(header):
        raise RowError("it must have as many cells as the header", f", got {len(cells)}")
    cell_of = dict(zip(header, cells, strict=True))
    step = _step(cell_of.pop(findings.step), findings.step)
    cell_of.pop("", None)
    metrics: dict[str, float] = {}
    for key, cell in cell_of.items():
        if cell:
            try:
                metrics[key] = float(cell)
            except ValueError:
                given = f"{truncated(cell, 40)!r} for {key!r}"
                text = f"a value that is not a number is left out: {given}"
                findings.leave_out("values", findings.lines, text)
    return MetricRow(step, None, metrics)


def _step(cell: str, name: str) -> int:
    try:
        # Other tools write 1.0 for 1.
        number = int(float(cell)) if float(cell).is_integer() and "." in cell else int(cell)
    except (ValueError, OverflowError):
        raise RowError(f"{name} must be an integer", f", got {truncated(cell, 40)!r}") from None
    if not STEP_MIN <= number <= STEP_MAX:
        raise RowError(f"{name} must fit into int64", f", got {truncated(cell, 40)}")
    return number


class _PlainLoader(yaml.SafeLoader):
    """Reads a value with any tag as if it had none."""


def _untagged(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_PlainLoader.add_multi_constructor("", _untagged)  # pyright: ignore[reportUnknownMemberType] - of its stubs

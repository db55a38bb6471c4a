"""The metrics of a run as a table of the terminal, as wide as the terminal allows.

The table has a row for each curve. Where its columns do not fit, each step goes below its value and
the small curves become smaller; then columns are left out. No number is ever cut, and no name is
broken: the middle of a long one is left out.

Of very many curves only groups are listed: the names that differ in their numbers alone.
"""

import math
import re
from collections.abc import Iterator, Mapping
from glob import escape
from itertools import islice

import numpy as np
from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from evsys_sdk.command.show.downsampling import Curve
from evsys_sdk.text import counted, shortened

__all__ = ["Curves", "in_cells", "metrics_table", "plain_table", "table_width"]

Curves = Mapping[tuple[str, str], Curve]
"""Curves by key and split."""

_MOST_CURVES = 300
"""So many are listed one by one."""
_MOST_GROUPS = 100
_LONGEST_NAME = 40
_SHORTENED_NAME = 24
"""A name is cut to this many cells before a column is left out."""
_SHORTEST = 8
_GAP = 2
_SPARKS = "▁▂▃▄▅▆▇█"
_RIGHT = {"count", "first", "last", "min", "max", "curves", "points"}
_DISPENSABLE = ("first", "max", "min", "curve", "count", "steps", "non-finite", "split")
"""The parts that may be left out, in this order: columns, and the steps below the values."""

_NUMBER = re.compile(r"[0-9]+")

_Columns = dict[str, list[Text]]


def metrics_table(curves: Curves, width: int, *, every_curve: bool) -> list[RenderableType]:
    """The curves as a table of at most this width, with remarks on what is left out."""
    if len(curves) > _MOST_CURVES and not every_curve:
        return _groups(curves)
    columns, left_out = _fitting(curves, width)
    parts: list[RenderableType] = [plain_table(columns)]
    if left_out:
        remark = f"left out in a terminal of {width} columns: {', '.join(left_out)}"
        parts.append(Text(f"\n{remark}", "dim"))
    return parts


def plain_table(columns: Mapping[str, list[Text]]) -> Table:
    """A table without lines, whose cells are not wrapped."""
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(
            name, justify="right" if name in _RIGHT else "left", no_wrap=True, overflow="crop"
        )
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    return table


def _groups(curves: Curves) -> list[RenderableType]:
    groups: dict[str, list[int]] = {}
    for (key, _), curve in curves.items():
        groups.setdefault(_NUMBER.sub("0", key), []).append(curve.count)
    largest = sorted(groups.items(), key=lambda group: -len(group[1]))
    shown = dict(islice(largest, _MOST_GROUPS))
    columns = {
        "metrics": [Text(shortened("*".join(map(escape, key.split("0"))))) for key in shown],
        "curves": [Text(f"{len(counts):,}") for counts in shown.values()],
        "points": [Text(f"{sum(counts):,}") for counts in shown.values()],
    }
    remark = "--metrics PATTERN shows the curves of some metrics, --all every curve"
    if more := len(groups) - len(shown):
        remark = f"{counted(more, 'more pattern')}; {remark}"
    return [plain_table(columns), Text(f"\n{remark}", "dim")]


def _fitting(curves: Curves, width: int) -> tuple[_Columns, list[str]]:
    """The columns that fit into this width, and the names of those that do not."""
    columns = _columns(curves, " ", 30)
    if table_width(columns) <= width:
        return columns, []
    columns = _columns(curves, "\n", 16)
    if not any(columns["non-finite"]):
        del columns["non-finite"]
    left_out: list[str] = []
    for name in _DISPENSABLE:
        metric, *others = _widths(columns)
        if min(metric, _SHORTENED_NAME + _GAP) + sum(others) <= width:
            break
        if name == "steps":
            columns = {each: [cell.split("\n")[0] for cell in columns[each]] for each in columns}
        elif not columns.pop(name, None):
            continue
        left_out.append(name)
    _, *others = _widths(columns)
    names = [in_cells(name.plain, width - sum(others) - _GAP) for name in columns["metric"]]
    return columns | {"metric": [*map(Text, names)]}, left_out


def in_cells(text: str, width: int) -> str:
    """The text without its middle if it takes more cells of the terminal than ``width``."""
    length = max(width, _SHORTEST)
    while cell_len(text) > max(width, _SHORTEST):
        text = shortened(text, length)
        length -= 1
    return text


def table_width(columns: Mapping[str, list[Text]]) -> int:
    """How many cells of the terminal the table takes."""
    return sum(_widths(columns))


def _widths(columns: Mapping[str, list[Text]]) -> list[int]:
    """How many cells each column takes, with the gap after all but the last one."""
    widths = [
        max(cell_len(line) for text in (name, *map(str, cells)) for line in text.split("\n"))
        for name, cells in columns.items()
    ]
    return [*(width + _GAP for width in widths[:-1]), *widths[-1:]]


def _columns(curves: Curves, between: str, spark_width: int) -> _Columns:
    """A cell of each column for each curve; ``between`` parts a value from its step."""
    names = ("metric", "split", "count", "first", "last", "min", "max", "non-finite", "curve")
    columns: _Columns = {name: [] for name in names}
    previous = None
    for (key, split), curve in sorted(curves.items(), key=lambda item: item[0][0]):
        cells = (
            Text("" if key == previous else shortened(key, _LONGEST_NAME)),
            Text(shortened(split, 20)),
            Text(f"{curve.count:,}"),
            *(_point(point, between) for point in _landmarks(curve)),
            Text(_nonfinite(curve), "red"),
            sparkline(curve, spark_width),
        )
        for cell, column in zip(cells, columns.values(), strict=True):
            column.append(cell)
        previous = key
    return columns


def _landmarks(curve: Curve) -> Iterator[tuple[float, int] | None]:
    """First, last, lowest and highest point as (value, step)."""
    points = curve.points
    finite = np.flatnonzero(np.isfinite(points.value))
    places = [0, len(points) - 1]
    if len(finite):
        values = points.value[finite]
        places += [int(finite[values.argmin()]), int(finite[values.argmax()])]
    for place in places:
        yield float(points.value[place]), int(points.step[place])
    if not len(finite):
        yield from (None, None)


def _point(point: tuple[float, int] | None, between: str) -> Text:
    if point is None:
        return Text("-", "dim")
    value, step = point
    style = "" if np.isfinite(value) else "red"
    return Text.assemble((_readable_number(value), style), (f"{between}@{step:,}", "dim"))


def _nonfinite(curve: Curve) -> str:
    points = curve.points
    kinds = {"NaN": np.isnan(points.value)}
    kinds |= {"Infinity": points.value == np.inf, "-Infinity": points.value == -np.inf}
    counts = {name: int(points.weight[kind].sum()) for name, kind in kinds.items()}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def sparkline(curve: Curve, width: int) -> Text:
    """The curve by step: a column for its steps, with a cross where a value is not finite.

    A column is as high as its last value, or as the lowest or highest one of all that it holds; it
    is blank where no step was logged.
    """
    points = curve.points
    steps = points.step.astype(np.float64)
    span = max(steps.max() - steps.min(), 1.0)
    columns = ((steps - steps.min()) / span * (width - 1)).round().astype(int)
    finite = np.isfinite(points.value)
    line = Text()
    low = high = 0.0
    if finite.any():
        low, high = points.value[finite].min(), points.value[finite].max()
    # Halved, since the difference of two float64 may be beyond float64.
    height = max(high / 2 - low / 2, np.finfo(np.float64).tiny)
    for column in range(width):
        inside = columns == column
        values = points.value[inside]
        if not len(values):
            line.append(" ")
        elif not finite[inside].all():
            line.append("✗", "bold red")
        else:
            value = high if high in values else low if low in values else values[-1]
            level = int((value / 2 - low / 2) / height * (len(_SPARKS) - 1) + 0.5)
            line.append(_SPARKS[level], "green")
    return line


def _readable_number(value: float) -> str:
    """Four significant digits."""
    if math.isfinite(value) and (value == 0 or 1e-3 <= abs(value) < 1e6):
        places = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 0
        return f"{value:,.{places}f}" if value % 1 else f"{value:,.0f}"
    return f"{value:.4g}".replace("inf", "Infinity").replace("nan", "NaN")

"""Runs as tables of the terminal."""

import json
import math
from collections.abc import Iterator

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evsys_sdk.command.show.downsampling import Curve
from evsys_sdk.command.show.runs import Run
from evsys_sdk.text import counted, printable_lines, shortened

__all__ = ["console", "print_run", "run_as_tables"]

_MOST_ARTIFACTS = 10
_SPARKS = "▁▂▃▄▅▆▇█"
_ASCII = str.maketrans("▁▂▃▄▅▆▇█✗…", "_.:-=+*#x~")
"""What stands for them where the output takes ASCII only."""
_NARROW = 110
_PLAIN_WIDTH = 1000


def console() -> Console:
    """The terminal; when output goes elsewhere: no colours, and lines as long as they need be."""
    terminal = Console(highlight=False, emoji=False, markup=False)
    if terminal.is_terminal:
        return terminal
    return Console(
        highlight=False, emoji=False, markup=False, width=_PLAIN_WIDTH, color_system=None
    )


def print_run(run: Run, terminal: Console) -> None:
    """Print everything about a run and an empty line; plain output has no blanks at line ends."""
    with terminal.capture() as captured:
        terminal.print(run_as_tables(run, terminal.width))
        terminal.print()
    text = captured.get()
    if not terminal.is_terminal:
        text = "\n".join(line.rstrip() for line in text.split("\n"))
    if terminal.options.ascii_only:
        text = text.translate(_ASCII)
    print(text, end="", flush=True)


def run_as_tables(run: Run, width: int) -> RenderableType:
    """Everything about a run, one part below the other."""
    parts: list[RenderableType] = [_heading(run)]
    if run.hyperparams:
        parts += [_title("hyperparameters"), _hyperparams(run)]
    if run.scan.curves:
        parts += [_title("metrics"), _metrics(run, width)]
    if run.artifacts:
        parts += [_title(_artifacts_title(run)), _artifacts(run)]
    parts += [Padding(Text(printable_lines(note), "yellow"), (1, 0, 0, 0)) for note in run.notes]
    return Group(*parts)


def _heading(run: Run) -> Text:
    scan = run.scan
    points = sum(curve.count for curve in scan.curves.values())
    parts = [
        counted(scan.rows, "row"),
        counted(points, "point"),
        counted(len(scan.curves), "curve"),
    ]
    if scan.damaged:
        parts.append(counted(scan.damaged, f"damaged {run.source.noun}"))
    return Text.assemble(
        (shortened(run.source.path, 200), "bold"), ("  " + ", ".join(parts), "dim")
    )


def _title(text: str) -> Text:
    return Text(f"\n{text}", "bold cyan")


def _table(**columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in columns.items():
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    return table


def _hyperparams(run: Run) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for key, value in run.hyperparams.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(Text(shortened(key)), Text(shortened(shown, 200)))
    return table


def _artifacts_title(run: Run) -> str:
    more = len(run.artifacts) - _MOST_ARTIFACTS
    return (
        f"artifacts (the last {_MOST_ARTIFACTS} of {len(run.artifacts):,})"
        if more > 0
        else "artifacts"
    )


def _artifacts(run: Run) -> Table:
    table = _table(name="left", kind="left", path="left")
    for pointer in run.artifacts[-_MOST_ARTIFACTS:]:
        texts = (pointer.name, pointer.kind, pointer.path)
        table.add_row(*(Text(shortened(text, 100)) for text in texts))
    return table


def _metrics(run: Run, width: int) -> Table:
    columns = ("first", "last", "min", "max")
    table = _table(metric="left", split="left", count="right", **dict.fromkeys(columns, "right"))
    table.add_column("non-finite")
    table.add_column("curve", no_wrap=True)
    between = "\n" if width < _NARROW else " "
    previous = None
    for (key, split), curve in sorted(run.scan.curves.items(), key=lambda item: item[0][0]):
        table.add_row(
            Text("" if key == previous else shortened(key, 40)),
            Text(shortened(split, 20)),
            f"{curve.count:,}",
            *(_point(point, between) for point in _landmarks(curve)),
            Text(_nonfinite(curve), "red"),
            sparkline(curve, 16 if width < _NARROW else 30),
        )
        previous = key
    return table


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

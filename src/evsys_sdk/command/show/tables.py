"""Runs as tables of the terminal."""

import json

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from evsys_sdk.command.show.metrics_table import in_cells, metrics_table, plain_table, table_width
from evsys_sdk.command.show.runs import Run
from evsys_sdk.text import counted, printable_lines, shortened

__all__ = ["console", "print_run", "run_as_tables"]

_MOST_ARTIFACTS = 10
_ASCII = str.maketrans("▁▂▃▄▅▆▇█✗…", "_.:-=+*#x~")
"""Their replacements where the output takes ASCII only."""
_PLAIN_WIDTH = 1000


def console() -> Console:
    """The terminal. Output that goes elsewhere has no colours, and lines of any length."""
    terminal = Console(highlight=False, emoji=False, markup=False)
    if terminal.is_terminal:
        return terminal
    return Console(
        highlight=False, emoji=False, markup=False, width=_PLAIN_WIDTH, color_system=None
    )


def print_run(run: Run, terminal: Console, *, every_curve: bool = False) -> None:
    """Print everything about a run and an empty line; plain output has no blanks at line ends."""
    with terminal.capture() as captured:
        # Not cropped: a path that is longer than the line goes on in the next one.
        terminal.print(run_as_tables(run, terminal.width, every_curve=every_curve), crop=False)
        terminal.print()
    text = captured.get()
    if not terminal.is_terminal:
        text = "\n".join(line.rstrip() for line in text.split("\n"))
    if terminal.options.ascii_only:
        text = text.translate(_ASCII)
    print(text, end="", flush=True)


def run_as_tables(run: Run, width: int, *, every_curve: bool = False) -> RenderableType:
    """Everything about a run, one part below the other.

    Args:
        run: The run.
        width: The width of the terminal.
        every_curve: Whether to list each curve, however many there are.
    """
    parts: list[RenderableType] = [_heading(run)]
    if run.hyperparams:
        parts += [_title("hyperparameters"), _hyperparams(run, width)]
    if run.scan.curves:
        parts.append(_title("metrics"))
        parts += metrics_table(run.scan.curves, width, every_curve=every_curve)
    if run.artifacts:
        parts += [_title(_artifacts_title(run)), _artifacts(run, width)]
    parts += [Text(f"\n{printable_lines(note)}", "yellow", overflow="ignore") for note in run.notes]
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
        (shortened(run.source.path, 200), "bold"),
        ("  " + ", ".join(parts), "dim"),
        overflow="ignore",
    )


def _title(text: str) -> Text:
    return Text(f"\n{text}", "bold cyan")


def _hyperparams(run: Run, width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="ellipsis")
    for key, value in run.hyperparams.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(Text(in_cells(shortened(key), width // 2)), Text(shortened(shown, 200)))
    return table


def _artifacts_title(run: Run) -> str:
    more = len(run.artifacts) - _MOST_ARTIFACTS
    return (
        f"artifacts (the last {_MOST_ARTIFACTS} of {len(run.artifacts):,})"
        if more > 0
        else "artifacts"
    )


def _artifacts(run: Run, width: int) -> RenderableType:
    """A table, or two lines for each artifact where it does not fit."""
    columns: dict[str, list[Text]] = {"name": [], "kind": [], "path": []}
    for pointer in run.artifacts[-_MOST_ARTIFACTS:]:
        for name, column in columns.items():
            column.append(Text(shortened(getattr(pointer, name), 100)))
    if table_width(columns) <= width:
        return plain_table(columns)
    lines = [
        f"{in_cells(str(name), width - cell_len(str(kind)) - 2)}  {kind}\n"
        f"  {in_cells(str(path), width - 2)}"
        for name, kind, path in zip(*columns.values(), strict=True)
    ]
    return Text("\n".join(lines), no_wrap=True, overflow="ignore")

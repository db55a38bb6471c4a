"""The figures as a table of Markdown, and its place in a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

BEGIN = "<!-- The part below is written by `make scaling`. -->"
END = "<!-- The part above is written by `make scaling`. -->"


@dataclass(frozen=True)
class Cell:
    """What was measured of one store with one number of processes."""

    title: str
    writers: int
    rows_per_second: float
    """Calls of all processes together."""
    p50: float
    """Seconds that half of the calls took at most."""
    p99: float
    rows: int
    """How many calls had returned when the processes were killed."""
    lost: int
    """How many of these are not in the log."""


def rendered(cells: Sequence[Cell], seconds: float, cores: int) -> str:
    """The table, and a line that says how it came about."""
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores; each figure is one run of {seconds:g} s.",
        "",
        "| store | processes | rows/s | p50 | p99 | rows, all killed at the end | lost |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {cell.title} | {cell.writers} | {cell.rows_per_second:,.0f} | {_spelt(cell.p50)} "
        f"| {_spelt(cell.p99)} | {cell.rows:,} | {cell.lost} |"
        for cell in cells
    ]
    return "\n".join(lines)


def put_into(page: Path, text: str) -> None:
    """Replace the text between the two marks of a page.

    Raises:
        ValueError: The page does not have each of them once.
    """
    old = page.read_text()
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise ValueError(f"{page} must have these lines once each:\n{BEGIN}\n{END}")
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def _spelt(seconds: float) -> str:
    """A time in the unit that fits it."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.2g} s"

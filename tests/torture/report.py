"""The table of what was done to which store, and what was found."""

import os
import platform
import re
from pathlib import Path

from torture.case import Case, Outcome

__all__ = ["Row", "line", "table", "write"]

Row = tuple[Case, Outcome]

BEGIN = "<!-- written by make torture: begin -->"
END = "<!-- written by make torture: end -->"


def verdict(outcome: Outcome) -> str:
    """One word or two."""
    if outcome.problems:
        return "**failed**"
    return f"not run: {outcome.not_run}" if outcome.not_run else "held"


def line(case: Case, outcome: Outcome) -> str:
    """A case in one line, while the torture goes on."""
    return f"{case.id:42} {outcome.seconds:6.1f} s  {verdict(outcome)}  {outcome.done}"


def table(rows: list[Row]) -> str:
    """All cases, as a table in Markdown."""
    lines = [
        "| Fault | Store | What was done | Returned calls wrote | Found | |",
        "|---|---|---|---|---|---|",
    ]
    for case, outcome in rows:
        cells = [
            case.fault,
            case.store,
            outcome.done,
            _counts(outcome.returned),
            "; read by ".join(filter(None, [_counts(outcome.found), ", ".join(outcome.readers)])),
            verdict(outcome),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in counts.items())


def write(page: Path, rows: list[Row], seed: str) -> None:
    """Put the table between the markers of the page."""
    seconds = sum(outcome.seconds for _, outcome in rows)
    about = (
        f"{len(rows)} cases in {seconds / 60:.0f} minutes, on {platform.system()} "
        f"{platform.release()} with {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"seed {seed}."
    )
    text = page.read_text("utf-8")
    between = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
    page.write_text(between.sub(lambda _: f"\n{about}\n\n{table(rows)}\n\n", text), "utf-8")

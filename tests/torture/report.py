"""The table of what was done to which store, and what was found."""

import os
import platform
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
    """These cases as a table in Markdown."""
    return "\n".join([*_HEAD, *map(_row, rows)])


_HEAD = [
    "| Fault | Store | What was done | Returned calls wrote | Found | |",
    "|---|---|---|---|---|---|",
]


def _row(row: Row) -> str:
    case, outcome = row
    found = "; read by ".join(filter(None, [_counts(outcome.found), ", ".join(outcome.readers)]))
    return (
        f"| {case.fault} | {case.store} | {outcome.done} | {_counts(outcome.returned)} "
        f"| {found} | {verdict(outcome)} |"
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in counts.items())


def write(page: Path, rows: list[Row], cases: list[Case], seed: str) -> None:
    """Put these rows between the markers of the page, in place of the old ones.

    Rows of other ``cases`` stay, as after a run of a few cases only.
    """
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    between, _, after = rest.partition(END)
    known = {_key(line): line for line in between.splitlines() if line.startswith("| ")}
    known |= {(case.fault, case.store): _row((case, outcome)) for case, outcome in rows}
    lines = [known[key] for each in cases if (key := (each.fault, each.store)) in known]
    about = (
        f"{len(lines)} cases, last run on {platform.system()} {platform.release()} with "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, seed {seed}."
    )
    table_text = "\n".join([about, "", *_HEAD, *lines])
    page.write_text(f"{before}{BEGIN}\n\n{table_text}\n\n{END}{after}", "utf-8")


def _key(line: str) -> tuple[str, str]:
    fault, store, *_ = line.removeprefix("| ").split(" | ")
    return fault, store

"""The results as text, and their place in docs/benchmarks.md."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.runs import CALLS, SECTIONS, Run
from benchmarks.summary import measures_table, missing_of, summary_table

__all__ = ["DocumentError", "put_into", "rendered"]

_BEGIN = "<!-- The part below is written by `make bench`. -->"
_END = "<!-- The part above is written by `make bench`. -->"


class DocumentError(Exception):
    """The document has no place for the results."""


def rendered(runs: Mapping[str, Run]) -> str:
    """The results of all sections that were run, as Markdown."""
    parts = [_how_taken(runs)]
    if "calls" in runs:
        parts += ["### Side by side, 20 values a call", summary_table(runs)]
    if missing := missing_of(runs):
        lines = [f"- {what}: {reason}" for what, reason in missing.items()]
        parts += ["Not measured:", "\n".join(lines) + "\n"]
    if measures := measures_table(runs):
        parts += ["### What this project asks of itself", measures]
    for section in SECTIONS:
        results = section.of(runs)
        if results is not None:
            for title, text in section.tables(results).items():
                parts += [f"### {title}", text]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _how_taken(runs: Mapping[str, Run]) -> str:
    machines = sorted({run.machine for run in runs.values()})
    days = sorted({run.taken for run in runs.values()})
    efforts = sorted({run.effort for run in runs.values()})
    seconds = sum(run.seconds for run in runs.values())
    calls = CALLS.of(runs)
    versions = sorted({*calls.versions.values()} - {"—"}) if calls else []
    where, when, how = " and ".join(machines), " and ".join(days), " and ".join(efforts)
    lines = [f"Taken on {when}, on {where}, in {seconds / 60:.0f} minutes ({how} effort)."]
    if versions:
        lines.append(f"Versions: {'; '.join(versions)}.")
    return "\n".join(lines)


def put_into(document: Path, text: str) -> None:
    """Replace the part of the document between its two marks.

    Raises:
        DocumentError: The document does not have each of the marks once.
    """
    old = document.read_text()
    if old.count(_BEGIN) != 1 or old.count(_END) != 1:
        raise DocumentError(f"{document} must have these lines once each:\n{_BEGIN}\n{_END}")
    before, _, rest = old.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    document.write_text(f"{before}{_BEGIN}\n\n{text}\n{_END}{after}")

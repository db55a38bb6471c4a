"""A cause in the terminal: a section of few lines."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from evsys_conformance.certificate import wording
from evsys_conformance.certificate.model import CauseRecord
from evsys_conformance.clauses import BY_ID
from evsys_conformance.pytest_session.replay_files import WayBack
from evsys_sdk.text import truncated

_MOST_OF_SUMMARY = 4
_MOST_OF_PROGRAM = 12
_MARGIN = "   "


def section(
    number: int, cause: CauseRecord, way_back: WayBack, start: Path, width: int
) -> Iterator[str]:
    """The lines of a section, the first of which is its heading.

    Args:
        number: Place of the cause, from 1.
        cause: What to show.
        way_back: How to see it again.
        start: The directory in which the session was started.
        width: Columns of the terminal.
    """
    yield f"{number}  {cause.clause}  {cause.title}"
    yield from _summary(cause, width)
    for line in _cut(cause.essence, way_back.shown(start)):
        yield truncated(f"{_MARGIN}    {line}", width)
    yield from _wrapped(wording.reliability(cause), width)
    yield from _wrapped(f"Look at: {BY_ID[cause.clause].look_at}.", width)
    yield from _wrapped(wording.explained(cause), width)
    if way_back.problem:
        yield from _wrapped(way_back.problem, width)
    yield f"{_MARGIN}{way_back.command(start)}"


def _summary(cause: CauseRecord, width: int) -> Iterator[str]:
    lines = [line for each in cause.summary.splitlines() for line in _wrapped(each, width)]
    yield from lines[:_MOST_OF_SUMMARY]
    if len(lines) > _MOST_OF_SUMMARY:
        yield f"{_MARGIN}…"


def _cut(program: Sequence[str], path: str) -> list[str]:
    """The lines of a program, the middle of a long one as their number."""
    if len(program) <= _MOST_OF_PROGRAM:
        return list(program)
    last = 3
    first = _MOST_OF_PROGRAM - 1 - last
    where = f", in {path}" if path else ""
    return [
        *program[:first],
        f"… {len(program) - first - last} more lines{where}",
        *program[-last:],
    ]


def _wrapped(text: str, width: int) -> list[str]:
    margin = _MARGIN + " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(
        text.strip(),
        max(40, width),
        initial_indent=margin,
        subsequent_indent=margin,
        break_on_hyphens=False,
    )

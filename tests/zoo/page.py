"""The tables of faulty stores that the site shows in ``docs/kill-matrix.md``."""

from collections.abc import Iterator

from evsys_conformance.clauses import CLAUSES, Clause
from zoo.registry import CORRECT, FAULTY

__all__ = ["page"]


def page(text: str) -> str:
    """Add the numbers of stores, and a table of the faulty stores per clause."""
    text += f"\nToday there are {len(FAULTY)} faulty and {len(CORRECT)} correct stores.\n"
    return "\n".join([text, *(line for clause in CLAUSES for line in _section(clause))]) + "\n"


def _section(clause: Clause) -> Iterator[str]:
    """The faulty stores that break one clause."""
    stores = [each for each in FAULTY if each.clause == clause.id]
    yield f"## {clause.id}: {clause.title}"
    yield ""
    yield f"{len(stores)} faulty stores:"
    yield ""
    yield "| Faulty store | Backend | What it does wrong |"
    yield "|---|---|---|"
    for each in stores:
        backend = each.harness.__mro__[1].__name__.removesuffix("Harness")
        yield f"| `{each.store.__name__}` | {backend} | {each.reason} |"
    yield ""

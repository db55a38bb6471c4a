"""Writes ``docs/kill-matrix.md``: which check of the kit caught which faulty store of the zoo.

``python tests/measures/kill_matrix.py`` from the root of the repository. It judges every faulty
store by every check of its clause, which takes some minutes.
"""

import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "kill-matrix.md"
sys.path.insert(0, str(ROOT / "tests"))

from evsys_conformance.clauses import CLAUSES, Clause  # noqa: E402
from evsys_conformance.verdicts import Verdict  # noqa: E402
from zoo.animals import Faulty  # noqa: E402 - the zoo lives in the folder named above
from zoo.judging import checks_of, judged  # noqa: E402
from zoo.registry import CORRECT, FAULTY  # noqa: E402

INTRODUCTION = """\
# The kill matrix

A test kit is worth what it catches. This page lists {faulty} faulty log stores, each with one
fault, and the checks that caught them. Each fault stands under the clause that it breaks, and the
tests of the kit hold that it is caught there, with a message that names what is wrong. {correct}
correct stores of many kinds, which use the freedom that the [contract](contract.md) leaves, are
refused by no check at all.

The stores are in `tests/zoo/`. This page is written by `python tests/measures/kill_matrix.py`.
"""


def main() -> None:
    """Judge all faulty stores, and write the page."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        caught = dict(zip(FAULTY, pool.map(catching_checks, range(len(FAULTY))), strict=True))
    PAGE.write_text(page(caught), encoding="utf-8")
    missed = [animal.id for animal, checks in caught.items() if not checks]
    print(f"{PAGE}: {len(caught) - len(missed)} of {len(caught)} faulty stores were caught")
    if missed:
        sys.exit(f"not caught: {', '.join(missed)}")


def catching_checks(number: int) -> list[str]:
    """Names of the checks that catch a faulty store; run in a process and a folder of its own."""
    logging.disable(logging.CRITICAL)
    animal = FAULTY[number]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        outcomes = list(judged(animal.harness, animal.clause))
        os.chdir(ROOT)
    return [outcome.check.name for outcome in outcomes if outcome.verdict is Verdict.FAILED]


def page(caught: dict[Faulty, list[str]]) -> str:
    """The page as Markdown."""
    lines = [INTRODUCTION.format(faulty=len(FAULTY), correct=len(CORRECT))]
    lines += ["| Clause | | Faulty stores | caught |", "|---|---|---|---|"]
    for clause in CLAUSES:
        checks = [checks for animal, checks in caught.items() if animal.clause == clause.id]
        lines.append(f"| {clause.id} | {clause.title} | {len(checks)} | {sum(map(bool, checks))} |")
    for clause in CLAUSES:
        lines += ["", *section(clause, caught)]
    return "\n".join(lines) + "\n"


def section(clause: Clause, caught: dict[Faulty, list[str]]) -> Iterable[str]:
    """The faults of one clause, and how many of them each of its checks caught."""
    mine = {animal: checks for animal, checks in caught.items() if animal.clause == clause.id}
    yield f"## {clause.id}: {clause.title}"
    yield ""
    yield "| Faulty store | Backend | What it does wrong | Caught by |"
    yield "|---|---|---|---|"
    for animal, checks in mine.items():
        backend = animal.harness.__mro__[1].__name__.removesuffix("Harness")
        by = ", ".join(f"`{name}`" for name in checks) or "nothing"
        yield f"| `{animal.store.__name__}` | {backend} | {animal.reason} | {by} |"
    yield ""
    kills = Counter(name for checks in mine.values() for name in checks)
    counted = (f"`{check.name}` {kills[check.name]}" for check in checks_of(clause.id))
    yield f"Caught by each check: {', '.join(counted)}."


if __name__ == "__main__":
    main()

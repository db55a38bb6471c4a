"""Prints which check of the kit catches which faulty store of the zoo, as Markdown.

``python tests/measures/kill_matrix.py`` from the root of the repository. It judges every faulty
store by every check of its clause, which takes some minutes.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from evsys_conformance.clauses import CLAUSES  # noqa: E402
from evsys_conformance.verdicts import Verdict  # noqa: E402
from zoo.judging import checks_of, judged  # noqa: E402
from zoo.registry import FAULTY  # noqa: E402
from zoo.stores import Faulty  # noqa: E402 - the zoo lives in the folder named above


def main() -> None:
    """Judge all faulty stores, and print the table."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        caught = dict(zip(FAULTY, pool.map(catching_checks, range(len(FAULTY))), strict=True))
    print("\n".join(table(caught)))
    missed = [entry.id for entry, checks in caught.items() if not checks]
    print(f"\n{len(caught) - len(missed)} of {len(caught)} faulty stores were caught")
    if missed:
        sys.exit(f"not caught: {', '.join(missed)}")


def catching_checks(number: int) -> list[str]:
    """Names of the checks that catch a faulty store; run in a separate process and folder."""
    logging.disable(logging.CRITICAL)
    entry = FAULTY[number]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        outcomes = list(judged(entry.harness, entry.clause))
        os.chdir(ROOT)
    return [outcome.check.name for outcome in outcomes if outcome.verdict is Verdict.FAILED]


def table(caught: dict[Faulty, list[str]]) -> Iterable[str]:
    """A line per check with the faulty stores that it caught."""
    yield "| Clause | Check | Caught | Faulty stores |"
    yield "|---|---|---:|---|"
    for clause in CLAUSES:
        for check in checks_of(clause.id):
            stores = [
                f"`{entry.store.__name__}`"
                for entry, checks in caught.items()
                if entry.clause == clause.id and check.name in checks
            ]
            yield f"| {clause.id} | `{check.name}` | {len(stores)} | {', '.join(stores)} |"


if __name__ == "__main__":
    main()

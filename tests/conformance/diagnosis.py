"""Writes ``docs/diagnosis.md``: how well the kit explains the faulty stores of the zoo.

``make diagnosis`` runs it. Each store is certified as a session does it, at quick effort, and its
causes are held against the faults that are known to be in it.
"""

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "diagnosis.md"
sys.path.insert(0, str(ROOT / "tests"))

from zoo.judging import causes_of_store  # noqa: E402 - the zoo lives in the folder named above
from zoo.pairs import PAIRS  # noqa: E402
from zoo.registry import FAULTY  # noqa: E402


@dataclass(frozen=True)
class Explained:
    """What the kit said of one store."""

    name: str
    faults: tuple[str, ...]
    """What is wrong with it."""
    broken: frozenset[str]
    """The clauses that its faults break."""
    failed_checks: int
    causes: tuple[str, ...]
    """The clauses of its causes, most telling first."""
    lines: int
    """Lines of the first cause's program that matter."""
    seconds: float
    """What the diagnosis took."""

    @property
    def right(self) -> bool:
        """Whether there is exactly one cause per fault, each under its clause."""
        return sorted(self.causes) == sorted(self.broken)


def main(arguments: Sequence[str] | None = None) -> None:
    """Explain the faulty stores and pairs, or a sample of them, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every so many stores")
    options = parser.parse_args(arguments)
    singles = range(0, len(FAULTY), options.every)
    pairs = range(0, len(PAIRS), options.every)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        every = list(_shown(pool.map(explain, [("single", n) for n in singles])))
        two = list(_shown(pool.map(explain, [("pair", n) for n in pairs])))
    one = [each for each in every if each.failed_checks]  # Quick effort misses some rare faults.
    text = page(one, two)
    print(text)
    PAGE.write_text(text, encoding="utf-8")


def _shown(found: Iterator[Explained]) -> Iterator[Explained]:
    for each in found:
        mark = " " if each.right else "!"
        broken = ", ".join(sorted(each.broken))
        print(
            f"{mark} {each.name:45} {broken:12} {each.failed_checks:3} checks -> "
            f"{', '.join(each.causes)} ({each.lines} lines, {each.seconds:.1f} s)",
            flush=True,
        )
        yield each


def explain(which: tuple[str, int]) -> Explained:
    """Certify and explain one store; run in its own process and folder."""
    logging.disable(logging.CRITICAL)
    kind, number = which
    if kind == "single":
        single = FAULTY[number]
        name, harness, broken = single.id, single.harness, {single.clause}
        faults: tuple[str, ...] = (single.reason,)
    else:
        pair = PAIRS[number]
        name, harness, broken = pair.id, pair.harness, pair.clauses
        faults = (pair.first.reason, pair.second.reason)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        start = time.perf_counter()
        failed, causes = causes_of_store(harness)
        seconds = time.perf_counter() - start
        os.chdir(ROOT)
    return Explained(
        name,
        faults,
        frozenset(broken),
        len(failed),
        tuple(cause.clause.id for cause in causes),
        len(causes[0].essence) if causes else 0,
        seconds,
    )


INTRODUCTION = """\
# Diagnosis

The kit explains a failed certification by [causes](certify-a-store.md#a-clause-fails). This page
measures how well. The zoo of the kit's tests has {all_singles} stores with one known fault, and
{all_pairs} pairs of them make stores with two. `make diagnosis` certifies them at quick effort and
writes this page; `make diagnosis EVERY=10` takes every tenth. This time it took {singles} stores
with one fault that fails a check at quick effort, and {pairs} with two.

| measure | result |
|---|---:|
| one fault: exactly one cause | {one_cause} |
| one fault: the first cause has the clause that the zoo names | {right_first} |
| one fault: failed checks that a cause explains, median and 90th percentile | {checks} |
| one fault: lines of the first cause's program, median and 90th percentile | {lines} |
| two faults: exactly two causes, each under its clause | {two_causes} |
"""


def page(one: list[Explained], two: list[Explained]) -> str:
    """The page as Markdown."""
    first = [bool(each.causes) and each.causes[0] in each.broken for each in one]
    lines = [
        INTRODUCTION.format(
            all_singles=len(FAULTY),
            all_pairs=len(PAIRS),
            singles=len(one),
            pairs=len(two),
            one_cause=_share([len(each.causes) == 1 for each in one]),
            right_first=_share(first),
            checks=_percentiles([each.failed_checks for each in one]),
            lines=_percentiles([each.lines for each in one]),
            two_causes=_share([each.right for each in two]),
        )
    ]
    lines += [
        "## Stores that are explained otherwise",
        "",
        "Some of these faults break two clauses: a store that is not safe in threads for the same",
        "reason, say. The others show what the kit still gets wrong.",
        "",
    ]
    lines += ["| store | what it does wrong | breaks | causes |", "|---|---|---|---|"]
    for each in [*one, *two]:
        if not each.right:
            broken, causes = ", ".join(sorted(each.broken)), ", ".join(each.causes) or "none"
            lines.append(f"| `{each.name}` | {'; '.join(each.faults)} | {broken} | {causes} |")
    return "\n".join(lines) + "\n"


def _share(hits: list[bool]) -> str:
    return f"{sum(hits)} of {len(hits)} ({100 * sum(hits) / max(1, len(hits)):.0f} %)"


def _percentiles(values: list[int]) -> str:
    if len(values) < 2:
        return "too few stores"
    return f"{statistics.median(values):.0f} and {statistics.quantiles(values, n=10)[8]:.0f}"


if __name__ == "__main__":
    main()

"""Writes ``docs/diagnosis.md``: how well the kit explains the faulty stores of the zoo.

``make diagnosis`` runs it. It certifies each store as its author would, in a session of pytest, and
compares the causes in the report with the faults that are known to be in the store.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "diagnosis.md"
sys.path.insert(0, str(ROOT / "tests"))

from zoo.judging import SEED  # noqa: E402 - the zoo lives in the folder named above
from zoo.pairs import PAIRS, Pair  # noqa: E402
from zoo.registry import FAULTY  # noqa: E402
from zoo.stores import Faulty  # noqa: E402

PROGRESS = re.compile(r"^\S+\[.+\] .*\[ *\d+%\]$|^[.Fs]+ *\[ *\d+%\]$")
"""A line of pytest that only shows how far the session is."""


@dataclass(frozen=True)
class Explained:
    """The verdict of the kit on one store."""

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
    terminal: int
    """Lines of the session's output, without those that only show progress."""
    seconds: float
    """What the session took."""

    @property
    def right(self) -> bool:
        """Whether there is exactly one cause per fault, each under its clause."""
        return sorted(self.causes) == sorted(self.broken)


def main(arguments: Sequence[str] | None = None) -> None:
    """Explain the faulty stores and pairs, or a sample of them, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take only every Nth store")
    parser.add_argument("--first", type=int, default=0, help="begin at this one, counted from 0")
    options = parser.parse_args(arguments)
    sample = slice(options.first, None, options.every)
    everything = [*FAULTY[sample], *PAIRS[sample]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        every = list(_shown(pool.map(explain, everything)))
    two = [each for each in every if len(each.faults) > 1]
    # Quick effort misses some rare faults.
    one = [each for each in every if len(each.faults) == 1 and each.failed_checks]
    text = page(one, two)
    print(text)
    PAGE.write_text(text, encoding="utf-8")


def _shown(found: Iterator[Explained]) -> Iterator[Explained]:
    for each in found:
        mark = " " if each.right else "!"
        broken = ", ".join(sorted(each.broken))
        print(
            f"{mark} {each.name:45} {broken:12} {each.failed_checks:3} checks -> "
            f"{', '.join(each.causes)} ({each.lines} lines, {each.terminal} in the terminal, "
            f"{each.seconds:.0f} s)",
            flush=True,
        )
        yield each


def explain(entry: Faulty | Pair) -> Explained:
    """Certify one store in a session, in an empty folder."""
    faults: tuple[str, ...]
    if isinstance(entry, Pair):
        broken, faults = entry.clauses, (entry.first.reason, entry.second.reason)
    else:
        broken, faults = {entry.clause}, (entry.reason,)
    target = f"{entry.harness.__module__}:{entry.harness.__qualname__}"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pytest", f"--hypothesis-seed={SEED}"]
        command += ["--evsys-conformance", target, "--evsys-effort", "quick"]
        command += ["--evsys-report", str(report)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
        start = time.perf_counter()
        session = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - start
        if not report.exists():
            sys.exit(f"{target} could not be certified:\n{session.stdout}\n{session.stderr}")
        store = json.loads(report.read_text(encoding="utf-8"))["stores"][0]
    checks = [check for clause in store["clauses"] for check in clause["checks"]]
    causes = store["causes"]
    return Explained(
        entry.id,
        faults,
        frozenset(broken),
        sum(check["verdict"] == "failed" for check in checks),
        tuple(cause["clause"] for cause in causes),
        len(causes[0]["essence"]) if causes else 0,
        sum(not PROGRESS.match(line) for line in session.stdout.splitlines()),
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
| one fault: lines in the terminal besides progress, median and 90th percentile | {terminal} |
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
            terminal=_percentiles([each.terminal for each in one]),
            two_causes=_share([each.right for each in two]),
        )
    ]
    lines += [
        "## Stores that are explained otherwise",
        "",
        "Some of these faults break two clauses, for example if a store is also unsafe in",
        "threads. The others show what the kit still gets wrong.",
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

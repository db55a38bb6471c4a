"""``make torture``: every case at full length, and the table of the documentation.

python -m torture [--short] [--seed TEXT] [--jobs N] [--write] [CASE ...]
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from torture import report
from torture.case import Case
from torture.cases import CASES
from torture.running import as_line, run_alone, run_here

PAGE = Path(__file__).parents[2] / "docs" / "durability.md"


def main() -> int:
    """Run the cases one after the other; 1 if one of them found a problem."""
    options = _options()
    if options.one:
        name, store = options.one
        check = next(each.check for each in CASES if each.check.__name__ == name)
        only = Case("", store, check)
        print(as_line(run_here(only, full=options.full, seed=options.seed)))
        return 0
    chosen = [each for each in CASES if _is_chosen(each, options.cases)]
    if not chosen:
        sys.exit(f"no such case; there are {', '.join(each.id for each in CASES)}")
    print(f"{len(chosen)} cases, seed {options.seed}")
    rows: list[report.Row] = []
    run = partial(run_alone, full=not options.short, seed=options.seed)
    with ThreadPoolExecutor(options.jobs) as pool:
        for number, (each, outcome) in enumerate(
            zip(chosen, pool.map(run, chosen), strict=True), 1
        ):
            rows.append((each, outcome))
            print(f"{number:3}/{len(chosen)}  {report.line(each, outcome)}", flush=True)
            for problem in outcome.problems:
                print(f"         {problem}", flush=True)
    print(f"\n{report.table(rows)}")
    if options.write:
        report.write(PAGE, rows, CASES, options.seed)
    return int(any(outcome.problems for _, outcome in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only cases whose names begin so")
    parser.add_argument("--short", action="store_true", help="as in the tests, not at full length")
    parser.add_argument("--seed", default=str(int(time.time())), help="the random numbers")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time (2)")
    parser.add_argument("--write", action="store_true", help=f"write the table to {PAGE.name}")
    # How a case is run in a separate process.
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _is_chosen(each: Case, names: list[str]) -> bool:
    return not names or any(each.id.startswith(name) for name in names)


if __name__ == "__main__":
    sys.exit(main())

"""Certifies loggers, and writes docs/field.md: ``make field``."""

import argparse
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from field import notes, page, reports
from field.certifying import DOCS, certify
from field.notes import Notes


def main() -> int:
    """Certify the named loggers, or all that run here; then write the page of all reports.

    Returns:
        0 if every session wrote a report.
    """
    known = notes.every()
    runnable = [name for name, each in known.items() if not each.not_run]
    parser = argparse.ArgumentParser(prog="python -m field", description=__doc__)
    parser.add_argument("logger", nargs="*", help=f"of {', '.join(runnable)}; by default all")
    parser.add_argument("--page-only", action="store_true", help="write the page, certify nothing")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: cores)"
    )
    parser.add_argument(
        "--reports", type=Path, default=reports.REPORTS, help="where reports are kept"
    )
    parser.add_argument("--page", type=Path, default=DOCS / "field.md", help="what to write")
    options = parser.parse_args()
    unknown = sorted(set(options.logger) - set(runnable))
    if unknown:
        parser.error(f"unknown logger {', '.join(unknown)}; there are {', '.join(runnable)}")
    chosen = [] if options.page_only else options.logger or runnable
    problems = certify_all({name: known[name] for name in chosen}, options.reports, options.jobs)
    text = page.rendered(known, reports.read_all(options.reports))
    options.page.write_text(text, encoding="utf-8")
    print(options.page)
    for name, problem in problems.items():
        print(
            f"\n{name} was not certified; its report, if it has one, is an earlier one. {problem}"
        )
    return int(bool(problems))


def certify_all(loggers: Mapping[str, Notes], kept: Path, jobs: int) -> Mapping[str, str]:
    """Certify all loggers, even if some fail; give what went wrong, by logger."""
    problems: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        sessions = {pool.submit(certify, name, each, kept): name for name, each in loggers.items()}
        try:
            for number, session in enumerate(as_completed(sessions), 1):
                name, problem = sessions[session], session.exception()
                if problem:
                    problems[name] = f"{type(problem).__name__}: {problem}"
                said = "not certified" if problem else "done"
                print(f"{name}: {said} ({number} of {len(sessions)})", flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return problems


if __name__ == "__main__":
    sys.exit(main())

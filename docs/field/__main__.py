"""Certifies loggers, and writes docs/field.md: ``make field``."""

import argparse
from pathlib import Path

from field import notes, page, reports
from field.certifying import DOCS, certify


def main() -> None:
    """Certify the named loggers, or all that run here; then write the page of all reports."""
    known = notes.every()
    runnable = [name for name, each in known.items() if not each.not_run]
    parser = argparse.ArgumentParser(prog="python -m field", description=__doc__)
    parser.add_argument("logger", nargs="*", help=f"of {', '.join(runnable)}; by default all")
    parser.add_argument("--page-only", action="store_true", help="write the page, certify nothing")
    parser.add_argument(
        "--reports", type=Path, default=reports.REPORTS, help="where reports are kept"
    )
    parser.add_argument("--page", type=Path, default=DOCS / "field.md", help="what to write")
    options = parser.parse_args()
    unknown = sorted(set(options.logger) - set(runnable))
    if unknown:
        parser.error(f"unknown logger {', '.join(unknown)}; there are {', '.join(runnable)}")
    chosen = [] if options.page_only else options.logger or runnable
    for number, name in enumerate(chosen, 1):
        print(f"{name} ({number} of {len(chosen)})", flush=True)
        certify(name, known[name], options.reports)
    text = page.rendered(known, reports.read_all(options.reports))
    options.page.write_text(text, encoding="utf-8")
    print(options.page)


if __name__ == "__main__":
    main()

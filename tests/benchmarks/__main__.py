"""``python -m benchmarks``: measure, print the tables, and put them into the document."""

import argparse
import sys
from pathlib import Path

from benchmarks.bench import EFFORTS, Bench
from benchmarks.document import put_into, rendered
from benchmarks.runs import SECTIONS, loaded
from benchmarks.subjects import chosen

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the sections asked for, all by default; the results of the others stay as they are."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    names = [section.name for section in SECTIONS]
    parser.add_argument("--effort", choices=EFFORTS, default="full", help="how much to measure")
    parser.add_argument("--section", choices=names, nargs="*", help="what to measure (all)")
    parser.add_argument("--subject", nargs="*", default=[], help="parts of names of subjects (all)")
    parser.add_argument("--results", type=Path, default=Path("build/benchmarks"), help="where kept")
    parser.add_argument("--document", type=Path, help="Markdown file to put the tables into")
    parser.add_argument("--picture", type=Path, help="SVG file to draw the summary into")
    parser.add_argument("--render", action="store_true", help="measure nothing, only make tables")
    options = parser.parse_args(arguments)

    # What is measured of a few subjects does not take the place of what was measured of all.
    kept = options.effort + ("-of-some" if options.subject else "")
    directory: Path = options.results / kept
    bench = Bench(EFFORTS[options.effort], chosen(options.subject))
    if not options.render:
        for section in SECTIONS:
            if not options.section or section.name in options.section:
                section.run(bench, directory)
    runs = loaded(directory)
    text = rendered(runs)
    print(f"\n{text}")
    if options.document:
        put_into(options.document, text)
    if options.picture:
        from benchmarks.picture import draw

        draw(runs, options.picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a step costs in each store, with more and more processes; ``make scaling`` runs it.

The table goes to the terminal, and with ``--into docs/scaling.md`` into that page as well.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from destinations import DESTINATIONS, Destination
from table import Cell, put_into, rendered
from writers import Written, write


@dataclass(frozen=True)
class Effort:
    """How long to look."""

    writers: tuple[int, ...]
    seconds: float


NORMAL = Effort(writers=(1, 4, 16), seconds=4.0)
QUICK = Effort(writers=(1, 4), seconds=0.5)


def measure(destination: Destination, effort: Effort) -> Iterator[Cell]:
    """Let more and more processes log to one store."""
    with (
        tempfile.TemporaryDirectory(prefix="evsys-scaling-") as directory,
        destination.opened(Path(directory)) as params_of,
    ):
        for writers in effort.writers:
            print(f"{destination.title}, {writers}", file=sys.stderr, flush=True)
            params = [params_of(f"of {writers}", rank) for rank in range(writers)]
            written = write(destination.kind, params, effort.seconds)
            yield judged(destination, written, destination.steps(params))


def judged(destination: Destination, written: Written, found: list[list[int]]) -> Cell:
    """Compare the calls that had returned with the log."""
    lost = 0
    for returned, steps in zip(written.returned, found, strict=True):
        lost += len(set(range(returned)) - set(steps))
        assert len(steps) == len(set(steps)), f"{destination.title} has recorded a call twice"
    return Cell(
        title=destination.title,
        writers=len(found),
        rows_per_second=len(written.latencies) / written.seconds,
        p50=written.latencies[len(written.latencies) // 2],
        p99=written.latencies[len(written.latencies) * 99 // 100],
        rows=sum(written.returned),
        lost=lost,
    )


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, for a look")
    parser.add_argument("--only", metavar="WORD", help="only where the title has this word")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="the page that has the table")
    options = parser.parse_args()
    effort = QUICK if options.quick else NORMAL
    cells: list[Cell] = []
    for destination in DESTINATIONS:
        if options.only and options.only not in destination.title:
            continue
        cells += measure(destination, effort)
    text = rendered(cells, effort.seconds, os.cpu_count() or 1)
    print(text)
    if options.into:
        put_into(options.into, text)


if __name__ == "__main__":
    main()

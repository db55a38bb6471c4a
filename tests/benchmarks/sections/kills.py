"""What a killed process leaves: SIGKILL right after a call, and how many of its rows are read."""

import os
import signal
from pathlib import Path

from pydantic import BaseModel

from benchmarks import own
from benchmarks.bench import Bench
from benchmarks.markdown import NOTHING, table
from benchmarks.measure import Measure
from benchmarks.processes import ChildError, fresh_directory, run, run_until_killed
from benchmarks.subject import Subject
from benchmarks.subjects import SUBJECTS, named, why_missing
from benchmarks.timing import rows_of

__all__ = ["Results", "measure", "measures", "tables"]

_SIZE = 5
_TIMEOUT = 120


class Results(BaseModel):
    """Rows found, by subject and by how many calls had returned."""

    rows: dict[str, dict[int, int]]
    missing: dict[str, str]


def measure(bench: Bench) -> Results:
    """Kill each subject after this many calls."""
    results = Results(rows={}, missing={})
    for subject in bench.subjects:
        reason = why_missing(subject)
        if reason is None:
            bench.say(f"kills: {subject.name}")
            try:
                results.rows[subject.name] = {
                    calls: _rows_left(subject, calls) for calls in bench.effort.killed_rows
                }
                continue
            except ChildError as error:
                reason = str(error)
                bench.say(f"  {error}")
        results.missing[subject.name] = reason
    return results


def _rows_left(subject: Subject, calls: int) -> int:
    with fresh_directory() as directory:
        settling = subject.settling_seconds
        run_until_killed(_TIMEOUT, settling, log_and_die, subject.name, str(directory), calls)
        return run(_TIMEOUT, count_rows, subject.name, str(directory))


def log_and_die(name: str, directory: str, calls: int) -> None:
    """In a separate process: this many calls, and then SIGKILL."""
    log = named(name).open(Path(directory)).log
    rows = rows_of(_SIZE)
    for step in range(calls):
        log(rows[step % len(rows)], step)
    os.kill(os.getpid(), signal.SIGKILL)


def count_rows(name: str, directory: str) -> int:
    """In a separate process: the number of rows with all their values."""
    return sum(len(row) == _SIZE for row in named(name).read(Path(directory)))


def measures(results: Results) -> list[Measure]:
    """The stores that promise it lose nothing."""
    names = [subject.name for subject in own.DURABLE]
    lost = [calls - left for name in names for calls, left in results.rows.get(name, {}).items()]
    return (
        [Measure("rows lost by a SIGKILL: jsonl, tensorboard, multiplex", 0, sum(lost), "")]
        if lost
        else []
    )


def tables(results: Results) -> dict[str, str]:
    """Rows that are left, of those that were logged."""
    calls = sorted({calls for rows in results.rows.values() for calls in rows})
    names = [s.name for s in SUBJECTS if s.name in {*results.rows, *results.missing}]
    rows = [
        [name, *(str(results.rows.get(name, {}).get(count, NOTHING)) for count in calls)]
        for name in names
    ]
    return {"Rows that survive SIGKILL": table(["", *(f"of {count:,}" for count in calls)], rows)}

"""What an import costs: the time of the statement, in fresh processes."""

import statistics
import subprocess
import sys

from pydantic import BaseModel

from benchmarks.bench import Bench
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.subjects import SUBJECTS, why_missing

__all__ = ["Results", "measure", "measures", "tables"]

OURS = "from evsys_sdk import open_log_store"
LEAST = """\
from pydantic import BaseModel
class Model(BaseModel): field: int
import yaml"""
"""What the import of this project can't do without: pydantic itself loads late, when it is used."""

_TIMEOUT = 60
_ROUNDS_OF_PEERS = 3
_TIMED = """\
import time
start = time.perf_counter()
{code}
print((time.perf_counter() - start) * 1000)"""


class Results(BaseModel):
    """Milliseconds of each round."""

    ours: list[float]
    least: list[float]
    modules: dict[str, list[float]]
    """By subject: the import of what its users import."""
    missing: dict[str, str]

    def median(self, subject: str) -> float | None:
        """Milliseconds of a subject's import; None if it was not measured."""
        return statistics.median(self.modules[subject]) if subject in self.modules else None


def measure(bench: Bench) -> Results:
    """Run the imports in turn."""
    results = Results(ours=[], least=[], modules={}, missing={})
    bench.say("imports: this project beside what it can't do without")
    for number in range(bench.effort.import_rounds + 1):
        ours, least = _milliseconds(OURS), _milliseconds(LEAST)
        if number:  # the first one fills caches
            results.ours.append(ours)
            results.least.append(least)
    for subject in bench.subjects:
        if subject.module and (reason := why_missing(subject)):
            results.missing[subject.name] = reason
    importing = [s for s in bench.subjects if s.module and s.name not in results.missing]
    for number in range(min(_ROUNDS_OF_PEERS, bench.effort.import_rounds) + 1):
        for subject in importing:
            bench.say(f"imports, round {number}: {subject.module}")
            try:
                milliseconds = _milliseconds(f"import {subject.module}")
            except subprocess.TimeoutExpired:
                results.missing[subject.name] = f"still importing after {_TIMEOUT} s"
                continue
            except subprocess.CalledProcessError as error:
                words = str(error.stderr).strip().splitlines()
                results.missing[subject.name] = words[-1][:200] if words else str(error)
                continue
            if number:
                results.modules.setdefault(subject.name, []).append(milliseconds)
    return results


def _milliseconds(code: str) -> float:
    command = [sys.executable, "-W", "ignore", "-c", _TIMED.format(code=code)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT)
    return float(done.stdout.split()[-1])


def measures(results: Results) -> list[Measure]:
    """What the import may cost."""
    ratio = statistics.median(results.ours) / statistics.median(results.least)
    return [Measure("import, against what it can't do without", 1.15, ratio)]


def tables(results: Results) -> dict[str, str]:
    """Milliseconds."""
    rows = [
        [f"`{OURS}`", figure(statistics.median(results.ours))],
        ["BaseModel, a model class, yaml", figure(statistics.median(results.least))],
    ]
    for subject in SUBJECTS:
        if milliseconds := results.median(subject.name):
            rows.append([f"`import {subject.module}`", figure(milliseconds)])
    return {"Import": table(["", "ms"], rows)}

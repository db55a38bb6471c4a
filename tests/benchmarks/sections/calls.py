"""What a call costs: every subject in a tight loop at every size, and paced at one of them."""

import gc
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from benchmarks import floors, own
from benchmarks.bench import Bench, Effort
from benchmarks.markdown import TIMES, figure, table
from benchmarks.measure import Measure
from benchmarks.peers.torch_tensorboard import ADD_SCALAR, ADD_SUMMARY
from benchmarks.processes import ChildError, cpu_seconds, fresh_directory, run
from benchmarks.subject import SIZES, Subject
from benchmarks.subjects import SUBJECTS, named, version_of, why_missing
from benchmarks.timing import quantile, rows_of, timed

__all__ = ["Figures", "Results", "measure", "measures", "tables"]

_PACED_SIZE = 20
_WARM_UP = 20
_LEAST_CALLS = 30
_TIMEOUT = 180


class Figures(BaseModel):
    """One loop of calls. Times are in µs per call."""

    subject: str
    size: int
    paced: bool
    calls: int
    p50: float
    p99: float
    mean: float
    """With its share of ``close()``: what a loop of calls takes until everything is written."""
    cpu: float
    """Of all threads and processes, to the end of ``close()``."""
    bytes: float


class Results(BaseModel):
    """The figures of all rounds."""

    figures: list[Figures]
    missing: dict[str, str]
    """Why a subject has no figures, or not those of all rounds."""
    versions: dict[str, str]

    def median(
        self, subject: Subject, size: int, name: str, *, paced: bool = False
    ) -> float | None:
        """The median of a figure over the rounds."""
        values = [
            float(getattr(each, name))
            for each in self.figures
            if (each.subject, each.size, each.paced) == (subject.name, size, paced)
        ]
        return statistics.median(values) if values else None


def measure(bench: Bench) -> Results:
    """Measure each subject once per round, in an order that changes from round to round."""
    results = Results(figures=[], missing={}, versions={})
    for subject in bench.subjects:
        results.versions[subject.name] = version_of(subject)
        if reason := why_missing(subject):
            results.missing[subject.name] = reason
    order = [subject for subject in bench.subjects if subject.name not in results.missing]
    for number in range(bench.effort.rounds):
        for subject in order if number % 2 == 0 else reversed(order):
            if subject.name in results.missing:
                continue
            bench.say(f"calls, round {number + 1} of {bench.effort.rounds}: {subject.name}")
            try:
                results.figures += run(_TIMEOUT, measure_subject, subject.name, bench.effort)
            except ChildError as error:
                results.missing[subject.name] = str(error)
                bench.say(f"  {error}")
    return results


def measure_subject(name: str, effort: Effort) -> list[Figures]:
    """In a separate process: the loops of one subject."""
    subject = named(name)
    loops = [(size, False) for size in SIZES] + [(_PACED_SIZE, True)]
    figures: list[Figures] = []
    for size, paced in loops:
        with fresh_directory() as directory:
            figures.append(_loop(subject, size, directory, effort, paced=paced))
    return figures


def _loop(subject: Subject, size: int, directory: Path, effort: Effort, *, paced: bool) -> Figures:
    opened = subject.open(directory)
    rows = rows_of(size)
    warm_up = timed(opened.log, rows, range(_WARM_UP))
    calls = effort.paced_calls
    if not paced:
        typical = statistics.mean(warm_up[_WARM_UP // 2 :])
        calls = int(max(_LEAST_CALLS, effort.seconds * 1e6 / typical))
    calls = min(calls, subject.most_calls[size])
    size_before = _size_of(directory)
    gc.collect()
    cpu, start = cpu_seconds(), time.perf_counter()
    times = timed(opened.log, rows, range(_WARM_UP, _WARM_UP + calls), paced=paced)
    opened.close()
    wall, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    return Figures(
        subject=subject.name,
        size=size,
        paced=paced,
        calls=calls,
        p50=quantile(times, 0.5),
        p99=quantile(times, 0.99),
        mean=wall / calls * 1e6,
        cpu=cpu / calls * 1e6,
        bytes=(_size_of(directory) - size_before) / calls,
    )


def _size_of(directory: Path) -> int:
    return sum(path.lstat().st_size for path in directory.rglob("*") if path.is_file())


def measures(results: Results) -> list[Measure]:
    """What a call may cost beside the peers."""
    measures: list[Measure] = []
    for size in SIZES[1:]:
        peers = _means_of_peers(results, size)
        mean = results.median(own.JSONL, size, "mean")
        if mean is not None and peers:
            best = min(peers, key=peers.__getitem__)
            what = f"jsonl, {size} values: mean incl. close, against the best peer ({best})"
            measures.append(Measure(what, 1, mean / peers[best]))
    for peer, target in ((ADD_SUMMARY, 0.06), (ADD_SCALAR, 0.01)):
        cpu, other = (results.median(each, 20, "cpu") for each in (own.TENSORBOARD, peer))
        if cpu is not None and other is not None:
            what = f"tensorboard, 20 values: CPU against {peer.name}"
            measures.append(Measure(what, target, cpu / other))
    return measures


def _means_of_peers(results: Results, size: int) -> Mapping[str, float]:
    means = {
        subject.name: results.median(subject, size, "mean")
        for subject in SUBJECTS
        if subject.group == "peer"
    }
    return {name: mean for name, mean in means.items() if mean is not None}


def tables(results: Results) -> dict[str, str]:
    """The figures by size, and the paced ones."""
    titles = {
        "p50": "µs per call, p50",
        "p99": "µs per call, p99",
        "mean": "µs per call, mean including close",
        "cpu": "CPU µs per call, all threads and processes",
        "bytes": "Bytes per call",
    }
    by_size = {title: _by_size(results, name) for name, title in titles.items()}
    return by_size | {f"Paced, {_PACED_SIZE} values: µs per call": _paced(results)}


def _by_size(results: Results, name: str) -> str:
    rows = [
        [
            subject.name,
            *(figure(results.median(subject, size, name)) for size in SIZES),
            *(_against_floor(results, subject, size, name) for size in SIZES),
        ]
        for subject in _measured(results)
    ]
    heads = ["values", *map(str, SIZES), *(f"{TIMES} floor at {size}" for size in SIZES)]
    return table(heads, rows)


def _paced(results: Results) -> str:
    names = ("p50", "p99")
    rows = [
        [
            subject.name,
            *(figure(results.median(subject, _PACED_SIZE, name, paced=True)) for name in names),
            _against_floor(results, subject, _PACED_SIZE, "p50", paced=True),
        ]
        for subject in _measured(results)
    ]
    return table(["", "p50", "p99", f"p50 {TIMES} floor"], rows)


def _measured(results: Results) -> list[Subject]:
    names = {each.subject for each in results.figures}
    return [subject for subject in SUBJECTS if subject.name in names]


def _against_floor(
    results: Results, subject: Subject, size: int, name: str, *, paced: bool = False
) -> str:
    value = results.median(subject, size, name, paced=paced)
    floor = results.median(floors.ORJSON, size, name, paced=paced)
    return figure(value / floor if value is not None and floor else None)

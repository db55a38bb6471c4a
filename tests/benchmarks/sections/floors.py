"""The stores beside their floors: calls in turn in one process, so that noise strikes both."""

import statistics
from pathlib import Path

from pydantic import BaseModel

from benchmarks import floors, own
from benchmarks.bench import Bench, Effort
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.processes import fresh_directory, run
from benchmarks.subject import SIZES, Subject
from benchmarks.subjects import named, why_missing
from benchmarks.timing import ratio, rows_of, side_by_side

__all__ = ["Pair", "Results", "measure", "measures", "tables"]

_CALLS = {1: 500, 5: 500, 20: 300, 100: 100}
_PAIRS = ((own.JSONL, floors.ORJSON), (own.TENSORBOARD, floors.HAND_PACKED))
_TARGETS = {
    own.JSONL.name: {1: 2.3, 5: 2.3, 20: 2.5, 100: 2.5},
    own.TENSORBOARD.name: {20: 1.75},
}
_TIMEOUT = 120


class Pair(BaseModel):
    """A store and its floor in one process, in µs per call (p50)."""

    store: str
    floor: str
    size: int
    paced: bool
    store_p50: float
    floor_p50: float
    ratio: float


class Results(BaseModel):
    """The pairs of all rounds."""

    pairs: list[Pair]
    missing: dict[str, str]
    clock: float
    """µs that timing a call takes, contained in the other figures."""


def measure(bench: Bench) -> Results:
    """Measure each pair once per round."""
    results = Results(pairs=[], missing={}, clock=floors.clock_microseconds())
    for store, floor in _PAIRS:
        reason = why_missing(store) or why_missing(floor)
        if store not in bench.subjects:
            continue
        if reason:
            results.missing[store.name] = f"{floor.name} {reason}"
            continue
        for number in range(bench.effort.rounds):
            bench.say(f"floors, round {number + 1} of {bench.effort.rounds}: {store.name}")
            results.pairs += run(_TIMEOUT, measure_pair, store.name, floor.name, bench.effort)
    return results


def measure_pair(store_name: str, floor_name: str, effort: Effort) -> list[Pair]:
    """In a separate process: one store beside its floor, at all sizes."""
    store, floor = named(store_name), named(floor_name)
    return [
        _compare(store, floor, size, effort, paced=paced)
        for size in SIZES
        for paced in (False, True)
    ]


def _compare(store: Subject, floor: Subject, size: int, effort: Effort, *, paced: bool) -> Pair:
    with fresh_directory() as directory:
        opened = {each.name: each.open(_made(directory / each.group)) for each in (store, floor)}
        sides = side_by_side(
            {name: each.log for name, each in opened.items()},
            rows_of(size),
            blocks=max(1, effort.blocks // 5) if paced else effort.blocks,
            calls=min(_CALLS[size], effort.paced_calls // 3 + 1) if paced else _CALLS[size],
            paced=paced,
        )
        for each in opened.values():
            each.close()
    return Pair(
        store=store.name,
        floor=floor.name,
        size=size,
        paced=paced,
        store_p50=statistics.median(sides[store.name]),
        floor_p50=statistics.median(sides[floor.name]),
        ratio=ratio(sides, store.name, floor.name),
    )


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


def measures(results: Results) -> list[Measure]:
    """What a call may cost beside its floor, in a tight loop."""
    return [
        Measure(
            f"{store.removeprefix('evsys ')}, {size} value{'s' if size > 1 else ''}: p50 against "
            f"its floor",
            target,
            statistics.median(ratios),
        )
        for store, targets in _TARGETS.items()
        for size, target in targets.items()
        if (
            ratios := [
                p.ratio for p in results.pairs if (p.store, p.size, p.paced) == (store, size, False)
            ]
        )
    ]


def tables(results: Results) -> dict[str, str]:
    """Both p50 and their ratio."""
    rows: list[list[str]] = []
    for store, floor in _PAIRS:
        for paced in (False, True):
            for size in SIZES:
                pairs = [
                    p
                    for p in results.pairs
                    if (p.store, p.size, p.paced) == (store.name, size, paced)
                ]
                if pairs:
                    both = [
                        statistics.median(p.store_p50 for p in pairs),
                        statistics.median(p.floor_p50 for p in pairs),
                        statistics.median(p.ratio for p in pairs),
                    ]
                    loop = "paced" if paced else "tight"
                    rows.append([store.name, floor.name, loop, str(size), *map(figure, both)])
    heads = ["store", "floor", "loop", "values", "store, µs", "floor, µs", "ratio"]
    return {"Stores beside their floors": table(heads, rows, texts=3)}

"""What multiplex costs: it beside a loop over the same stores, block by block."""

import statistics
from pathlib import Path

from pydantic import BaseModel

from benchmarks import own
from benchmarks.bench import Bench, Effort
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.processes import fresh_directory, run
from benchmarks.timing import rows_of, side_by_side
from evsys_sdk.log_stores.multiplex import MultiplexLogStore

__all__ = ["Added", "Results", "measure", "measures", "tables"]

_SIZES = (1, 5, 20)
_CHILDREN = (1, 2, 4)
_CALLS = 200
_TARGET = 0.6
_TIMEOUT = 120


class Added(BaseModel):
    """What a call costs by multiplex and by a loop over as many jsonl stores, in µs (p50)."""

    size: int
    children: int
    multiplex: float
    loop: float
    per_child: float
    """The median, over the blocks, of the difference per child."""


class Results(BaseModel):
    """All rounds."""

    added: list[Added]


def measure(bench: Bench) -> Results:
    """Measure once per round."""
    results = Results(added=[])
    for number in range(bench.effort.rounds):
        bench.say(f"multiplex, round {number + 1} of {bench.effort.rounds}")
        results.added += run(_TIMEOUT, measure_all, bench.effort)
    return results


def measure_all(effort: Effort) -> list[Added]:
    """In a separate process."""
    added: list[Added] = []
    for size in _SIZES:
        for children in _CHILDREN:
            with fresh_directory() as directory:
                added.append(_compare(directory, size, children, effort))
    return added


def _compare(directory: Path, size: int, children: int, effort: Effort) -> Added:
    params = [{"log_dir": str(directory / f"child-{index}")} for index in range(children)]
    multiplex = MultiplexLogStore(children=[{"kind": "jsonl", "params": each} for each in params])
    stores = [own.jsonl(directory / f"alone-{index}") for index in range(children)]
    calls = [store.log_metrics for store in stores]

    def loop(metrics: dict[str, float], step: int) -> None:
        for call in calls:
            call(metrics, step)

    sides = side_by_side(
        {"multiplex": multiplex.log_metrics, "loop": loop},
        rows_of(size),
        blocks=effort.blocks,
        calls=_CALLS,
    )
    for store in (multiplex, *stores):
        store.close()
    pairs = zip(sides["multiplex"], sides["loop"], strict=True)
    return Added(
        size=size,
        children=children,
        multiplex=statistics.median(sides["multiplex"]),
        loop=statistics.median(sides["loop"]),
        per_child=statistics.median((whole - alone) / children for whole, alone in pairs),
    )


def measures(results: Results) -> list[Measure]:
    """What multiplex may add, by the number of children."""
    return [
        Measure(
            f"multiplex of {children}, 5 values: µs per child and call above the children",
            _TARGET,
            statistics.median(_of(results, 5, children, "per_child")),
            "µs",
        )
        for children in _CHILDREN
    ]


def _of(results: Results, size: int, children: int, name: str) -> list[float]:
    return [
        float(getattr(each, name))
        for each in results.added
        if (each.size, each.children) == (size, children)
    ]


def tables(results: Results) -> dict[str, str]:
    """Both p50, and what is added per child."""
    names = ("multiplex", "loop", "per_child")
    rows = [
        [
            str(size),
            str(children),
            *(figure(statistics.median(_of(results, size, children, name))) for name in names),
        ]
        for size in _SIZES
        for children in _CHILDREN
    ]
    heads = [
        "values",
        "children",
        "multiplex, µs",
        "the children in a loop, µs",
        "added per child, µs",
    ]
    return {"Multiplex beside its children": table(heads, rows, texts=0)}

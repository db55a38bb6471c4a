"""What an artifact pointer costs in a short list and in a long one, and what rewriting costs."""

import json
import statistics
import time
from pathlib import Path

from pydantic import BaseModel

from benchmarks import own
from benchmarks.bench import Bench, Effort
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.processes import fresh_directory, run
from evsys_sdk import LogStore

__all__ = ["Block", "Results", "measure", "measures", "tables"]

_FEW = 10
_CALLS = 20
_TARGET = 1.2
_TIMEOUT = 120


class Block(BaseModel):
    """µs per call (p50) of a few calls each, in turn."""

    few: float
    """Around the 10th pointer."""
    many: float
    """Around the pointer whose number the results name."""


class Results(BaseModel):
    """The blocks of all rounds."""

    many: int
    store: list[Block]
    rewriting: list[Block]
    """What rewriting the whole list with ``json.dump`` costs."""


def measure(bench: Bench) -> Results:
    """Measure once per round."""
    results = Results(many=bench.effort.pointers, store=[], rewriting=[])
    for number in range(bench.effort.rounds):
        bench.say(f"artifacts, round {number + 1} of {bench.effort.rounds}")
        with fresh_directory() as directory:
            results.store += run(_TIMEOUT, measure_store, directory, bench.effort)
            results.rewriting += run(_TIMEOUT, measure_rewriting, directory, bench.effort)
    return results


def measure_store(directory: Path, effort: Effort) -> list[Block]:
    """In a separate process: a long list, and short ones again and again."""
    with_many = own.jsonl(directory / "many")
    blocks = effort.blocks
    _log(with_many, effort.pointers - blocks * _CALLS // 2)
    results: list[Block] = []
    for block in range(blocks):
        with_few = own.jsonl(directory / f"few-{block}")
        few: list[float] = []
        many: list[float] = []
        for number in range(_CALLS):  # half of them before the 10th pointer, half after it
            few += _log(with_few, 1, number)
            many += _log(with_many, 1, number)
        with_few.close()
        results.append(Block(few=statistics.median(few), many=statistics.median(many)))
    with_many.close()
    return results


def _log(store: LogStore, count: int, start: int = 0) -> list[float]:
    times: list[float] = []
    for number in range(start, start + count):
        name, path = f"checkpoint-{number:06d}", f"checkpoints/step_{number:06d}/model.safetensors"
        before = time.perf_counter_ns()
        store.log_artifact(name, path, kind="checkpoint")
        times.append((time.perf_counter_ns() - before) / 1000)
    return times


def measure_rewriting(directory: Path, effort: Effort) -> list[Block]:
    """In a separate process: the obvious way, which rewrites the list."""
    return [
        Block(few=_rewrite(directory, _FEW), many=_rewrite(directory, effort.pointers))
        for _ in range(max(1, effort.blocks // 10))
    ]


def _rewrite(directory: Path, count: int) -> float:
    entry = {
        "name": "checkpoint",
        "path": "checkpoints/model.safetensors",
        "kind": "file",
        "ts": 0.5,
    }
    start = time.perf_counter_ns()
    with (directory / "rewritten.json").open("w") as file:
        json.dump([entry] * count, file, indent=2)
    return (time.perf_counter_ns() - start) / 1000


def _ratio(blocks: list[Block]) -> float:
    return statistics.median(block.many / block.few for block in blocks)


def measures(results: Results) -> list[Measure]:
    """The list may be long."""
    what = f"artifact pointer no. {results.many:,}, against no. {_FEW}"
    return [Measure(what, _TARGET, _ratio(results.store))]


def tables(results: Results) -> dict[str, str]:
    """Both, and their ratio."""
    each = {"log_artifact": results.store, "rewriting the list with json.dump": results.rewriting}
    rows = [
        [
            name,
            figure(statistics.median(block.few for block in blocks)),
            figure(statistics.median(block.many for block in blocks)),
            figure(_ratio(blocks)),
        ]
        for name, blocks in each.items()
    ]
    heads = ["", f"no. {_FEW}, µs", f"no. {results.many:,}, µs", "ratio"]
    return {"Artifact pointers": table(heads, rows)}

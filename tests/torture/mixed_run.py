"""A run that uses every method of a store, and what must be found of it.

Call number n of run r is always the same, so that a count of the calls that returned says
everything about what they wrote.
"""

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from math import inf, nan
from pathlib import Path

from evsys_sdk import LogStore, RunLog
from torture.case import Trial
from torture.stores import rows_by_tools

__all__ = ["check_run", "check_tools", "found_runs", "log_call", "log_until_stopped"]

_LONG_KEY = "long" * 2500
"""Makes a row of several pages: a kill cuts a write where a page ends."""


def metrics_of(run: int, number: int) -> dict[str, float]:
    """The metrics of a call, all of which float32 holds."""
    metrics = {"run": float(run), "number": float(number)}
    if number % 13 == 5:
        metrics[_LONG_KEY] = 0.5
    if number % 17 == 2:
        metrics["odd"] = (nan, inf, -inf)[number % 3]
    return metrics


def kind_of(number: int) -> str:
    """Which method a call uses, named by what it writes."""
    if number % 7 == 3:
        return "artifacts"
    return "hyperparameters" if number % 97 == 11 else "rows"


def log_call(store: LogStore, run: int, number: int) -> None:
    """Make call ``number`` of run ``run``."""
    kind = kind_of(number)
    if kind == "rows":
        store.log_metrics(metrics_of(run, number), number)
    elif kind == "artifacts":
        store.log_artifact(f"run {run}", f"{number} {_LONG_KEY if number % 5 == 0 else ''}")
    else:
        store.log_hyperparams({f"{run}/{number}": number})


def log_until_stopped(store: LogStore, run: int, returned: Callable[[], None]) -> None:
    """Make call after call, and say after each that it returned."""
    for number in itertools.count():
        log_call(store, run, number)
        returned()


@dataclass
class Found:
    """The numbers of the calls of one run, in the order in which they are found."""

    rows: list[int] = field(default_factory=list[int])
    artifacts: list[int] = field(default_factory=list[int])
    hyperparameters: list[int] = field(default_factory=list[int])


def found_runs(trial: Trial, label: str, log: RunLog) -> dict[int, Found]:
    """What is found of each run, content checked."""
    runs: dict[int, Found] = {}
    for row in log.metrics:
        if "run" not in row.metrics:
            continue
        run = int(row.metrics["run"])
        right = repr(row.metrics) == repr(metrics_of(run, row.step))
        trial.expect(right, f"{label}: row {row.step} of run {run} is damaged: {row.metrics!r:.80}")
        runs.setdefault(run, Found()).rows.append(row.step)
    for pointer in log.artifacts:
        if pointer.name.startswith("run "):
            run, number = int(pointer.name.split()[1]), int(pointer.path.split()[0])
            runs.setdefault(run, Found()).artifacts.append(number)
    for key, value in log.hyperparams.items():
        run_text, _, number_text = key.partition("/")
        if number_text:
            trial.expect(int(number_text) == value, f"{label}: hyperparameter {key} is {value!r}")
            runs.setdefault(int(run_text), Found()).hyperparameters.append(value)
    return runs


def check_run(
    trial: Trial,
    label: str,
    runs: dict[int, Found],
    run: int,
    returned: Sequence[int],
    under_way: Collection[int] = (),
) -> None:
    """Compare what is found of a run with the numbers of the calls that returned.

    Of the calls that were ``under_way`` when the run ended, each may be there or not.
    """
    found = runs.get(run, Found())
    for kind in ("rows", "artifacts", "hyperparameters"):
        numbers: list[int] = getattr(found, kind)
        wrote = [number for number in returned if kind_of(number) == kind]
        certain = [number for number in numbers if number not in under_way]
        trial.count(kind, len(wrote), len(certain))
        # Hyperparameters have no order.
        ordered = sorted(certain) if kind == "hyperparameters" else certain
        if ordered != wrote or len(numbers) != len({*numbers}):
            lost, unexpected = {*wrote} - {*numbers}, {*certain} - {*wrote}
            trial.problems.append(
                f"{label}: {kind} of run {run}: {len(wrote)} calls returned, {len(numbers)} are "
                f"found; lost {sorted(lost)[:9]}, unexpected {sorted(unexpected)[:9]}"
            )


def check_tools(trial: Trial, place: Path) -> None:
    """Have every tool that is installed read the log, and compare."""
    for tool, rows, expected in rows_by_tools(trial.store, place):
        trial.expect(rows == expected, f"{tool} reads {len(rows)} points of {len(expected)}")
        trial.readers.add(tool)

"""Checks of long runs: faults that show at the 64th, the 1000th or the 5000th call only."""

import time
from collections.abc import Callable

from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.pace import SLOW_SECONDS_PER_CALL, share_of_a_long_run
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running.check import check

BUDGET_SECONDS = 25.0
"""What a volume check may spend on a slower store, at normal effort."""


def _budget(trial: Trial) -> float:
    return BUDGET_SECONDS * share_of_a_long_run(trial.bench)


def _log_many(trial: Trial, what: str, number: int, make: Callable[[int], Call]) -> list[Call]:
    """Log up to ``number`` calls with a fresh store; fewer where each costs too much."""
    store = trial.open()
    made: list[Call] = []
    start = time.perf_counter()
    budget = _budget(trial)
    for n in range(round(number * trial.bench.volume)):
        call = make(n)
        arguments, keywords = call.fresh()
        with trial.judged(f"call number {n + 1}, {call.code()}, a valid call,"):
            store.make(call.method, *arguments, **keywords)
        trial.note_call(call, store.name)
        made.append(call)
        spent = time.perf_counter() - start
        if spent > budget and spent / len(made) > SLOW_SECONDS_PER_CALL:
            break
    trial.bench.largest_volume[what] = len(made)
    store.close()
    return made


@check("MET-1")
def thousands_of_log_metrics_calls_are_kept(trial: Trial) -> None:
    """Each once, in order."""
    made = _log_many(
        trial,
        "log_metrics",
        5200,
        lambda n: calls.metrics({"loss": n, "acc": 0.5}, n),
    )
    trial.expect(made)


@check("MET-3")
def thousands_of_log_scalar_calls_are_kept(trial: Trial) -> None:
    """Each once, in order."""
    made = _log_many(trial, "log_scalar", 5200, lambda n: calls.scalar("loss", n, n))
    trial.expect(made)


@check("MET-1")
def a_long_run_of_all_kinds_is_kept(trial: Trial) -> None:
    """Metrics, scalars, hyperparameters and artifacts by turns."""
    made = _log_many(trial, "all methods", 700, _by_turns)
    trial.expect(made)


def _by_turns(n: int) -> Call:
    if n % 13 == 4:
        return calls.hyperparams({f"p{n}": n, "last": n})
    if n % 17 == 5:
        return calls.artifact(f"model {n}", f"{n}.pt")
    if n % 3 == 0:
        return calls.scalar("loss", n, n)
    return calls.metrics({"loss": n, "acc": 0.5}, n)


@check("HP-2")
def hundreds_of_hyperparameters_are_kept(trial: Trial) -> None:
    """Each under its own key, logged one by one."""
    made = _log_many(trial, "log_hyperparams", 270, lambda n: calls.hyperparams({f"p{n}": n}))
    trial.expect(made)


@check("ART-1")
def a_thousand_artifacts_are_kept(trial: Trial) -> None:
    """Each once, in order."""
    made = _log_many(
        trial, "log_artifact", 1100, lambda n: calls.artifact(f"model {n}", f"ckpt/{n}.pt")
    )
    trial.expect(made)


@check("CL-1")
def runs_of_every_length_are_complete(trial: Trial) -> None:
    """Lengths at and beside the sizes that buffers have."""
    sizes = {1, 2, 3, 5, 20, 25, 50, 99, 100, 101, 200, 500, 1000}
    for power in range(1, 9):
        sizes |= {2**power - 1, 2**power, 2**power + 1}
    sizes |= {512, 1024}
    start = time.perf_counter()
    for size in sorted(size for size in sizes if size <= 1024 * trial.bench.volume):
        run = Trial(trial.bench, trial.clause)
        made = [calls.metrics({"loss": n}, n) for n in range(size)]
        run.log_calls(made)
        run.expect(made)
        trial.unobserved = trial.unobserved or run.unobserved
        trial.bench.largest_volume["run length"] = size
        if time.perf_counter() - start > _budget(trial):
            break

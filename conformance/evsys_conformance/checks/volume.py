"""Checks of long runs: faults that show at the 64th, the 1000th or the 5000th call only."""

import time
from collections.abc import Callable

from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Program, logged
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check

BUDGET_SECONDS = 25.0
"""What a long run may spend on a slower store, at normal effort."""


def _long_run(subject: Subject, what: str, number: int, make: Callable[[int], Call]) -> Program:
    """Log ``number`` calls with a fresh store; fewer where each costs too much."""
    number = subject.affordable_within(BUDGET_SECONDS, number)
    subject.largest_volume[what] = number
    return logged(make(n) for n in range(number))


@check("MET-1")
def thousands_of_log_metrics_calls_are_kept(subject: Subject) -> Programs:
    """Each once, in order."""
    yield _long_run(
        subject,
        "log_metrics",
        5200,
        lambda n: calls.metrics({"loss": n, "acc": 0.5}, n),
    )


@check("MET-3")
def thousands_of_log_scalar_calls_are_kept(subject: Subject) -> Programs:
    """Each once, in order."""
    yield _long_run(subject, "log_scalar", 5200, lambda n: calls.scalar("loss", n, n))


@check("MET-1")
def a_long_run_of_all_kinds_is_kept(subject: Subject) -> Programs:
    """Metrics, scalars, hyperparameters and artifacts by turns."""
    yield _long_run(subject, "all methods", 700, _by_turns)


def _by_turns(n: int) -> Call:
    if n % 13 == 4:
        return calls.hyperparams({f"p{n}": n, "last": n})
    if n % 17 == 5:
        return calls.artifact(f"model {n}", f"{n}.pt")
    if n % 3 == 0:
        return calls.scalar("loss", n, n)
    return calls.metrics({"loss": n, "acc": 0.5}, n)


@check("HP-2")
def hundreds_of_hyperparameters_are_kept(subject: Subject) -> Programs:
    """Each under its own key, logged one by one."""
    yield _long_run(subject, "log_hyperparams", 270, lambda n: calls.hyperparams({f"p{n}": n}))


@check("ART-1")
def a_thousand_artifacts_are_kept(subject: Subject) -> Programs:
    """Each once, in order."""
    yield _long_run(
        subject, "log_artifact", 1100, lambda n: calls.artifact(f"model {n}", f"ckpt/{n}.pt")
    )


@check("CL-1")
def runs_of_every_length_are_complete(subject: Subject) -> Programs:
    """Lengths at and beside the sizes that buffers have."""
    sizes = {1, 2, 3, 5, 20, 25, 50, 99, 100, 101, 200, 500, 1000}
    for power in range(1, 9):
        sizes |= {2**power - 1, 2**power, 2**power + 1}
    sizes |= {512, 1024}
    start = time.perf_counter()
    for size in sorted(size for size in sizes if size <= 1024 * subject.volume):
        subject.largest_volume["run length"] = size
        yield logged(calls.metrics({"loss": n}, n) for n in range(size))
        if time.perf_counter() - start > BUDGET_SECONDS * subject.share_of_a_long_run:
            break

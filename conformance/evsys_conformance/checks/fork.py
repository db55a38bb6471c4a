"""Checks of CAP-FORK: forked children and the parent's store. Run in child processes throughout."""

import os
import re
from typing import Any

from evsys_conformance.processes.child import RAISED, RETURNED
from evsys_conformance.processes.parent import Child
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running.check import check

LEAVING = ("sys.exit", "os._exit")
HANG_SECONDS = 30
"""How long a forked child, or a thread of the parent, may take before it counts as hanging."""


def _made(number: int) -> list[Call]:
    made: list[Call] = [calls.hyperparams({"lr": 0.5})]
    made += [calls.metrics({"loss": n / 8}, n) for n in range(number)]
    return [*made, calls.artifact("model", "a.pt"), calls.hyperparams({"seed": 1})]


def _forks_as_python(leave: str, *in_the_child: str) -> list[str]:
    return [
        "import os, sys",
        "store = build_store(harness.store, params)",
        "for n in range(5):",
        '    store.log_metrics({"loss": n / 8}, n)',
        "    if os.fork() == 0:",
        *(f"        {line}" for line in in_the_child),
        f"        {leave}(0)",
        "    os.wait()",
        "store.close()",
    ]


@check("CAP-FORK")
def a_forked_child_that_exits_does_no_harm(trial: Trial) -> None:
    """Forked after each call of the parent; it leaves normally or by os._exit."""
    if _no_fork(trial):
        return
    for leave in LEAVING:
        run = Trial(trial.bench, trial.clause)
        run.note(*_forks_as_python(leave))
        made = _made(5)
        with _forking(run, "fork_between_calls", made, leave=leave) as child:
            child.wait_until_done()
        run.expect(made)
        trial.unobserved = trial.unobserved or run.unobserved


@check("CAP-FORK")
def a_write_in_a_forked_child_is_recorded_once_or_raises(trial: Trial) -> None:
    """Recorded at the same destination; the parent's own records stand."""
    if _no_fork(trial):
        return
    for leave in LEAVING:
        run = Trial(trial.bench, trial.clause)
        run.note(*_forks_as_python(leave, 'store.log_metrics({f"child {n}": n / 8}, n)'))
        made = _made(4)
        with _forking(run, "fork_between_calls", made, leave=leave, write=True) as child:
            child.wait_until_done()
            answers = re.findall(b"[.!]", child.reported)
        written = [
            calls.metrics({f"child {n}": n / 8}, n)
            for n, answer in enumerate(answers)
            if answer == RETURNED
        ]
        assert set(answers) <= {RETURNED, RAISED}
        # os._exit leaves no time for a buffer: only a store that claims `crash` must have written.
        must = leave != "os._exit" or "crash" in run.bench.claims
        run.expect([*made, *(written if must else [])], [] if must else written)
        trial.unobserved = trial.unobserved or run.unobserved


@check("CAP-FORK")
def a_fork_beside_a_writing_thread_does_not_hang(trial: Trial) -> None:
    """Forked while a thread of the parent may hold any lock; parent and child go on writing."""
    if _no_fork(trial):
        return
    trial.note("# meanwhile a thread of the parent writes without pause")
    trial.note(*_forks_as_python("os._exit", 'store.log_metrics({f"child {n}": n / 8}, n)'))
    made = _made(12)
    with _forking(trial, "fork_beside_a_writer", made, leave="os._exit", write=True) as child:
        child.wait_until_done()
        answers = re.findall(b"[.!]", child.reported)
        by_thread = int(re.findall(rb"T(\d+);", child.reported)[0])
    if "threads" not in trial.bench.claims:
        return
    written = [
        calls.metrics({f"child {n}": n / 8}, n)
        for n, answer in enumerate(answers)
        if answer == RETURNED
    ]
    thread = [calls.metrics({"thread": float(n % 1000)}, n) for n in range(by_thread)]
    must = "crash" in trial.bench.claims
    trial.expect([*made, *thread, *(written if must else [])], [] if must else written)


def _forking(trial: Trial, action: str, made: list[Call], **options: Any) -> Child:
    return Child(trial, action, made, seconds=HANG_SECONDS, **options)


def _no_fork(trial: Trial) -> bool:
    if hasattr(os, "fork"):
        return False
    trial.unobserved = True
    return True

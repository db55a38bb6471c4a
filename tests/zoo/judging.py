"""Lets the kit judge a store of the zoo, one clause at a time."""

import gc
import time
from collections.abc import Collection, Iterator

from evsys_conformance import StoreHarness
from evsys_conformance.checks import all_checks
from evsys_conformance.clauses import BY_ID
from evsys_conformance.diagnosis.cause import Cause, Failure
from evsys_conformance.diagnosis.causes import causes_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.reduction.experiments import Experiments
from evsys_conformance.running.check import Check
from evsys_conformance.running.runner import Outcome, run_check
from evsys_conformance.verdicts import Effort, Verdict

SEED = 20_260_101
"""Every run draws the same data: a fault that is found now and then proves nothing."""


def judged(
    harness: type[StoreHarness], clause: str, effort: Effort = Effort.NORMAL
) -> Iterator[Outcome]:
    """What came of each check of ``clause``, in order, as one goes on."""
    entered = harness()
    subject = Subject(entered, f"{harness.__module__}:{harness.__qualname__}")
    # The kit collects garbage often; what was there before, pytest and all, is none of the store's.
    gc.freeze()
    try:
        with entered:
            for check in checks_of(clause):
                yield run_check(check, subject, effort, SEED)
    finally:
        # Sockets and files that a faulty store left open warn here, not in a later test.
        gc.collect()
        gc.unfreeze()
        subject.discard()


def checks_of(clause: str) -> list[Check]:
    """The checks of a clause."""
    return [check for check in all_checks() if check.clause.id == clause]


def finding(outcome: Outcome) -> str:
    """What the kit found; without the words of the clause, which are the same for every fault."""
    clause = outcome.check.clause
    found = outcome.message
    for always in (clause.id, clause.title, clause.text, clause.look_at):
        found = found.replace(always, "")
    return found


def refusals(harness: type[StoreHarness], clause: str) -> list[str]:
    """Why the kit refuses a store under a clause; nothing if it does not."""
    fine = (Verdict.PASSED, Verdict.NOT_CLAIMED, Verdict.NOT_OBSERVED)
    return [
        f"{outcome.check.id}: {outcome.verdict.value}\n{outcome.message}"
        for outcome in judged(harness, clause, Effort.QUICK)
        if outcome.verdict not in fine
    ]


def causes_of_store(
    harness: type[StoreHarness],
    effort: Effort = Effort.QUICK,
    seconds: float = 20.0,
    clauses: Collection[str] = tuple(BY_ID),
) -> tuple[list[Failure], list[Cause]]:
    """The failed checks of a store, of these clauses, and what explains them."""
    entered = harness()
    subject = Subject(entered, f"{harness.__module__}:{harness.__qualname__}")
    failed: list[Failure] = []
    try:
        with entered:
            for check in all_checks():
                if check.clause.id not in clauses:
                    continue
                outcome = run_check(check, subject, effort, SEED)
                if outcome.verdict is Verdict.FAILED:
                    failed.append(Failure.of(outcome))
            until = time.perf_counter() + seconds
            return failed, causes_of(failed, Experiments(subject, until))
    finally:
        gc.collect()
        subject.discard()

"""Makes a certificate of the results of a run."""

import platform
import time
from collections.abc import Mapping, Sequence
from typing import Any

from evsys_conformance.certificate import levels
from evsys_conformance.certificate.model import (
    FORMAT,
    CauseRecord,
    Certificate,
    CheckRecord,
    ClauseRecord,
    KitRecord,
    StoreRecord,
)
from evsys_conformance.certificate.origins import KIT_DISTRIBUTION, distribution_of, kit_version
from evsys_conformance.checks import all_checks
from evsys_conformance.clauses import CLAUSES, Clause
from evsys_conformance.diagnosis.cause import Cause
from evsys_conformance.harness import StoreHarness
from evsys_conformance.verdicts import Effort, Verdict
from evsys_sdk.protocols import CONTRACT_VERSION


def store_record(
    target: str,
    harness: StoreHarness,
    results: Mapping[str, CheckRecord],
    trouble: Sequence[str] = (),
    causes: Sequence[CauseRecord] = (),
) -> StoreRecord:
    """What is known of one store.

    Args:
        target: How it was named.
        harness: Its harness, for the claims and the expected failures.
        results: By ``check.id``, of the checks that ran.
        trouble: What went wrong beside the clauses.
        causes: What explains the failed checks.
    """
    store: Any = harness.store
    distribution, version = distribution_of(store.__module__)
    name = getattr(store, "name", None)
    clauses = [_clause_record(clause, harness, results, causes) for clause in CLAUSES]
    return StoreRecord(
        target=encodable(target),
        module=encodable(store.__module__),
        qualname=encodable(store.__qualname__),
        kind=encodable(name) if isinstance(name, str) else "",
        distribution=distribution,
        version=version,
        capabilities=sorted(harness.capabilities),
        trouble=[encodable(each) for each in trouble],
        causes=list(causes),
        clauses=clauses,
        level=levels.level(clauses, trouble),
    )


def certificate(
    stores: list[StoreRecord],
    *,
    effort: Effort,
    seed: int | str | None,
    started: float,
    seconds: float,
) -> Certificate:
    """The certificate of a run that began at ``started``, in seconds since the epoch."""
    return Certificate(
        format=FORMAT,
        contract=CONTRACT_VERSION,
        kit=KitRecord(distribution=KIT_DISTRIBUTION, version=kit_version()),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=platform.platform(),
        started=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        seconds=round(seconds, 3),
        effort=effort,
        seed=seed,
        stores=stores,
        complete=all(levels.is_complete(store.clauses) for store in stores),
    ).sealed()


def cause_record(cause: Cause) -> CauseRecord:
    """A cause as the certificate shows it."""
    return CauseRecord(
        clause=cause.clause.id,
        title=cause.clause.title,
        summary=encodable(cause.what),
        checks=sorted(cause.checks),
        script=encodable(cause.script),
        essence=[encodable(line) for line in cause.essence],
        runs=cause.runs,
        complete=cause.complete,
    )


def encodable(text: object) -> str:
    """The string with surrogates written out, so that UTF-8 can encode it."""
    return str(text).encode("utf-8", "backslashreplace").decode()


def _clause_record(
    clause: Clause,
    harness: StoreHarness,
    results: Mapping[str, CheckRecord],
    causes: Sequence[CauseRecord],
) -> ClauseRecord:
    claimed = clause.capability is None or clause.capability in harness.capabilities
    checks = [
        results.get(check.id)
        or CheckRecord(
            name=check.name,
            verdict=Verdict.NOT_RUN if claimed else Verdict.NOT_CLAIMED,
            examples=0,
            seconds=0.0,
        )
        for check in all_checks()
        if check.clause.id == clause.id
    ]
    expected = encodable(harness.expected_failures.get(clause.id, ""))
    return ClauseRecord(
        id=clause.id,
        title=clause.title,
        level="must if claimed" if clause.capability else "must",
        verdict=levels.clause_verdict(clause.id, checks, expected, causes),
        expected=expected,
        checks=checks,
    )

"""Makes certificates of invented results, for the tests that read and show them."""

from collections.abc import Mapping
from typing import Any

from evsys_conformance import StoreHarness
from evsys_conformance.certificate.building import certificate, store_record
from evsys_conformance.certificate.model import CauseRecord, Certificate, CheckRecord
from evsys_conformance.checks import all_checks
from evsys_conformance.clauses import BY_ID
from evsys_conformance.verdicts import Effort, Verdict
from support.inner_stores import Harness


def harness(**attributes: Any) -> StoreHarness:
    """A harness of a correct store with other attributes."""
    made: StoreHarness = type("MadeHarness", (Harness,), attributes)()
    return made


def results(
    made: StoreHarness, verdicts: Mapping[str, str] | None = None, message: str = ""
) -> dict[str, CheckRecord]:
    """Results in which everything that is claimed passed, but for some ``verdicts`` by check id.

    A clause id stands for all its checks.
    """
    verdicts = verdicts or {}
    records: dict[str, CheckRecord] = {}
    for check in all_checks():
        capability = check.clause.capability
        claimed = capability is None or capability in made.capabilities
        verdict = Verdict(verdicts.get(check.id, verdicts.get(check.clause.id, "passed")))
        verdict = verdict if claimed else Verdict.NOT_CLAIMED
        records[check.id] = CheckRecord(
            name=check.name,
            verdict=verdict,
            examples=5 if verdict in {"passed", "failed"} else 0,
            seconds=0.25,
            volume={"log_metrics": 5200} if check.name.startswith("thousands") else {},
            message=message if verdict == "failed" else "",
        )
    return {key: record for key, record in records.items() if record.verdict != "not run"}


def certified(
    verdicts: Mapping[str, str] | None = None,
    *,
    target: str = "my_pkg:MyStore",
    trouble: tuple[str, ...] = (),
    message: str = "",
    causes: tuple[CauseRecord, ...] = (),
    **attributes: Any,
) -> Certificate:
    """A certificate of one store with these verdicts."""
    made = harness(**attributes)
    record = store_record(target, made, results(made, verdicts, message), trouble, causes)
    return certificate([record], effort=Effort.NORMAL, seed=77, started=0.0, seconds=12.5)


def cause(
    clause_id: str, *checks: str, summary: str = "1 of 64 points is missing", **more: Any
) -> CauseRecord:
    """A cause under a clause that explains these checks."""
    lines = ["for step in range(64):", '    store.log_metrics({"loss": 0.5}, step)']
    return CauseRecord(
        clause=clause_id,
        title=BY_ID[clause_id].title,
        summary=summary,
        checks=list(checks),
        script="\n".join(["with load_harness('my_pkg:MyStore') as harness:", *lines]),
        essence=lines,
        **more,
    )


def explained(verdicts: Mapping[str, str], *clause_ids: str, **more: Any) -> Certificate:
    """A certificate on which a cause of the first clause explains all that failed, and others none.

    The others each have a cause that explains what failed in their own clause.
    """
    failed = failed_checks(certified(verdicts))
    first, *others = clause_ids
    own = {each: [check for check in failed if check.startswith(f"{each}::")] for each in others}
    rest = [
        check for check in failed if check not in {c for checks in own.values() for c in checks}
    ]
    causes = [cause(first, *rest), *(cause(each, *own[each]) for each in others)]
    return certified(verdicts, causes=tuple(causes), **more)


def failed_checks(certificate: Certificate) -> list[str]:
    """The ids of all failed checks of the first store."""
    return [
        f"{clause.id}::{check.name}"
        for clause in certificate.stores[0].clauses
        for check in clause.checks
        if check.verdict is Verdict.FAILED
    ]


def beside(*certificates: Certificate) -> Certificate:
    """One certificate of the stores of several."""
    stores = [store for each in certificates for store in each.stores]
    return certificate(stores, effort=Effort.NORMAL, seed=None, started=0.0, seconds=1.0)

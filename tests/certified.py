"""Makes certificates of invented results, for the tests that read and show them."""

from typing import Any

from evsys_conformance import StoreHarness
from evsys_conformance.certificate.building import certificate, store_record
from evsys_conformance.certificate.model import Certificate, CheckRecord, Verdict
from evsys_conformance.running.check import all_checks
from inner_stores import Harness


def harness(**attributes: Any) -> StoreHarness:
    """A harness of a correct store with other attributes."""
    made: StoreHarness = type("MadeHarness", (Harness,), attributes)()
    return made


def results(
    made: StoreHarness, verdicts: dict[str, Verdict] | None = None, message: str = ""
) -> dict[str, CheckRecord]:
    """Results in which everything that is claimed passed, but for some ``verdicts`` by check id.

    A clause id stands for all its checks.
    """
    verdicts = verdicts or {}
    records: dict[str, CheckRecord] = {}
    for check in all_checks():
        capability = check.clause.capability
        claimed = capability is None or capability in made.capabilities
        verdict = verdicts.get(check.id, verdicts.get(check.clause.id, "passed"))
        verdict = verdict if claimed else "not claimed"
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
    verdicts: dict[str, Verdict] | None = None,
    *,
    target: str = "my_pkg:MyStore",
    trouble: tuple[str, ...] = (),
    message: str = "",
    **attributes: Any,
) -> Certificate:
    """A certificate of one store with these verdicts."""
    made = harness(**attributes)
    record = store_record(target, made, results(made, verdicts, message), trouble)
    return certificate([record], effort="normal", seed=77, started=0.0, seconds=12.5)


def beside(*certificates: Certificate) -> Certificate:
    """One certificate of the stores of several."""
    stores = [store for each in certificates for store in each.stores]
    return certificate(stores, effort="normal", seed=None, started=0.0, seconds=1.0)

"""From the verdicts of checks to the verdict of a clause, and from those to the level."""

from collections.abc import Collection, Iterable

from evsys_conformance.certificate.model import CauseRecord, CheckRecord, ClauseRecord, StoreRecord
from evsys_conformance.verdicts import Level, Verdict

_WORST_FIRST = (
    Verdict.KIT_ERROR,
    Verdict.FAILED,
    Verdict.NOT_RUN,
    Verdict.NOT_OBSERVED,
    Verdict.NOT_CLAIMED,
)


def worst(verdicts: Collection[Verdict]) -> Verdict:
    """The verdict that counts where there are several; passed if none of them says otherwise."""
    found = [each for each in _WORST_FIRST if each in verdicts]
    return found[0] if found else Verdict.PASSED


def clause_verdict(
    clause_id: str,
    checks: Iterable[CheckRecord],
    expected: str,
    causes: Iterable[CauseRecord] = (),
) -> Verdict:
    """The verdict of a clause.

    Args:
        clause_id: Which one.
        checks: Its checks: every one that the kit has, those that did not run included.
        expected: The reason why it is expected to fail; empty if it is not. Of a clause that is
            expected to fail one check must; the others may pass.
        causes: What explains the failed checks. A clause that a cause names is broken, even if its
            own checks passed; one whose checks failed only through causes of others is masked.
    """
    checks, causes = list(checks), list(causes)
    verdict = worst({check.verdict for check in checks})
    broken = any(cause.clause == clause_id for cause in causes)
    if broken and verdict in {Verdict.PASSED, Verdict.NOT_RUN, Verdict.NOT_OBSERVED}:
        verdict = Verdict.FAILED
    if expected and verdict is Verdict.FAILED:
        return Verdict.EXPECTED_FAILURE
    if expected and verdict is Verdict.PASSED:
        return Verdict.FAILED
    if verdict is Verdict.FAILED and not broken:
        failed = {f"{clause_id}::{c.name}" for c in checks if c.verdict is Verdict.FAILED}
        if failed <= {check for cause in causes for check in cause.checks}:
            return Verdict.MASKED
    return verdict


def level(clauses: Iterable[ClauseRecord], trouble: Collection[str] = ()) -> Level:
    """The level that a store reaches: what is known for certain comes first.

    A store that fails a clause is not certified, even if other clauses did not run; a store that
    fails none is certified only if all of them ran.
    """
    clauses = list(clauses)
    verdicts = {clause.verdict for clause in clauses}
    if trouble or verdicts & {Verdict.FAILED, Verdict.MASKED, Verdict.KIT_ERROR}:
        return "not certified"
    if not is_complete(clauses):
        return "incomplete"
    if Verdict.NOT_OBSERVED in verdicts:
        return "certified, unobserved"
    return "certified with exceptions" if Verdict.EXPECTED_FAILURE in verdicts else "certified"


def is_complete(clauses: Iterable[ClauseRecord]) -> bool:
    """Whether every check ran."""
    return not any(clause.not_run for clause in clauses)


def is_certified(store: StoreRecord) -> bool:
    """Whether the store may be called certified, openly excused exceptions included."""
    return store.level.startswith("certified")


def exceptions(store: StoreRecord) -> list[ClauseRecord]:
    """The clauses that fail, and are excused openly."""
    return [clause for clause in store.clauses if clause.verdict is Verdict.EXPECTED_FAILURE]

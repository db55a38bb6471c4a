"""Says why a store has its level, and what its causes explain: the same in each report."""

from evsys_conformance.certificate.levels import exceptions
from evsys_conformance.certificate.model import CauseRecord, ClauseRecord, StoreRecord
from evsys_conformance.verdicts import Verdict

_UNFINISHED = "Time ran out in the search: a shorter program may break another clause."


def explanation(store: StoreRecord) -> str:
    """Why the store has its level, in a sentence."""
    by_verdict: dict[str, list[str]] = {}
    for clause in store.clauses:
        word = "passed unexpectedly" if clause.passed_unexpectedly else clause.verdict.value
        by_verdict.setdefault(word, []).append(clause.id)
    partly = [clause.id for clause in store.clauses if clause.not_run]
    told = [
        f"{listed(by_verdict[word], 6)} {said}"
        for word, said in (
            ("failed", "failed"),
            ("passed unexpectedly", "was expected to fail, and passed"),
            ("kit error", "could not be judged (kit error)"),
        )
        if word in by_verdict
    ]
    masked = len(by_verdict.get("masked", []))
    if masked:
        told.append("1 clause is masked" if masked == 1 else f"{masked} clauses are masked")
    told += store.trouble
    if partly:
        few = len(partly) <= 6
        told.append(f"{listed(partly, 6) if few else f'{len(partly)} clauses'} did not run in full")
    if store.level == "certified, unobserved":
        told.append("its harness can't read back what was recorded")
    told += [f"{clause.id} fails as expected: {clause.expected}" for clause in exceptions(store)]
    return "; ".join(told)


def causes_explain(store: StoreRecord) -> str:
    """How many causes explain how many failed checks."""
    failed = sum(
        check.verdict is Verdict.FAILED
        for clause in store.clauses
        if not clause.expected
        for check in clause.checks
    )
    found = len({check for cause in store.causes for check in cause.checks})
    number = len(store.causes)
    causes = f"{number} cause{'s explain' if number > 1 else ' explains'}"
    if found < failed:
        return f"{causes} {found} of the {failed} checks that failed"
    return f"{causes} the {f'{failed} checks' if failed > 1 else 'check'} that failed"


def explained(cause: CauseRecord) -> str:
    """How many checks a cause explains, and of which clauses; empty if it explains none."""
    number = len(cause.checks)
    if not number:
        return ""
    clauses = list(dict.fromkeys(check.partition("::")[0] for check in cause.checks))
    own_first = sorted(clauses, key=lambda clause_id: clause_id != cause.clause)
    return f"Explains {number} check{'s' if number > 1 else ''} in {listed(own_first, 8)}."


def reliability(cause: CauseRecord) -> str:
    """How often its program fails, and whether it may not be the shortest; empty if all is well."""
    told = [
        f"It failed in {cause.runs} runs." if cause.runs else "",
        "" if cause.complete else _UNFINISHED,
    ]
    return " ".join(filter(None, told))


def pointers(clause: ClauseRecord, store: StoreRecord) -> str:
    """The causes that a failed clause is broken by, or that explain its failed checks."""
    if clause.verdict not in {Verdict.FAILED, Verdict.MASKED}:
        return ""
    failed = {f"{clause.id}::{c.name}" for c in clause.checks if c.verdict is Verdict.FAILED}
    causes = [
        f"{number}" if cause.clause == clause.id else f"{number} ({cause.clause})"
        for number, cause in enumerate(store.causes, 1)
        if cause.clause == clause.id or not failed.isdisjoint(cause.checks)
    ]
    if not causes:
        return ""
    left = len(failed.difference(*(cause.checks for cause in store.causes)))
    without = f"; no cause was found for {left}" if left else ""
    return f"{'cause' if len(causes) == 1 else 'causes'} {listed(causes, 6)}{without}"


def listed(ids: list[str], most: int) -> str:
    """Clause ids joined by commas and "and", the end of a long list as a number."""
    if len(ids) > most:
        return f"{', '.join(ids[: most - 1])} and {len(ids) - most + 1} more"
    return " and ".join(filter(None, [", ".join(ids[:-1]), ids[-1]]))

"""From the verdicts of checks to the verdict of a clause, and from those to the level."""

from collections.abc import Collection, Iterable

from evsys_conformance.certificate.model import ClauseRecord, Level, StoreRecord, Verdict

_WORST_FIRST: tuple[Verdict, ...] = (
    "kit error",
    "failed",
    "not run",
    "not observed",
    "not claimed",
)


def worst(verdicts: Collection[Verdict]) -> Verdict:
    """The verdict that counts where there are several; passed if none of them says otherwise."""
    found: list[Verdict] = [each for each in _WORST_FIRST if each in verdicts]
    return found[0] if found else "passed"


def clause_verdict(checks: Collection[Verdict], expected: str) -> Verdict:
    """The verdict of a clause.

    Args:
        checks: Verdicts of its checks: every one that the kit has, ``not run`` included.
        expected: The reason why it is expected to fail; empty if it is not. Of a clause that is
            expected to fail one check must; the others may pass.
    """
    verdict = worst(checks)
    if expected and verdict in {"failed", "passed"}:
        return "expected failure" if verdict == "failed" else "failed"
    return verdict


def level(clauses: Iterable[ClauseRecord], trouble: Collection[str] = ()) -> Level:
    """The level that a store reaches: what is known for certain comes first.

    A store that fails a clause is not certified, whatever did not run; one that fails none is
    certified only if everything ran.
    """
    clauses = list(clauses)
    verdicts = {clause.verdict for clause in clauses}
    if trouble or verdicts & {"failed", "kit error"}:
        return "not certified"
    if not is_complete(clauses):
        return "incomplete"
    if "not observed" in verdicts:
        return "certified, unobserved"
    return "certified with exceptions" if "expected failure" in verdicts else "certified"


def is_complete(clauses: Iterable[ClauseRecord]) -> bool:
    """Whether every check ran."""
    return not any(clause.not_run for clause in clauses)


def is_certified(store: StoreRecord) -> bool:
    """Whether the store may be called certified, openly excused exceptions included."""
    return store.level.startswith("certified")


def exceptions(store: StoreRecord) -> list[ClauseRecord]:
    """The clauses that fail, and are excused openly."""
    return [clause for clause in store.clauses if clause.verdict == "expected failure"]


def explanation(store: StoreRecord) -> str:
    """Why the store has its level, in a sentence."""
    by_verdict: dict[str, list[str]] = {}
    for clause in store.clauses:
        word = "passed unexpectedly" if clause.passed_unexpectedly else clause.verdict
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
    told += store.trouble
    if partly:
        few = len(partly) <= 6
        told.append(f"{listed(partly, 6) if few else f'{len(partly)} clauses'} did not run in full")
    if store.level == "certified, unobserved":
        told.append("its harness can't read back what was recorded")
    told += [f"{clause.id} fails as expected: {clause.expected}" for clause in exceptions(store)]
    return "; ".join(told)


def listed(ids: list[str], most: int) -> str:
    """Clause ids as a text, the end of a long list as a number."""
    if len(ids) > most:
        return f"{', '.join(ids[: most - 1])} and {len(ids) - most + 1} more"
    return " and ".join(filter(None, [", ".join(ids[:-1]), ids[-1]]))

"""What keeps a harness from being used, found before anything runs."""

from collections.abc import Collection, Iterable, Mapping
from typing import cast

from evsys_conformance.clauses import BY_ID, CAPABILITIES
from evsys_conformance.harness import StoreHarness
from evsys_conformance.targets.importing import TargetError
from evsys_conformance.targets.template import harness_to_copy
from evsys_sdk.text import nearest


def require_sound(name: str, harness: StoreHarness) -> None:
    """Refuse a harness that has no store, claims what does not exist, or excuses what can't fail.

    Everything that is wrong is listed.
    """
    store: object = getattr(harness, "store", None)
    if store is None:
        raise TargetError(f"{name} has no store: write `store = MyStore` in its body")
    if not isinstance(store, type):
        raise TargetError(f"{name}.store must be the store class itself, got {store!r:.80}")
    problems = _params_problems(harness)
    problems += _capability_problems(harness.capabilities)
    problems += _excuse_problems(harness.expected_failures, harness.capabilities)
    if problems:
        raise TargetError(f"{name} can't be used:" + "".join(f"\n  - {each}" for each in problems))


def _params_problems(harness: StoreHarness) -> list[str]:
    if getattr(harness.params, "__func__", None) is not StoreHarness.params:
        return []
    return [
        "params(directory) is missing. A harness to copy:\n\n"
        + harness_to_copy(harness.store, type(harness).__name__)
    ]


def _capability_problems(capabilities: object) -> list[str]:
    if isinstance(capabilities, str):
        remedy = f"write {{{capabilities!r}}}"
        return [f"capabilities must be a set, got the string {capabilities!r}: {remedy}"]
    if not isinstance(capabilities, Collection):
        return [f"capabilities must be a set of strings, got {capabilities!r:.80}"]
    claimed = cast("Collection[object]", capabilities)
    return [
        f"capabilities: unknown capability {each!r}{nearest(str(each), CAPABILITIES) or '.'} "
        f"Known: {', '.join(CAPABILITIES)}"
        for each in sorted(claimed, key=str)
        if each not in CAPABILITIES
    ]


def _excuse_problems(excuses: object, capabilities: Iterable[str]) -> list[str]:
    if not isinstance(excuses, Mapping):
        return [f'expected_failures must be like {{"CL-4": "the reason"}}, got {excuses!r:.80}']
    problems: list[str] = []
    for clause_id, reason in cast("Mapping[object, object]", excuses).items():
        clause = BY_ID.get(str(clause_id))
        if clause is None:
            hint = nearest(str(clause_id), BY_ID)
            problems.append(f"expected_failures: unknown clause {clause_id!r}{hint}")
        elif clause.capability and clause.capability not in capabilities:
            problems.append(
                f"expected_failures: {clause_id} can't fail, since {clause.capability!r} is not "
                f"claimed: leave it out"
            )
        if not isinstance(reason, str) or not reason.strip():
            problems.append(
                f"expected_failures[{clause_id!r}] must be the reason, which the certificate "
                f"shows, got {reason!r:.80}"
            )
    return problems

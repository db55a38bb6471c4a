"""Compares a certificate with the kit's manifest, for ``evsys verify``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evsys_conformance.certificate import levels, wording
from evsys_conformance.certificate.model import (
    FORMAT,
    OLDER_FORMAT,
    CauseRecord,
    Certificate,
    ClauseRecord,
    StoreRecord,
)
from evsys_conformance.certificate.origins import kit_version
from evsys_conformance.clauses import BY_ID, CAPABILITIES, CLAUSES
from evsys_conformance.verdicts import Verdict
from evsys_sdk.protocols import CONTRACT_VERSION


def verify(path: str | Path) -> list[str]:
    """Everything that keeps a file from being a sound certificate of certified stores.

    A certificate is sound if it lists every clause of a contract that this kit knows, if the
    verdicts follow from the checks, the levels from the verdicts, and if nothing in it was changed
    since it was written. A sound one of a store that is *not certified*, or *incomplete*, has that
    as its problem.

    Args:
        path: The JSON file that ``--evsys-report`` wrote.

    Returns:
        The problems, a sentence each; an empty list if there are none.
    """
    try:
        document: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        return [f"can't read {path}: {error.strerror or error}"]
    except (ValueError, RecursionError) as error:
        return [f"{path} is not JSON: {error}"]
    try:
        certificate = Certificate.model_validate(document)
    except ValidationError as error:
        return _format_problems(document, error)
    return list(_problems(certificate))


def _format_problems(document: Any, error: ValidationError) -> list[str]:
    if not isinstance(document, dict) or "format" not in document:
        return [f"this is not a certificate of the kit: its format is not {FORMAT!r}"]
    return [
        f"{'.'.join(map(str, each['loc'])) or 'document'}: {each['msg']}"
        for each in error.errors(include_url=False)
    ]


def _problems(certificate: Certificate) -> Iterator[str]:
    if certificate.contract != CONTRACT_VERSION:
        # Nothing that follows could be judged.
        yield (
            f"it certifies contract {certificate.contract}, and this kit knows contract "
            f"{CONTRACT_VERSION}: verify it with the kit that it names, {certificate.kit.version}"
        )
        return
    if certificate.sha256 != certificate.digest():
        yield "it was changed after it was written: its sha256 is not that of its contents"
    if certificate.format == OLDER_FORMAT:
        yield from _newer_than_its_format(certificate)
    complete = all(levels.is_complete(store.clauses) for store in certificate.stores)
    if certificate.complete != complete:
        yield f"complete is given as {certificate.complete}, but its checks make it {complete}"
    same_kit = certificate.kit.version == kit_version()
    manifest = _manifest() if same_kit else None
    for store in certificate.stores:
        for problem in _store_problems(store, manifest):
            yield f"{store.target}: {problem}"


def _newer_than_its_format(certificate: Certificate) -> Iterator[str]:
    for store in certificate.stores:
        masked = [clause.id for clause in store.clauses if clause.verdict is Verdict.MASKED]
        if store.causes or masked:
            yield f"{store.target}: format {OLDER_FORMAT!r} has neither causes nor masked clauses"


def _manifest() -> dict[str, list[str]] | None:
    """The names of the checks by clause; None where Hypothesis, which they need, is missing."""
    try:
        from evsys_conformance.checks import all_checks
    except ModuleNotFoundError:
        return None
    names: dict[str, list[str]] = {clause.id: [] for clause in CLAUSES}
    for check in all_checks():
        names[check.clause.id].append(check.name)
    return names


def _store_problems(store: StoreRecord, manifest: dict[str, list[str]] | None) -> Iterator[str]:
    found = [clause.id for clause in store.clauses]
    for clause_id in dict.fromkeys(found):
        if clause_id not in BY_ID:
            yield f"the contract has no clause {clause_id}"
        elif found.count(clause_id) > 1:
            yield f"clause {clause_id} is listed {found.count(clause_id)} times"
    missing = [clause_id for clause_id in BY_ID if clause_id not in found]
    if missing:
        yield f"{wording.listed(missing, 6)} of the contract's {len(BY_ID)} clauses missing"
    for capability in store.capabilities:
        if capability not in CAPABILITIES:
            yield f"the contract has no capability {capability!r}"
    for clause in store.clauses:
        if clause.id in BY_ID:
            yield from _clause_problems(clause, store, manifest)
    for number, cause in enumerate(store.causes, 1):
        yield from _cause_problems(f"cause {number} ({cause.clause})", cause, store)
    level = levels.level(store.clauses, store.trouble)
    if store.level != level:
        yield f"its level is given as {store.level!r}, but its clauses make it {level!r}"
    elif not levels.is_certified(store):
        yield f"it is {level}: {wording.explanation(store)}"
        for number, cause in enumerate(store.causes, 1):
            summary = cause.summary.partition("\n")[0]
            yield f"cause {number} ({cause.clause}, {cause.title}): {summary}"


def _clause_problems(
    clause: ClauseRecord, store: StoreRecord, manifest: dict[str, list[str]] | None
) -> Iterator[str]:
    known = BY_ID[clause.id]
    if (clause.title, clause.level) != (known.title, known.level):
        yield f"{clause.id} is {known.title!r} ({known.level}), not {clause.title!r}"
    names = [check.name for check in clause.checks]
    if manifest is not None and sorted(names) != sorted(manifest[clause.id]):
        differing = sorted(set(names) ^ set(manifest[clause.id])) or names
        yield f"{clause.id} does not list the kit's checks of it: {', '.join(differing)}"
    if not names:
        yield f"{clause.id} lists no check"
    unclaimed = known.capability is not None and known.capability not in store.capabilities
    if unclaimed != any(c.verdict is Verdict.NOT_CLAIMED for c in clause.checks):
        state = "not claimed" if unclaimed else "binding"
        yield f"{clause.id} is {state} by the store's capabilities, but its checks say otherwise"
    verdict = levels.clause_verdict(clause.id, clause.checks, clause.expected, store.causes)
    if clause.verdict is not verdict:
        yield (
            f"{clause.id} is given as {str(clause.verdict)!r}, but its checks make it "
            f"{str(verdict)!r}"
        )
    for check in clause.checks:
        if check.verdict is Verdict.PASSED and not check.examples:
            yield f"{clause.id}::{check.name} passed without a single example"


def _cause_problems(name: str, cause: CauseRecord, store: StoreRecord) -> Iterator[str]:
    known = BY_ID.get(cause.clause)
    if known is None:
        yield f"{name}: the contract has no clause {cause.clause}"
    elif cause.title != known.title:
        yield f"{name}: {cause.clause} is {known.title!r}, not {cause.title!r}"
    failed = {
        f"{clause.id}::{check.name}"
        for clause in store.clauses
        for check in clause.checks
        if check.verdict is Verdict.FAILED
    }
    for check in cause.checks:
        if check not in failed:
            yield f"{name} explains {check}, which did not fail"

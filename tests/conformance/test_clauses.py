"""The clauses of the kit, its checks and docs/contract.md speak of the same contract."""

import re
from pathlib import Path

import evsys_sdk
from evsys_conformance.clauses import CAPABILITIES, CLAUSES
from evsys_conformance.running.check import all_checks

CONTRACT = Path(__file__).parents[2] / "docs" / "contract.md"


def test_the_document_states_the_clauses_of_the_kit_in_their_order() -> None:
    stated = re.findall(r"^### ([A-Z]+-[A-Z0-9]+) (.+)$", CONTRACT.read_text(), re.MULTILINE)
    assert stated == [(clause.id, clause.title) for clause in CLAUSES]


def test_the_document_states_the_version_of_the_contract() -> None:
    assert f"Version {evsys_sdk.CONTRACT_VERSION} " in CONTRACT.read_text()


def test_each_clause_that_needs_a_claim_says_so_in_the_document() -> None:
    sections = re.split(r"^### ", CONTRACT.read_text(), flags=re.MULTILINE)
    for clause in CLAUSES:
        section = next(text for text in sections if text.startswith(f"{clause.id} "))
        claimed = re.search(r"\*Must if `(\w+)` is claimed:\*", section)
        assert (claimed.group(1) if claimed else None) == clause.capability


def test_each_clause_has_a_check_and_each_check_a_clause() -> None:
    assert {check.clause.id for check in all_checks()} == {clause.id for clause in CLAUSES}


def test_each_capability_makes_some_clause_binding() -> None:
    bound = {clause.capability for clause in CLAUSES if clause.capability}
    # float64 decides how MET-4 is judged, which binds every store.
    assert bound | {"float64"} == set(CAPABILITIES)


def test_each_check_says_what_it_checks() -> None:
    names = [check.id for check in all_checks()]
    assert len(names) == len(set(names))
    assert all(check.function.__doc__ for check in all_checks())

"""The clauses of the kit, its checks and docs/contract.md state the same contract."""

import re
from pathlib import Path

import pytest

import evsys_sdk
from evsys_conformance.checks import all_checks
from evsys_conformance.clauses import BY_ID, CAPABILITIES, CLAUSES, DEFAULT_CAPABILITIES

CONTRACT = Path(__file__).parents[2] / "docs" / "contract.md"


# Title and first paragraph of each clause; the rest of its section explains it.
STATED = re.findall(
    r"^### ([A-Z]+-[A-Z0-9]+) (.+)\n\n((?:.+\n)+)", CONTRACT.read_text(), re.MULTILINE
)


def test_the_document_states_the_clauses_of_the_kit_in_their_order() -> None:
    assert [clause_id for clause_id, _, _ in STATED] == [clause.id for clause in CLAUSES]


@pytest.mark.parametrize(("clause_id", "title", "paragraph"), STATED, ids=lambda text: text[:9])
def test_the_kit_states_each_clause_word_for_word(
    clause_id: str, title: str, paragraph: str
) -> None:
    clause = BY_ID[clause_id]
    claim = f"*Must if `{clause.capability}` is claimed:* " if clause.capability else ""
    assert (title, " ".join(paragraph.split())) == (clause.title, claim + clause.text)


def test_the_document_lists_the_capabilities_and_the_clauses_that_they_make_binding() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| ([A-Z0-9-]+)", CONTRACT.read_text(), re.MULTILINE))
    bound = {clause.capability: clause.id for clause in CLAUSES if clause.capability}
    # float64 decides how MET-4 is judged, which binds every store.
    assert listed == bound | {"float64": "MET-4"}
    assert tuple(listed) == CAPABILITIES


def test_the_document_names_the_default_claims() -> None:
    names = " and ".join(f"`{name}`" for name in CAPABILITIES if name in DEFAULT_CAPABILITIES)
    assert f"If that is missing too, the claims are {names}." in " ".join(
        CONTRACT.read_text().split()
    )


def test_the_document_states_the_version_of_the_contract() -> None:
    assert f"Version {evsys_sdk.CONTRACT_VERSION} " in CONTRACT.read_text()


def test_each_clause_has_a_check_and_each_check_a_clause() -> None:
    assert {check.clause.id for check in all_checks()} == {clause.id for clause in CLAUSES}


def test_each_check_says_what_it_checks() -> None:
    names = [check.id for check in all_checks()]
    assert len(names) == len(set(names))
    assert all(check.function.__doc__ for check in all_checks())

"""From verdicts of checks to the verdict of a clause, and to the level of a store."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evsys_conformance.certificate import levels, wording
from evsys_conformance.certificate.model import CauseRecord, CheckRecord
from evsys_conformance.verdicts import Level, Verdict
from support.certified import cause, certified, explained

CHECKED = ("passed", "failed", "not observed", "kit error", "not run")


def _verdict(checks: Iterable[str], expected: str = "", *causes: CauseRecord) -> Verdict:
    """The verdict of MET-2 whose checks, named by their place, have these verdicts."""
    records = [
        CheckRecord(name=str(number), verdict=Verdict(each), examples=0, seconds=0)
        for number, each in enumerate(checks)
    ]
    return levels.clause_verdict("MET-2", records, expected, causes)


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ({"passed"}, "passed"),
        ({"passed", "failed"}, "failed"),
        ({"failed", "kit error"}, "kit error"),
        ({"passed", "not run"}, "not run"),
        ({"failed", "not run"}, "failed"),
        ({"passed", "not observed"}, "not observed"),
        ({"not run", "not observed"}, "not run"),
        ({"not claimed"}, "not claimed"),
    ],
)
def test_a_clause_is_what_the_worst_of_its_checks_is(checks: set[str], verdict: str) -> None:
    assert _verdict(checks) == verdict


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ({"failed"}, "expected failure"),
        ({"passed", "failed"}, "expected failure"),
        ({"failed", "not run"}, "expected failure"),
        ({"passed"}, "failed"),
        ({"passed", "not run"}, "not run"),
        ({"not observed"}, "not observed"),
        ({"failed", "kit error"}, "kit error"),
    ],
)
def test_one_check_of_a_clause_that_is_expected_to_fail_must_fail(
    checks: set[str], verdict: str
) -> None:
    assert _verdict(checks, "a reason") == verdict


@pytest.mark.parametrize(
    ("checks", "causes", "verdict"),
    [
        (["failed", "passed"], [cause("MET-1", "MET-2::0")], "masked"),
        (["failed", "not run"], [cause("MET-1", "MET-2::0")], "masked"),
        (["failed", "failed"], [cause("MET-1", "MET-2::0"), cause("MET-7", "MET-2::1")], "masked"),
        (["failed", "failed"], [cause("MET-1", "MET-2::0")], "failed"),
        (["failed"], [cause("MET-1", "MET-1::0")], "failed"),
        (["failed"], [cause("MET-1", "MET-2::0"), cause("MET-2")], "failed"),
        (["failed", "kit error"], [cause("MET-1", "MET-2::0")], "kit error"),
        (["passed"], [cause("MET-2", "MET-1::0")], "failed"),
        (["not run"], [cause("MET-2", "MET-1::0")], "failed"),
        (["not claimed"], [cause("MET-2", "MET-1::0")], "not claimed"),
        (["passed"], [cause("MET-1", "MET-1::0")], "passed"),
    ],
)
def test_a_clause_is_masked_if_causes_of_others_explain_all_its_failures(
    checks: list[str], causes: list[CauseRecord], verdict: str
) -> None:
    assert _verdict(checks, "", *causes) == verdict


@pytest.mark.parametrize("checks", [["failed"], ["passed"]])
def test_a_cause_under_a_clause_that_is_expected_to_fail_shows_that_it_does(
    checks: list[str],
) -> None:
    assert _verdict(checks, "a reason", cause("MET-2", "MET-1::0")) == "expected failure"


def test_what_is_expected_to_fail_is_not_masked() -> None:
    assert _verdict(["failed"], "a reason", cause("MET-1", "MET-2::0")) == "expected failure"


@given(st.sets(st.sampled_from(CHECKED), min_size=1), st.booleans())
def test_only_passes_and_openly_excused_failures_are_successes(
    checks: set[str], expected: bool
) -> None:
    verdict = _verdict(checks, "a reason" if expected else "")
    if verdict == "passed":
        assert checks == {"passed"}
    if verdict == "expected failure":
        assert expected
        assert "failed" in checks


def _level(*verdicts: tuple[str, str], **more: Any) -> Level:
    return certified(dict(verdicts), **more).stores[0].level


EXCUSE: Mapping[str, str] = {"CL-4": "one socket stays open"}


@pytest.mark.parametrize(
    ("verdicts", "excuses", "level"),
    [
        ([], {}, "certified"),
        ([("MET-4::awkward_values_are_kept", "failed")], {}, "not certified"),
        ([("MET-4", "kit error")], {}, "not certified"),
        ([("MET-4", "not run")], {}, "incomplete"),
        ([("MET-4::awkward_values_are_kept", "not run")], {}, "incomplete"),
        ([("MET-4", "not run"), ("MET-5", "failed")], {}, "not certified"),
        ([("CL-4", "failed")], EXCUSE, "certified with exceptions"),
        ([("CL-4", "failed"), ("MET-1", "not run")], EXCUSE, "incomplete"),
        ([("CL-4", "failed"), ("MET-1", "failed")], EXCUSE, "not certified"),
        ([], EXCUSE, "not certified"),
        ([("MET-1", "not observed")], {}, "certified, unobserved"),
        ([("MET-1", "not observed"), ("CL-4", "failed")], EXCUSE, "certified, unobserved"),
        ([("CAP-FORK", "not run")], {}, "certified"),
    ],
)
def test_the_level_is_what_is_known_for_certain(
    verdicts: list[tuple[str, str]], excuses: Mapping[str, str], level: Level
) -> None:
    assert _level(*verdicts, expected_failures=excuses) == level


def test_a_failing_harness_is_not_a_success() -> None:
    assert _level(trouble=("leaving the harness raised OSError",)) == "not certified"


def test_a_claim_binds() -> None:
    assert _level(("CAP-FORK", "not run"), capabilities={"fork"}) == "incomplete"
    assert _level(("CAP-FORK", "failed"), capabilities={"fork"}) == "not certified"


def test_every_level_has_its_explanation() -> None:
    several = {"MET-1": "failed", "CL-1": "failed", "CL-4": "failed"}
    made = certified(several, expected_failures=EXCUSE, trouble=("the server stays",))
    assert wording.explanation(made.stores[0]) == (
        "MET-1 and CL-1 failed; the server stays; CL-4 fails as expected: one socket stays open"
    )
    strict = certified(expected_failures=EXCUSE)
    assert wording.explanation(strict.stores[0]) == "CL-4 was expected to fail, and passed"
    nothing = {clause.id: "not run" for clause in made.stores[0].clauses}
    assert wording.explanation(certified(nothing).stores[0]) == ("29 clauses did not run in full")
    assert not wording.explanation(certified().stores[0])


def test_a_store_with_a_masked_clause_is_not_certified() -> None:
    failed = {"MET-2": "failed", "MET-1": "failed"}
    made = explained(failed, "MET-1").stores[0]
    verdicts = {clause.id: clause.verdict for clause in made.clauses}
    assert (verdicts["MET-1"], verdicts["MET-2"]) == (Verdict.FAILED, Verdict.MASKED)
    assert made.level == "not certified"
    assert wording.explanation(made) == "MET-1 failed; 1 clause is masked"
    excused = explained(failed, "MET-1", expected_failures={"MET-1": "known"})
    assert excused.stores[0].level == "not certified"


def test_lists_of_ids_read_as_a_sentence() -> None:
    assert wording.listed(["A"], 3) == "A"
    assert wording.listed(["A", "B"], 3) == "A and B"
    assert wording.listed(["A", "B", "C"], 3) == "A, B and C"
    assert wording.listed(["A", "B", "C", "D"], 3) == "A, B and 2 more"


@given(st.lists(st.sampled_from(CHECKED), min_size=2, max_size=4))
def test_the_order_of_checks_does_not_matter(checks: list[str]) -> None:
    found = {_verdict(order) for order in itertools.permutations(checks)}
    assert len(found) == 1

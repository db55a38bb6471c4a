"""From verdicts of checks to the verdict of a clause, and to the level of a store."""

import itertools
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certified import certified
from evsys_conformance.certificate import judging
from evsys_conformance.certificate.model import Level, Verdict
from evsys_conformance.running.runner import Effort
from evsys_conformance.running.runner import Verdict as RunnerVerdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
CHECKED: tuple[Verdict, ...] = ("passed", "failed", "not observed", "kit error", "not run")


def test_the_words_are_those_of_the_runner() -> None:
    assert set(VERDICTS) == {verdict.value for verdict in RunnerVerdict}
    assert [effort.name.lower() for effort in Effort] == ["quick", "normal", "deep"]


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
def test_a_clause_is_what_the_worst_of_its_checks_is(
    checks: set[Verdict], verdict: Verdict
) -> None:
    assert judging.clause_verdict(checks, "") == verdict


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
    checks: set[Verdict], verdict: Verdict
) -> None:
    assert judging.clause_verdict(checks, "a reason") == verdict


@given(st.sets(st.sampled_from(CHECKED), min_size=1), st.booleans())
def test_only_passes_and_openly_excused_failures_are_successes(
    checks: set[Verdict], expected: bool
) -> None:
    verdict = judging.clause_verdict(checks, "a reason" if expected else "")
    if verdict == "passed":
        assert checks == {"passed"}
    if verdict == "expected failure":
        assert expected
        assert "failed" in checks


def _level(*verdicts: tuple[str, Verdict], **more: Any) -> Level:
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
    verdicts: list[tuple[str, Verdict]], excuses: Mapping[str, str], level: Level
) -> None:
    assert _level(*verdicts, expected_failures=excuses) == level


def test_trouble_with_the_harness_is_no_success() -> None:
    assert _level(trouble=("leaving the harness raised OSError",)) == "not certified"


def test_a_claim_binds() -> None:
    assert _level(("CAP-FORK", "not run"), capabilities={"fork"}) == "incomplete"
    assert _level(("CAP-FORK", "failed"), capabilities={"fork"}) == "not certified"


def test_every_level_has_its_explanation() -> None:
    several: dict[str, Verdict] = {"MET-1": "failed", "CL-1": "failed", "CL-4": "failed"}
    made = certified(several, expected_failures=EXCUSE, trouble=("the server stays",))
    assert judging.explanation(made.stores[0]) == (
        "MET-1 and CL-1 failed; the server stays; CL-4 fails as expected: one socket stays open"
    )
    strict = certified(expected_failures=EXCUSE)
    assert judging.explanation(strict.stores[0]) == "CL-4 was expected to fail, and passed"
    nothing: dict[str, Verdict] = dict.fromkeys(
        (clause.id for clause in made.stores[0].clauses), "not run"
    )
    assert judging.explanation(certified(nothing).stores[0]) == ("29 clauses did not run in full")
    assert not judging.explanation(certified().stores[0])


def test_lists_of_ids_read_as_a_sentence() -> None:
    assert judging.listed(["A"], 3) == "A"
    assert judging.listed(["A", "B"], 3) == "A and B"
    assert judging.listed(["A", "B", "C"], 3) == "A, B and C"
    assert judging.listed(["A", "B", "C", "D"], 3) == "A, B and 2 more"


@given(st.lists(st.sampled_from(CHECKED), min_size=2, max_size=4))
def test_the_order_of_checks_does_not_matter(checks: list[Verdict]) -> None:
    found = {judging.clause_verdict(order, "") for order in itertools.permutations(checks)}
    assert len(found) == 1

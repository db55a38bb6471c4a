"""Every case of the torture in its short form."""

import pytest

from torture.case import Case
from torture.cases import CASES
from torture.cases.kills import killed
from torture.running import run_alone


@pytest.mark.parametrize("case", CASES, ids=[each.id for each in CASES])
def test_nothing_is_lost_and_every_refusal_is_clear(case: Case) -> None:
    outcome = run_alone(case, full=False, seed="tests")
    if outcome.not_run:
        pytest.skip(outcome.not_run)
    assert not outcome.problems
    assert outcome.done


def test_a_store_that_writes_late_is_caught() -> None:
    """The torture bites: a store with a buffer loses rows that returned calls wrote."""
    outcome = run_alone(Case("a buffer", "buffered", killed), full=False, seed="tests")
    assert any("rows of run" in problem for problem in outcome.problems)
    assert outcome.found["rows"] < outcome.returned["rows"]

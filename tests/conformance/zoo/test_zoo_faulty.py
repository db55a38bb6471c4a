"""Every faulty store of the zoo is refused, under the clause that it breaks, for that reason."""

import re
from pathlib import Path

import pytest

from evsys_conformance.checks import leaks
from evsys_conformance.processes import steps
from evsys_conformance.programs import threads
from evsys_conformance.verdicts import Verdict
from zoo.judging import finding, judged
from zoo.registry import FAULTY
from zoo.stores import Faulty


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what hangs or leaks less time than the kit does: here it would always be used up."""
    monkeypatch.setattr(steps, "FORK_SECONDS", 4)
    monkeypatch.setattr(threads, "JOIN_SECONDS", 4.0)
    monkeypatch.setattr(leaks, "GRACE_SECONDS", 0.3)


# Faulty stores may leave things open, and raise in threads and finalisers.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("entry", FAULTY, ids=lambda entry: entry.id)
def test_a_faulty_store_fails_its_clause_with_a_message_that_says_why(
    entry: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Some faults create or delete what a drawn path names.
    monkeypatch.chdir(tmp_path)
    found: list[str] = []
    for outcome in judged(entry.harness, entry.clause):
        assert outcome.verdict is not Verdict.KIT_ERROR, outcome.message
        if outcome.verdict is Verdict.FAILED:
            found.append(finding(outcome))
            if re.search(entry.message, found[-1]):
                return
    assert found, f"a store that {entry.reason} passed {entry.clause}"
    pytest.fail(f"/{entry.message}/ is not in what was found:\n" + "\n".join(found))

"""No correct store of the zoo is refused, under any clause."""

from pathlib import Path

import pytest

from evsys_conformance.clauses import CLAUSES, Clause
from zoo.judging import refusals
from zoo.registry import CORRECT
from zoo.stores import Correct

CASES = [
    pytest.param(entry, clause, id=f"{entry.id}-{clause.id}")
    for entry in CORRECT
    for clause in CLAUSES
    if clause.capability is None or clause.capability in entry.harness.capabilities
]


@pytest.mark.parametrize(("entry", "clause"), CASES)
def test_a_correct_store_is_not_refused(
    entry: Correct, clause: Clause, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = refusals(entry.harness, clause.id)
    assert not refused, f"a store that {entry.freedom} was refused:\n" + "\n".join(refused)

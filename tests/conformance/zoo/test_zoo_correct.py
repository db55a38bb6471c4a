"""No correct store of the zoo is refused, under any clause."""

from pathlib import Path

import pytest

from evsys_conformance.clauses import CLAUSES, Clause
from zoo.animals import Correct
from zoo.judging import refusals
from zoo.registry import CORRECT

CASES = [
    pytest.param(animal, clause, id=f"{animal.id}-{clause.id}")
    for animal in CORRECT
    for clause in CLAUSES
    if clause.capability is None or clause.capability in animal.harness.capabilities
]


@pytest.mark.parametrize(("animal", "clause"), CASES)
def test_a_correct_store_is_not_refused(
    animal: Correct, clause: Clause, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = refusals(animal.harness, clause.id)
    assert not refused, f"a store that {animal.freedom} was refused:\n" + "\n".join(refused)

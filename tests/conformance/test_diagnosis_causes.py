"""Each fault of a store ends as one cause, under the clause that it breaks."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from zoo.judging import causes_of_store
from zoo.pairs import PAIRS
from zoo.registry import FAULTY


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path) -> Iterator[None]:
    """Stores with relative paths write there."""
    before = os.getcwd()
    os.chdir(tmp_path)
    yield
    os.chdir(before)


STORES = {
    "ART-1-PathCut": "ART-1",
    "MET-3-SamePointOnce": "MET-3",
    "MET-1-WideRowsTwice": "MET-1",  # no matter what the keys are
    "CL-3-RefusesOncePerMethod": "CL-3",  # also where threads write to it
    "HP-3-BadCallStopsThread": "HP-3",  # also after a call that nobody judges
    "MET-4-Float32": "MET-4",  # also the floats that number-likes become
    "SIG-1-CloseProperty": "SIG-1",  # nothing can be said of a store that never closes
    "SIG-2-HiddenDefaultSplit": "SIG-2",
}


@pytest.mark.parametrize("name", STORES)
def test_a_fault_is_one_cause(name: str) -> None:
    (faulty,) = (each for each in FAULTY if each.id == name)
    failed, causes = causes_of_store(faulty.harness)
    assert [cause.clause.id for cause in causes] == [STORES[name]]
    assert sorted(causes[0].checks) == sorted(failure.check for failure in failed)
    assert 1 <= len(causes[0].essence) <= 7


@pytest.mark.parametrize("name", ["NoneDropped+StepAsMetric", "LengthAsValue+ScalarStepFromOne"])
def test_two_faults_are_two_causes(name: str) -> None:
    (pair,) = (each for each in PAIRS if each.id == name)
    _, causes = causes_of_store(pair.harness)
    assert {cause.clause.id for cause in causes} == pair.clauses
    assert len(causes) == 2
    assert all(len(cause.essence) == 1 for cause in causes)

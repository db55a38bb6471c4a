"""Each fault of a store ends as one cause, under the clause that it breaks."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evsys_conformance.checks import all_checks
from evsys_conformance.clauses import BY_ID
from evsys_conformance.diagnosis.attribution import clause_of
from evsys_conformance.diagnosis.cause import Failure
from evsys_conformance.diagnosis.causes import causes_of
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Expect, Make, run_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.reduction.experiments import Experiments
from evsys_conformance.reduction.reducer import reduced
from evsys_conformance.running.runner import run_check
from evsys_conformance.verdicts import Effort
from support.planted import subject_of
from zoo.backends.memory import Memory
from zoo.judging import SEED, causes_of_store
from zoo.pairs import PAIRS
from zoo.registry import FAULTY


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path) -> Iterator[None]:
    """Stores with relative paths write there."""
    before = os.getcwd()
    os.chdir(tmp_path)
    yield
    os.chdir(before)


SECONDS = 60
"""For the search: a busy machine needs more than the 20 s of quick effort."""
STORES = [
    # The faulty store, the clause of its one cause, and other clauses whose checks fail as well.
    ("ART-1-PathCut", "ART-1", ""),  # not for a path that does not exist
    ("ART-2-MissingLeftOut", "ART-2", "ART-1"),
    ("ART-2-ReadsFile", "ART-2", ""),  # shown by the first call that reads it
    ("ART-2-ResolvesLink", "ART-2", ""),  # a path that does not exist is kept
    ("MUX-2-SplitForFirst", "MUX-2", "CAP-SPLIT"),  # a child gets the call with another split
    ("MUX-2-StopsAtFailure", "MUX-2", ""),
    ("CL-2-CloseOnce", "CL-2", "CAP-THREADS"),  # two threads close it
    ("CAP-SPLIT-SplitIsNull", "CAP-SPLIT", "MET-1"),
    ("HP-2-FiftyHyperparams", "HP-1", "HP-2"),  # 51 in one call are as many as in 51 calls
    ("HP-3-BadCallStopsThread", "HP-3", "HP-1"),
    ("HP-4-CallersDictKept", "HP-4", "ID-4"),  # of two stores with one dict, too
    ("HP-4-NestedPopped", "HP-4", "ID-4"),
    ("ID-2-ConfigAllows", "ID-2", "MUX-1"),  # multiplex takes no such child
    ("ID-2-ConfigOfInstance", "ID-2", "ID-3 MUX-1"),
    ("ID-4-ClassHyperparams", "ID-4", "CL-2 HP-1"),
    ("ID-4-KeyNumbersOfClass", "ID-4", "MET-1"),
    ("MET-1-WideRowsTwice", "MET-1", "MET-3 MET-4 MET-6"),
    ("MET-3-BackIgnored", "MET-3", "MET-8 CAP-FORK"),
    ("MET-3-SamePointOnce", "MET-3", "MET-4 MET-6"),
    ("MET-3-SortedByValue", "MET-3", "MET-4 MET-6 CAP-SPLIT"),
    ("MET-4-NanDroppedInCompany", "MET-4", "MET-5"),
    ("MET-4-Float32", "MET-4", "MET-5"),
    ("SIG-1-CloseProperty", "SIG-1", "ID-3 CL-2 MET-1 CAP-THREADS"),
    ("SIG-1-ConfigForParams", "SIG-1", "MUX-1"),
    ("SIG-1-ForwardsPositionsOnly", "SIG-1", "MUX-1"),
    ("SIG-1-NoMetrics", "SIG-1", "SIG-2 MET-1 MET-7 MET-8"),
    ("SIG-2-NoSplit", "SIG-2", "MUX-1"),
    ("SIG-2-HiddenDefaultSplit", "SIG-2", "MET-1"),
]


@pytest.mark.parametrize(("name", "clause", "others"), STORES, ids=[each[0] for each in STORES])
def test_a_fault_is_one_cause(name: str, clause: str, others: str) -> None:
    (faulty,) = (each for each in FAULTY if each.id == name)
    clauses = {faulty.clause, clause, *others.split()}
    failed, causes = causes_of_store(faulty.harness, seconds=SECONDS, clauses=clauses)
    assert [cause.clause.id for cause in causes] == [clause]
    assert sorted(causes[0].checks) == sorted(failure.check for failure in failed)
    always = set(others.split()) - {"CAP-THREADS"}  # A race does not show in every run.
    assert {failure.clause.id for failure in failed} >= always
    assert len(causes[0].essence) <= 7


def test_a_third_position_breaks_the_clause_about_it_alone() -> None:
    (faulty,) = (each for each in FAULTY if each.id == "SIG-2-ThirdPositionIgnored")
    failed, _ = causes_of_store(faulty.harness, clauses=("SIG-1", "SIG-2"))
    assert {failure.clause.id for failure in failed} == {"SIG-2"}


def test_only_what_needs_a_config_is_explained_by_its_absence() -> None:
    class WithoutConfig(Memory):
        Config: Any = None

    subject = subject_of(WithoutConfig)
    failures = [
        Failure(f"{clause}::check", BY_ID[clause], "what was wrong", "")
        for clause in ("ID-2", "ID-3", "CL-4")
    ]
    causes = causes_of(failures, Experiments(subject, time.perf_counter() + 20.0))
    assert {cause.clause.id: cause.checks for cause in causes} == {
        "ID-2": ["ID-2::check", "ID-3::check"],
        "CL-4": ["CL-4::check"],
    }
    subject.discard()


def test_a_second_key_is_replaced_by_one_that_sorts_before_the_first() -> None:
    (faulty,) = (each for each in FAULTY if each.id == "MET-1-ValuesMisaligned")
    subject = Subject(faulty.harness(), faulty.id)
    made = Make(Call("log_metrics", ({"loss": 0.5, "": 0.25}, 0)), expect=Expect.KEPT_OR_REFUSED)
    program = run_of(made)
    experiments = Experiments(subject, time.perf_counter() + 20.0)
    found = experiments.found(program)
    result = reduced(program, found, found[0], experiments)
    subject.discard()
    assert clause_of(result.program, result.found[0], experiments.found) == "MET-1"


class FirstOfEachPartLost(Memory):
    """Writes parts of 50 records, of any kind, and loses the record that begins a new part."""

    count = 0

    def is_lost(self) -> bool:
        self.count += 1
        return self.count % 51 == 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        if not self.is_lost():
            super().record(step, split, points)

    def merge(self, params: dict[str, Any]) -> None:
        if not self.is_lost():
            super().merge(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        if not self.is_lost():
            super().add_artifact(name, path, kind)


def test_what_loses_every_51st_record_of_any_kind_is_one_cause_about_metrics() -> None:
    subject = subject_of(FirstOfEachPartLost)
    checks = [
        check
        for check in all_checks()
        if check.id
        in (
            "HP-2::hundreds_of_hyperparameters_are_kept",
            "ART-1::a_thousand_artifacts_are_kept",
            "MET-1::thousands_of_log_metrics_calls_are_kept",
        )
    ]
    outcomes = [run_check(check, subject, Effort.QUICK, SEED) for check in checks]
    failures = [Failure.of(outcome) for outcome in outcomes if outcome.found]
    assert len(failures) == 3
    (cause,) = causes_of(failures, Experiments(subject, time.perf_counter() + 60.0))
    subject.discard()
    assert cause.clause.id == "MET-1"
    assert len(cause.checks) == 3
    assert cause.essence == [
        "for step in range(51):",
        "    store.log_metrics({'loss': 0.5}, step)",
    ]


@pytest.mark.parametrize("name", ["NoneDropped+StepAsMetric", "LengthAsValue+ScalarStepFromOne"])
def test_two_faults_are_two_causes(name: str) -> None:
    (pair,) = (each for each in PAIRS if each.id == name)
    _, causes = causes_of_store(pair.harness, seconds=SECONDS, clauses=pair.clauses)
    assert {cause.clause.id for cause in causes} == pair.clauses
    assert len(causes) == 2
    assert all(len(cause.essence) == 1 for cause in causes)

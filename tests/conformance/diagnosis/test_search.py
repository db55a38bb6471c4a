"""A check is counted to a cause of another clause only if an experiment shows that."""

import time
from collections.abc import Iterator
from typing import Any, Self

import pytest

from evsys_conformance.clauses import BY_ID
from evsys_conformance.diagnosis import causes
from evsys_conformance.diagnosis.cause import Cause, Failure
from evsys_conformance.diagnosis.causes import causes_of
from evsys_conformance.diagnosis.known_causes import KnownCauses
from evsys_conformance.judging.differences import Difference
from evsys_conformance.programs.calls import Call, hyperparams, metrics, scalar
from evsys_conformance.programs.program import (
    Close,
    Open,
    Program,
    Read,
    Through,
    logged,
    make_steps,
    program,
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.reduction.experiments import Experiments, OutOfTime
from support.planted import found, subject_of
from zoo.backends.memory import Memory, MemoryHarness


class TwoFaults(Memory):
    """Refuses bools as values, and strings with the line break U+0085 in hyperparameters."""

    def value(self, value: Any) -> float:
        if isinstance(value, bool):
            raise TypeError("a bool is not a number")
        return super().value(value)

    def hyperparams(self, params: Any) -> dict[str, Any]:
        for value in params.values():
            if isinstance(value, str) and len(value.splitlines()) > 1:
                raise ValueError("a row is broken")
        return super().hyperparams(params)


class Harness(MemoryHarness):
    """Nothing is run in a new process where a harness starts something when it is entered."""

    def __enter__(self) -> Self:
        return self


class FewRuns(Experiments):
    """Has no time left after a number of runs."""

    def __init__(self, subject: Subject, most: int) -> None:
        super().__init__(subject, time.perf_counter() + (60.0 if most else -1.0))
        self.most = most

    def once(self, program: Program) -> list[Difference]:
        if self.runs == self.most:
            self.deadline = self.limit = 0.0
            raise OutOfTime
        return super().once(program)


def _failure(check: str, *calls: Call, through: Through = Through.NOTHING) -> Failure:
    failing = program(Open(through=through), make_steps(calls), Close(), Read())
    wrong = found(failing, TwoFaults, Harness)
    return Failure(check, BY_ID[check.partition("::")[0]], wrong[0].text, "", failing, tuple(wrong))


BOOL = metrics({"loss": True, "acc": 0.25}, 3)
BROKEN = hyperparams({"seed": 4, "note": "two\x85lines"})
PLAIN = (metrics({"acc": 2.0}, 0), scalar("lr", 0.1, 4), hyperparams({"epochs": 3}))


@pytest.fixture(scope="module")
def failures() -> list[Failure]:
    """Failed checks of the two clauses that the faults break; those of MET-5 are quicker."""
    return [
        _failure("MET-5::a", BOOL, *PLAIN),
        _failure("MET-5::b", *PLAIN, BOOL, *PLAIN),
        _failure("HP-1::a", *PLAIN, BROKEN, *PLAIN),
        _failure("HP-1::b", *PLAIN, *PLAIN, BROKEN),
    ]


@pytest.fixture
def subject() -> Iterator[Subject]:
    """The store with two faults."""
    subject = subject_of(TwoFaults, Harness)
    yield subject
    subject.discard()


def _checks(explained: list[Cause]) -> dict[str, list[str]]:
    return {cause.clause.id: sorted(cause.checks) for cause in explained}


RIGHT = {"MET-5": ["MET-5::a", "MET-5::b"], "HP-1": ["HP-1::a", "HP-1::b"]}


def test_no_check_is_counted_to_another_clause_however_early_the_time_is_up(
    failures: list[Failure], subject: Subject
) -> None:
    unlimited = FewRuns(subject, 10_000)
    explained = causes_of(failures, unlimited)
    assert _checks(explained) == RIGHT
    assert all(cause.complete and len(cause.essence) == 1 for cause in explained)
    for most in (1, 2, 4, 8, 16, 32, unlimited.runs - 1):
        for clause, checks in _checks(causes_of(failures, FewRuns(subject, most))).items():
            assert set(checks) <= set(RIGHT[clause])


def test_without_any_time_a_program_is_shown_as_it_was_found(
    failures: list[Failure], subject: Subject
) -> None:
    explained = causes_of(failures, FewRuns(subject, 0))
    assert _checks(explained) == RIGHT
    assert [(cause.complete, cause.runs) for cause in explained] == [(False, "")] * 2
    assert "two\\x85lines" in "".join(explained[1].essence)
    assert len(explained[1].essence) == 7


class NoTimeForHyperparams(Experiments):
    """Never comes to an end with the fault in hyperparameters."""

    def once(self, program: Program) -> list[Difference]:
        if "x85" in program.identity:
            raise OutOfTime
        return super().once(program)


def test_a_program_that_had_its_time_is_shown_beside_the_causes_that_were_found(
    failures: list[Failure], subject: Subject
) -> None:
    explained = causes_of(failures, NoTimeForHyperparams(subject, time.perf_counter() + 60.0))
    assert _checks(explained) == RIGHT
    assert [(cause.clause.id, cause.complete) for cause in explained] == [
        ("MET-5", True),
        ("HP-1", False),
    ]


def test_few_causes_are_shown_for_which_there_was_no_time(subject: Subject) -> None:
    clauses = ("MET-1", "MET-5", "MET-6", "MET-8", "CAP-RESUME")
    failures = [_failure(f"{clause}::a_check", BOOL) for clause in clauses]
    explained = causes_of(failures, FewRuns(subject, 0))
    assert _checks(explained) == {clause: [f"{clause}::a_check"] for clause in clauses[:3]}


def test_a_check_that_fails_in_another_way_is_not_counted_to_its_clause_without_an_experiment(
    failures: list[Failure], subject: Subject
) -> None:
    wrong = Difference("lost", "key 'loss' is not recorded", area="points")
    other = Failure("HP-1::c", BY_ID["HP-1"], "", "", logged([*PLAIN] * 9), (wrong,))
    explained = causes_of([*failures, other], FewRuns(subject, 0))
    assert _checks(explained) == RIGHT


def test_a_direct_check_is_explained_without_any_time(subject: Subject) -> None:
    failures = [Failure(f"{c}::a", BY_ID[c], "what was wrong", "") for c in ("SIG-1", "SIG-2")]
    explained = causes_of(failures, FewRuns(subject, 0))
    assert _checks(explained) == {"SIG-1": ["SIG-1::a"], "SIG-2": ["SIG-2::a"]}


def test_a_program_that_was_not_reduced_in_time_has_more_time_in_the_next_round(
    failures: list[Failure], subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causes, "SECONDS_PER_PROGRAM", 1e-6)
    experiments = FewRuns(subject, 10_000)
    explained = causes_of(failures, experiments)
    assert _checks(explained) == RIGHT
    assert all(cause.complete for cause in explained)


def test_a_wrapper_is_not_blamed_for_what_fails_without_it(subject: Subject) -> None:
    signature = Failure("SIG-1::a", BY_ID["SIG-1"], "what was wrong", "")
    wrapped = _failure("MUX-1::a", *PLAIN, BROKEN, through=Through.BY_KEYWORD)
    explained = causes_of([signature, wrapped], FewRuns(subject, 10_000))
    assert _checks(explained) == {"SIG-1": ["SIG-1::a"], "HP-1": ["MUX-1::a"]}


def test_causes_that_were_found_in_time_come_before_shorter_ones_that_were_not() -> None:
    known = KnownCauses()
    known.add(Cause(BY_ID["MET-1"], "", "", ["one line"], complete=False))
    known.add(Cause(BY_ID["MET-5"], "", "", ["two", "lines"]))
    assert [each.clause.id for each in known.most_telling_first()] == ["MET-5", "MET-1"]

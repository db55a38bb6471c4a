"""When a known cause is bound to show in another program, and in which order failures are taken."""

import pytest

from evsys_conformance.clauses import BY_ID
from evsys_conformance.diagnosis.cause import Failure
from evsys_conformance.diagnosis.causes import in_turn
from evsys_conformance.diagnosis.containment import contains, is_of_as_many_calls
from evsys_conformance.programs.calls import Call, artifact, metrics, scalar
from evsys_conformance.programs.program import (
    Close,
    Open,
    Program,
    Read,
    logged,
    make_steps,
    program,
)

TWO_KEYS = logged([metrics({"loss": 0.5}, 0), metrics({"acc": 0.5}, 1)])

RESUMED = program(
    Open(),
    make_steps([metrics({"a": 1.0}, 0)]),
    Close(),
    Open(),
    make_steps([metrics({"b": 1.0}, 1)]),
    Close(),
    Read(),
)


@pytest.mark.parametrize(
    ("longer", "is_contained"),
    [
        (logged([metrics({"a": 1.0}, 0), metrics({"a": 1.0, "b": 2.0}, 1)]), True),
        (logged([scalar("a", 1.0, 0), scalar("b", 1.0, 0)]), True),
        (logged([metrics({}, 0), metrics({"a": 1.0}, 1), metrics({"b": 1.0}, 2)]), True),
        (logged([metrics({"a": 1.0, "b": 2.0}, 0), metrics({"b": 2.0}, 1)]), False),
        (logged([metrics({"a": 1.0}, 0)] * 3), False),
        (RESUMED, False),
    ],
)
def test_a_late_key_is_bound_to_fail_where_the_first_call_fixes_the_keys(
    longer: Program, is_contained: bool
) -> None:
    assert contains(longer, TWO_KEYS) is is_contained


@pytest.mark.parametrize(
    ("calls", "alike"),
    [
        ([artifact(f"model {n}", "model.pt") for n in range(51)], True),
        ([artifact(f"model {n}", "model.pt") for n in range(50)], False),
        ([*(metrics({"loss": 0.5}, n) for n in range(50)), artifact("a", "b")], False),
    ],
)
def test_the_same_number_of_calls_of_another_method_fails_for_the_same_reason(
    calls: list[Call], *, alike: bool
) -> None:
    known = logged(metrics({"loss": 0.5}, n) for n in range(51))
    assert is_of_as_many_calls(logged(calls), known) is alike


def test_a_few_calls_may_be_needed_for_another_reason_than_their_number() -> None:
    twice = logged(metrics({"loss": 0.5}, n) for n in range(2))
    assert not is_of_as_many_calls(logged([artifact("a", "b")] * 2), twice)


def test_each_clause_has_its_turn_and_quick_programs_come_first() -> None:
    def failure(clause: str, number: int) -> Failure:
        calls = [metrics({"loss": 0.5}, step) for step in range(number)]
        name = f"{clause}::{number}"
        return Failure(name, BY_ID[clause], "", "", logged(calls), ())

    failures = [failure("MET-1", 1), failure("MET-1", 2), failure("MET-1", 4), failure("MET-4", 3)]
    taken = [each.check for each in in_turn(reversed(failures))]
    assert taken == ["MET-1::1", "MET-4::3", "MET-1::2", "MET-1::4"]

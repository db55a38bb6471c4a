"""Programs are data: they can be pickled, compared and told apart."""

import pickle
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from evsys_conformance import strategies
from evsys_conformance.printing.script import essence, script
from evsys_conformance.programs import calls
from evsys_conformance.programs.program import (
    Caller,
    Close,
    Drop,
    Expect,
    Forks,
    Killed,
    Leave,
    Make,
    Open,
    Processes,
    Program,
    Read,
    Step,
    Threads,
    Through,
    logged,
    program,
    run_of,
)
from evsys_conformance.strategies import FloatSubclass, IndexLike, NumberLike
from support.random_programs import few, programs, thread_programs

CLAIMS = {"split", "float64", "resume", "threads"}
SOME = (calls.scalar("loss", 0.5, 1), calls.metrics({"a": 1.0}, 2, "val"))
STEPS: list[Step] = [
    Open(),
    Open(1, 2, Through.MULTIPLEX),
    Open(1, 1, same_objects_as=0),
    Make(SOME[0]),
    Make(SOME[1], 3, Expect.REFUSED, "it is bad", Caller.WATCHES),
    Close(2),
    Drop(1),
    Read(4),
    Threads((SOME, ()), giving_way=True, close_after=1),
    Processes((SOME,), 2),
    Killed(SOME, within=3),
    Killed(SOME, pause=0.5, after=1),
    Forks(SOME, 1, Leave.AT_ONCE, write=True, beside_a_writer=True),
]


def again(program: Program) -> Program:
    """The program as another process gets it."""
    copied: Program = pickle.loads(pickle.dumps(program))
    return copied


@few(60)
@given(programs(CLAIMS) | thread_programs(CLAIMS))
def test_a_program_is_the_same_in_another_process(program: Program) -> None:
    copied = again(program)
    assert copied.identity == program.identity
    assert script(copied, "harness()") == script(program, "harness()")
    assert essence(copied) == essence(program)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_step_equals_its_copy_and_no_other_step(step: Step) -> None:
    assert again(Program((step,))) == Program((step,))
    others = [each for each in STEPS if each is not step]
    assert step not in others
    assert Program((step,)).identity not in {Program((each,)).identity for each in others}


NUMBERS: list[Any] = [
    np.float64(0.5),
    np.array(0.25),
    np.int64(-7),
    np.ma.array(0.5),
    Decimal("0.1"),
    Fraction(1, 3),
    True,
    FloatSubclass(0.75),
    2**64,
]


@pytest.mark.parametrize("value", NUMBERS, ids=repr)
def test_numbers_of_any_type_survive(value: Any) -> None:
    program = logged([calls.metrics({"loss": value}, 0)])
    copied = again(program)
    assert copied == program
    [make] = [step for step in copied.steps if isinstance(step, Make)]
    assert type(make.call.arguments[0]["loss"]) is type(value)


@pytest.mark.parametrize("value", [NumberLike(0.5), float("nan"), np.ma.masked, *"\ud800\x00"])
def test_what_does_not_equal_its_copy_is_still_the_same_program(value: Any) -> None:
    program = logged([calls.metrics({"loss": value}, 0)])
    assert again(program).identity == program.identity


def test_an_argument_that_holds_itself_survives() -> None:
    call = replace(calls.hyperparams({"bad": strategies.endless_list()}), shown='{"bad": …}')
    program = run_of(Make(call, expect=Expect.REFUSED))
    copied = again(program)
    assert copied.identity == program.identity
    make = copied.steps[1]
    assert isinstance(make, Make)
    endless = make.call.arguments[0]["bad"]
    assert endless[1] is endless


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.5), 0.5),
        (FloatSubclass(0.5), 0.5),
        (True, 1),
        (1.0, 1),
        (-0.0, 0.0),
        (Decimal(1), 1),
        (IndexLike(1), 1),
    ],
    ids=repr,
)
def test_numbers_that_are_equal_make_different_programs(value: Any, plain: Any) -> None:
    one, other = logged([calls.scalar("a", value, 0)]), logged([calls.scalar("a", plain, 0)])
    assert one.identity != other.identity


def test_a_program_is_made_of_steps_and_of_sequences_of_steps() -> None:
    nested = program(Open(), [Make(SOME[0])], (Make(call) for call in SOME), Close())
    assert nested.steps == (Open(), Make(SOME[0]), Make(SOME[0]), Make(SOME[1]), Close())
    assert logged(SOME).steps == (Open(), Make(SOME[0]), Make(SOME[1]), Close(), Read())

"""What each step of a run must have shown: hand-made observations, and what is wrong with them."""

from typing import get_args

import pytest

from evsys_conformance.judging.differences import RECORDS, Kind
from evsys_conformance.programs.observation import StepObservation, step_that_raised
from evsys_conformance.programs.program import (
    Close,
    Expect,
    Killed,
    Make,
    Open,
    Program,
    Read,
    Step,
    program,
    run_of,
)
from support.observed import HALF, TWO, bad, found, rows

EXAMPLES: dict[Kind, tuple[Program, dict[int, StepObservation], str, set[int], int]] = {
    "lost": (TWO, {4: rows((1, 0.5))}, "1 of 2 points is missing", {2}, 4),
    "altered": (TWO, {4: rows((1, 0.5), (2, 9.0))}, "a value is altered", {2}, 4),
    "mixed up": (TWO, {4: rows((1, 0.5), (2, 0.25), key="acc")}, "key 'acc'", {1, 2}, 4),
    "under another split": (
        TWO,
        {4: rows((1, 0.5), (2, 0.25), split="val")},
        "split 'val'",
        {1, 2},
        4,
    ),
    "doubled": (TWO, {4: rows((1, 0.5), (2, 0.25), (2, 0.25))}, "1 point too many", {2}, 4),
    "invented": (
        program(Open(), Close(), Read()),
        {2: rows((1, 0.5), key="ghost")},
        "'ghost', split 'train' was never logged",
        set(),
        2,
    ),
    "reordered": (TWO, {4: rows((2, 0.25), (1, 0.5))}, "the order is not that", {1, 2}, 4),
    "unreadable": (
        TWO,
        {4: step_that_raised(OSError("no disk"), by_harness=True)},
        "harness.read(params) raised OSError: no disk",
        {1, 2},
        4,
    ),
    "accepted": (
        run_of(bad(HALF)),
        {},
        "was accepted, but it is bad: it must raise TypeError or ValueError and record nothing",
        {1},
        1,
    ),
    "written after close": (
        program(Open(), Close(), Make(HALF)),
        {},
        "store.log_scalar('loss', 0.5, 1) after close() did not raise",
        {2},
        2,
    ),
    "raised": (
        TWO,
        {1: step_that_raised(KeyError("loss")), 4: rows((2, 0.25))},
        "store.log_scalar('loss', 0.5, 1), a valid call, raised KeyError: 'loss'",
        {1},
        1,
    ),
    "wrong error": (
        run_of(bad(HALF)),
        {1: step_that_raised(KeyError("loss"))},
        "(it is bad) must raise TypeError or ValueError; it raised KeyError: 'loss'",
        {1},
        1,
    ),
    "close raised": (TWO, {3: step_that_raised(OSError())}, "close() raised OSError", set(), 3),
    "open raised": (
        TWO,
        {0: step_that_raised(OSError("busy"))},
        "building the store raised OSError: busy",
        set(),
        0,
    ),
    "arguments changed": (
        TWO,
        {2: StepObservation(changed="the call changed an argument")},
        "the call changed an argument",
        {2},
        2,
    ),
    "hung": (TWO, {3: StepObservation(hung=True)}, "close() did not return", {3}, 3),
    "not synchronous": (
        TWO,
        {1: StepObservation(awaitable=True)},
        "store.log_scalar('loss', 0.5, 1) returned a coroutine or a generator",
        {1},
        1,
    ),
    "process ended": (
        program(Killed((HALF,)), Read()),
        {0: StepObservation(problem="a child process ended")},
        "a child process ended",
        {0},
        0,
    ),
    "harness at fault": (
        TWO,
        {0: step_that_raised(OSError("no port"), by_harness=True)},
        "harness.params(directory) raised OSError: no port",
        set(),
        0,
    ),
}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_each_kind_of_difference_says_what_was_seen_and_where(kind: Kind) -> None:
    program, seen, text, about, place = EXAMPLES[kind]
    # What happens before a read tells enough; after a hang nothing more is seen.
    until = place + 1 if kind not in RECORDS else None
    first = found(program, seen, until=until)[0]
    assert text in first.text
    assert (first.kind, first.steps, first.place) == (kind, frozenset(about), place)


def test_a_run_in_which_all_went_well_has_no_difference() -> None:
    assert found(TWO, {4: rows((1, 0.5), (2, 0.25))}) == []


ERRORS: dict[str, BaseException | None] = {
    "nothing": None,
    "TypeError": TypeError("no"),
    "ValueError": ValueError("no"),
    "UnicodeEncodeError": UnicodeEncodeError("utf-8", "", 0, 0, "no"),
    "KeyError": KeyError("no"),
}
BY_EXPECTATION: dict[Expect, dict[str, Kind]] = {
    Expect.ACCEPTED: dict.fromkeys(list(ERRORS)[1:], "raised"),
    Expect.REFUSED: {"nothing": "accepted", "KeyError": "wrong error"},
    Expect.TYPE_ERROR: {
        "nothing": "accepted",
        **dict.fromkeys(["ValueError", "UnicodeEncodeError", "KeyError"], "wrong error"),
    },
    Expect.KEPT_OR_REFUSED: {"KeyError": "wrong error"},
    Expect.KEPT_OR_VALUE_ERROR: {"TypeError": "wrong error", "KeyError": "wrong error"},
    Expect.NOT_JUDGED: {},
}


@pytest.mark.parametrize("raised", ERRORS)
@pytest.mark.parametrize("expect", Expect)
def test_a_call_must_do_what_the_contract_says(expect: Expect, raised: str) -> None:
    error = ERRORS[raised]
    seen = {} if error is None else {1: step_that_raised(error)}
    kinds = [each.kind for each in found([Open(), bad(HALF, expect), Close()], seen)]
    expected = BY_EXPECTATION[expect].get(raised)
    assert kinds == ([expected] if expected else [])


@pytest.mark.parametrize("raised", ERRORS)
@pytest.mark.parametrize("expect", Expect)
def test_a_closed_store_must_raise_whatever_the_call(expect: Expect, raised: str) -> None:
    error = ERRORS[raised]
    steps: list[Step] = [Open(), Close(), bad(HALF, expect), Close(), Read()]
    seen = {} if error is None else {2: step_that_raised(error)}
    differences = found(steps, {**seen, 4: rows()})
    assert [each.kind for each in differences] == ["written after close"] * (error is None)


@pytest.mark.parametrize(
    ("expect", "raises", "recorded", "kinds"),
    [
        (Expect.KEPT_OR_REFUSED, False, True, []),
        (Expect.KEPT_OR_REFUSED, False, False, ["lost"]),
        (Expect.KEPT_OR_REFUSED, True, False, []),
        (Expect.KEPT_OR_REFUSED, True, True, ["invented"]),
        (Expect.REFUSED, True, True, ["invented"]),
        (Expect.ACCEPTED, True, True, ["raised", "invented"]),
        (Expect.NOT_JUDGED, False, True, []),
        (Expect.NOT_JUDGED, True, True, []),
        (Expect.NOT_JUDGED, True, False, []),
    ],
)
def test_what_a_refused_call_left_behind_counts(
    expect: Expect, raises: bool, recorded: bool, kinds: list[Kind]
) -> None:
    steps: list[Step] = [Open(), bad(HALF, expect), Close(), Read()]
    seen = {1: step_that_raised(ValueError("no"))} if raises else {}
    differences = found(steps, {**seen, 3: rows((1, 0.5)) if recorded else rows()})
    assert [each.kind for each in differences] == kinds

"""What whole runs must have shown: several stores, threads, processes and readers."""

import copy
from typing import Any

import pytest
from hypothesis import given

from evsys_conformance.judging.judge import judged
from evsys_conformance.programs import calls
from evsys_conformance.programs.observation import StepObservation, step_that_raised
from evsys_conformance.programs.program import (
    Close,
    Drop,
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
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.interpreter import run
from evsys_sdk import MetricRow, RunLog
from support.observed import HALF, QUARTER, TWO, found, rows
from support.random_programs import few, programs
from zoo.backends.memory import MemoryHarness


def test_a_store_that_is_opened_again_is_not_closed_any_more() -> None:
    steps: list[Step] = [Open(), Close(), Open(), Make(HALF), Close(), Read()]
    assert found(steps, {5: rows((1, 0.5))}) == []
    assert [each.kind for each in found(steps, {5: rows()})] == ["lost"]


def test_where_nothing_was_logged_there_may_be_nothing_to_read() -> None:
    missing = {2: step_that_raised(FileNotFoundError("no such run"), by_harness=True)}
    assert found([Open(), Close(), Read()], missing) == []
    empty: list[Step] = [Open(), Make(calls.metrics({}, 0)), Read()]
    assert found(empty, missing) == []


def test_what_two_stores_log_is_expected_at_their_own_destinations() -> None:
    steps: list[Step] = [
        Open(),
        Open(1, 1),
        Make(HALF),
        Make(QUARTER, 1),
        Close(),
        Close(1),
        Read(),
        Read(1),
    ]
    assert found(steps, {6: rows((1, 0.5)), 7: rows((2, 0.25))}) == []
    swapped = found(steps, {6: rows((2, 0.25)), 7: rows((1, 0.5))})
    assert {each.place for each in swapped} == {6, 7}


def test_only_calls_of_threads_that_returned_must_be_recorded() -> None:
    steps: list[Step] = [
        Open(),
        Threads(((HALF, QUARTER), (HALF,)), close_after=1),
        Close(),
        Read(),
    ]
    returned = StepObservation(returned=[[0], []])
    assert found(steps, {1: returned, 3: rows((1, 0.5))}) == []
    assert [each.kind for each in found(steps, {1: returned, 3: rows()})] == ["lost"]
    raised = StepObservation(returned=[[0], []], problem="in one of 2 threads, KeyError")
    assert [each.kind for each in found(steps, {1: raised, 3: rows((1, 0.5))})] == ["raised"]


def test_only_calls_of_processes_that_returned_must_be_recorded() -> None:
    steps: list[Step] = [Processes(((HALF,), (QUARTER,))), Read()]
    assert (
        found(steps, {0: StepObservation(returned=[[0], [0]]), 1: rows((2, 0.25), (1, 0.5))}) == []
    )
    killed: list[Step] = [Killed((HALF, QUARTER), within=1), Read()]
    assert found(killed, {0: StepObservation(returned=[[0]]), 1: rows((1, 0.5))}) == []
    assert found(killed, {0: StepObservation(returned=[[0]]), 1: rows((1, 0.5), (2, 0.25))}) == []
    assert found(killed, {0: StepObservation(returned=[[0, 1]]), 1: rows((1, 0.5))})


@pytest.mark.parametrize(
    ("leave", "claims", "must"),
    [(Leave.EXIT, (), True), (Leave.AT_ONCE, (), False), (Leave.AT_ONCE, ("crash",), True)],
)
def test_a_child_that_leaves_at_once_must_have_written_where_the_store_claims_crash(
    leave: Leave, claims: tuple[str, ...], must: bool
) -> None:
    steps: list[Step] = [Forks((HALF,), leave=leave, write=True), Read()]
    seen = {0: StepObservation(returned=[[0], []])}
    assert bool(found(steps, {**seen, 1: rows((1, 0.5))}, *claims)) is must
    both = rows((1, 0.5))
    assert both.run_log is not None
    both.run_log.metrics.append(MetricRow(step=0, split="train", metrics={"child 0": 0.0}))
    assert found(steps, {**seen, 1: both}, *claims) == []


def test_a_reader_that_is_silent_now_and_then_is_the_fault_of_the_harness() -> None:
    silent = {4: StepObservation(problem="harness.read(params) returned None")}
    [difference] = found(TWO, silent)
    assert difference.kind == "harness at fault"
    assert difference.text.endswith("returned None, but returned a RunLog before")


def test_a_log_that_is_not_sound_is_the_fault_of_the_harness() -> None:
    unsound: Any = RunLog([None], {}, [])  # type: ignore[list-item]
    [difference] = found(TWO, {4: StepObservation(run_log=unsound)})
    assert difference.kind == "harness at fault"
    assert "harness.read(params) returned no sound RunLog: AttributeError" in difference.text


def test_a_run_that_ended_early_is_judged_as_far_as_it_went() -> None:
    assert [each.kind for each in found(TWO, {1: StepObservation(hung=True)}, until=2)] == ["hung"]
    assert found(TWO, {}, until=2) == []


class LosesEveryThird(MemoryHarness):
    """A harness whose reader loses rows."""

    def read(self, params: dict[str, Any]) -> RunLog:
        log = super().read(params)
        return RunLog(log.metrics[::3], log.hyperparams, log.artifacts[::3])


# A store may let NumPy warn of a masked value.
@pytest.mark.filterwarnings("ignore:Warning. converting a masked element to nan")
@pytest.mark.parametrize("harness", [MemoryHarness, LosesEveryThird])
def test_judging_changes_nothing_and_gives_the_same_again(harness: type[MemoryHarness]) -> None:
    subject = Subject(harness())

    @few(40)
    @given(programs(subject.claims))
    def judge_twice(program: Program) -> None:
        observation = run(program, subject)
        before = copy.deepcopy((program.identity, [vars(seen) for seen in observation.seen]))
        first = judged(program, observation, subject)
        assert judged(program, observation, subject) == first
        assert repr(before) == repr((program.identity, [vars(seen) for seen in observation.seen]))
        assert first == [] or harness is LosesEveryThird

    judge_twice()
    subject.discard()


def test_a_step_without_a_call_is_named_in_words() -> None:
    names: list[tuple[Step, str]] = [
        (Drop(), "the garbage collection did not return"),
        (Open(), "building the store did not return"),
        (Read(), "harness.read(params) did not return"),
        (Threads(((HALF,),)), "a thread did not return"),
        (Processes(((HALF,),)), "a process did not return"),
        (Killed((HALF,)), "a child process did not return"),
    ]
    for step, said in names:
        [difference] = found([step], {0: StepObservation(hung=True)})
        assert difference.text == said

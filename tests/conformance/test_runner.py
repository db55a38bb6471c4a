"""Running checks without pytest: verdicts, what failed, stores that hang or fail now and then."""

import re
import subprocess
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis.errors import HypothesisWarning

from evsys_conformance import StoreHarness
from evsys_conformance.checks import all_checks
from evsys_conformance.judging.differences import listed_texts
from evsys_conformance.judging.expected import Point, Record, expected_points
from evsys_conformance.judging.judge import judged
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Make, logged
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running import runner
from evsys_conformance.running.check import Check, Programs, Strategies
from evsys_conformance.running.interpreter import run
from evsys_conformance.running.runner import Outcome, run_check
from evsys_conformance.verdicts import Effort, Verdict
from evsys_sdk import RunLog
from zoo.backends.memory import Memory, MemoryHarness


def harness_of(store: type[Memory], **attributes: Any) -> StoreHarness:
    """A harness for a store that lives where :class:`Memory` does."""
    made = type("PlantedHarness", (MemoryHarness,), {"store": store, **attributes})
    harness: StoreHarness = made()
    return harness


def _check(name: str) -> Check:
    return next(check for check in all_checks() if check.name == name)


def _run_clause(clause: str) -> list[Outcome]:
    subject = Subject(harness_of(Memory), "zoo.backends.memory:MemoryHarness")
    try:
        return [
            run_check(check, subject, Effort.QUICK)
            for check in all_checks()
            if check.clause.id == clause
        ]
    finally:
        subject.discard()


def _run(name: str, store: type[Memory] = Memory, read: Any = None) -> Outcome:
    harness = harness_of(store, read=read) if read else harness_of(store)
    subject = Subject(harness, "zoo.backends.memory:MemoryHarness")
    try:
        return run_check(_check(name), subject, Effort.QUICK, 1)
    finally:
        subject.discard()


@pytest.mark.parametrize("clause", ["ID-1", "ID-4", "SIG-1", "MET-1", "MET-7", "HP-3", "CL-3"])
def test_a_correct_store_passes(clause: str) -> None:
    outcomes = _run_clause(clause)
    assert outcomes
    assert {outcome.verdict for outcome in outcomes} == {Verdict.PASSED}


def test_a_clause_that_is_not_claimed_is_not_run() -> None:
    outcomes = _run_clause("CAP-CRASH")
    assert {outcome.verdict for outcome in outcomes} == {Verdict.NOT_CLAIMED}
    assert not any(outcome.examples for outcome in outcomes)


def test_without_a_reader_a_check_is_not_observed() -> None:
    def read(_self: Any, _params: dict[str, Any]) -> None:
        return None

    assert _run("every_item_is_recorded_once", read=read).verdict is Verdict.NOT_OBSERVED
    assert _run("metrics_are_not_changed", read=read).verdict is Verdict.PASSED


def test_a_reader_that_is_silent_now_and_then_is_a_violation() -> None:
    seen: list[str] = []

    def read(_self: Any, params: dict[str, Any]) -> RunLog | None:
        seen.append(params["destination"])
        return MemoryHarness().read(params) if len(seen) % 2 else None

    outcome = _run("every_item_is_recorded_once", read=read)
    assert outcome.verdict is Verdict.FAILED
    assert "but returned a RunLog before" in outcome.message


def test_where_nothing_is_found_the_reader_may_be_at_fault() -> None:
    def read(_self: Any, _params: dict[str, Any]) -> RunLog:
        return RunLog([], {}, [])

    outcome = _run("a_reader_finds_a_single_scalar", read=read)
    assert outcome.verdict is Verdict.FAILED
    assert "look at whether the reader reads where the store writes" in outcome.message


class LosesNegative(Memory):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, {key: v for key, v in points.items() if not v < 0})


class LosesEverything(Memory):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        return


def test_a_violation_says_what_why_and_where() -> None:
    outcome = _run("every_item_is_recorded_once", LosesNegative)
    assert outcome.verdict is Verdict.FAILED
    said = outcome.message
    assert said.startswith("MET-1  Every item is recorded once\n\nmust: Every item of `metrics`")
    assert re.search(r"points (is|are) missing|is not recorded; expected", said)
    assert "If this fails, look at loops over metrics.items()" in said


def test_an_outcome_holds_the_program_that_failed_and_what_was_wrong_with_it() -> None:
    outcome = _run("every_item_is_recorded_once", LosesNegative)
    assert outcome.program is not None
    subject = Subject(harness_of(LosesNegative))
    try:
        again = judged(outcome.program, run(outcome.program, subject), subject)
    finally:
        subject.discard()
    assert again == outcome.found
    assert listed_texts(again) in outcome.message


def test_a_check_ends_at_the_first_program_that_fails() -> None:
    values: list[float] = []

    class LosesTheFirst(Memory):
        def record(self, step: int, split: str, points: dict[str, float]) -> None:
            values.extend(points.values())

    outcome = _run("every_item_is_recorded_once", LosesTheFirst)
    assert outcome.verdict is Verdict.FAILED
    assert outcome.program is not None
    made = [step.call for step in outcome.program.steps if isinstance(step, Make)]
    logged = Counter(point.value for record in _points(made) for point in record)
    assert Counter(values[-logged.total() :]) == logged, "no program came after the one that failed"


def _points(made: list[Call]) -> Iterable[list[Point]]:
    return expected_points([Record(call, 0) for call in made], split=True).values()


def test_the_script_of_a_violation_can_be_run() -> None:
    outcome = _run("a_reader_finds_a_single_scalar", LosesEverything)
    done = subprocess.run(
        [sys.executable, "-c", outcome.script],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert "RunLog(metrics=[MetricRow(step=1, split='train'" in done.stdout


class FailsNowAndThen(Memory):
    made = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        FailsNowAndThen.made += 1
        if FailsNowAndThen.made % 11:
            super().record(step, split, points)


def test_a_store_that_fails_now_and_then_fails() -> None:
    outcome = _run("a_closed_log_is_complete", FailsNowAndThen)
    assert outcome.verdict is Verdict.FAILED
    assert "expected" in outcome.message


class Hangs(Memory):
    def close(self) -> None:
        threading.Event().wait()


def test_a_call_that_does_not_return_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "HANG_SECONDS", 0.2)
    outcome = _run("closing_again_changes_nothing", Hangs)
    assert outcome.verdict is Verdict.FAILED
    assert "\nclose() did not return\n" in outcome.message
    assert "store.close()" in outcome.script


def test_an_error_inside_the_kit_is_not_a_verdict_on_the_store() -> None:
    def broken(_subject: Subject) -> Programs:
        yield logged([calls.scalar("loss", 0.5, 0)])
        raise ZeroDivisionError("a fault of the kit")

    check = _check("every_item_is_recorded_once")
    faulty = Check(check.clause, "broken", broken, None, 1.0, observes=False, direct=False)
    subject = Subject(harness_of(Memory))
    outcome = run_check(faulty, subject)
    subject.discard()
    assert outcome.verdict is Verdict.KIT_ERROR
    assert "a fault of the kit" in outcome.message


def test_effort_decides_the_number_of_examples() -> None:
    subject = Subject(harness_of(Memory))
    check = _check("calls_are_kept_in_order")
    examples = [
        run_check(check, subject, effort, 1).examples for effort in (Effort.QUICK, Effort.NORMAL)
    ]
    subject.discard()
    assert 0 < examples[0] < examples[1]


def test_the_same_seed_draws_the_same() -> None:
    drawn: list[list[str]] = []

    class Notes(Memory):
        def record(self, step: int, split: str, points: dict[str, float]) -> None:
            drawn[-1].append(f"{points} {step} {split}")
            super().record(step, split, points)

    for _ in range(2):
        drawn.append([])
        assert _run("calls_are_kept_in_order", Notes).verdict is Verdict.PASSED
    assert drawn[0] == drawn[1]


def test_what_a_store_warns_about_is_its_own_business() -> None:
    class Warns(Memory):
        def close(self) -> None:
            warnings.warn("flushing late", stacklevel=2)
            super().close()

    assert _run("closing_again_changes_nothing", Warns).verdict is Verdict.PASSED


@pytest.mark.parametrize("category", [HypothesisWarning, DeprecationWarning, UserWarning])
@pytest.mark.parametrize("store_filters", [False, True])
def test_a_warning_of_hypothesis_is_not_an_error_of_the_kit(
    category: type[Warning], store_filters: bool
) -> None:
    class TurnsWarningsIntoErrors(Memory):
        def close(self) -> None:
            if store_filters:
                warnings.simplefilter("error")
            super().close()

    def warned(drawn: Any) -> Any:
        warnings.warn("about this version of Python", category, stacklevel=1)
        return drawn

    def draw(subject: Subject) -> Strategies:
        strategies: Strategies = warned(cast("Any", check.draw)(subject))
        return {name: strategy.map(warned) for name, strategy in strategies.items()}

    check = _check("calls_are_kept_in_order")
    subject = Subject(harness_of(TurnsWarningsIntoErrors), "zoo.backends.memory:MemoryHarness")
    with warnings.catch_warnings(action="error"):
        outcome = run_check(replace(check, draw=draw), subject, Effort.QUICK, 1)
        with pytest.raises(category, match="filters are as before"):
            warnings.warn("filters are as before", category, stacklevel=1)
    subject.discard()
    assert outcome.verdict is Verdict.PASSED, outcome.message


class PausingStore(Memory):
    """Takes twice the time of a call up to which a store counts as quick."""

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        threading.Event().wait(0.01)
        super().log_metrics(metrics, step, split=split)


@pytest.mark.parametrize(("store", "most"), [(Memory, 1000), (PausingStore, 700)])
def test_a_check_of_a_long_run_makes_fewer_calls_of_a_slow_store(
    store: type[Memory], most: int
) -> None:
    subject = Subject(harness_of(store))
    try:
        run(logged(calls.metrics({"loss": 0.5}, n) for n in range(9)), subject)
        assert most / 7 < subject.affordable(1000) <= most
        subject.seconds = 100.0 * subject.calls
        assert subject.affordable(1000) == 100
    finally:
        subject.discard()


@pytest.mark.parametrize(("effort", "most"), [("QUICK", 250), ("NORMAL", 1000), ("DEEP", 1000)])
def test_quick_effort_makes_a_long_run_shorter_and_deep_no_longer(effort: str, most: int) -> None:
    subject = Subject(harness_of(Memory), volume=Effort[effort].volume)
    assert subject.affordable(1000) == most

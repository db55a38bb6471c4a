"""Running checks without pytest: verdicts, shrinking, stores that hang or fail now and then."""

import subprocess
import sys
import threading
import warnings
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis.errors import HypothesisWarning

from evsys_conformance import StoreHarness
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.pace import affordable
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running import runner
from evsys_conformance.running.check import Check, Strategies, all_checks
from evsys_conformance.running.runner import Effort, Outcome, Verdict, run_check, run_clause
from evsys_sdk import RunLog
from zoo.backends.memory import Memory, MemoryHarness


def harness_of(store: type[Memory], **attributes: Any) -> StoreHarness:
    """A harness for a store that lives where :class:`Memory` does."""
    made = type("PlantedHarness", (MemoryHarness,), {"store": store, **attributes})
    harness: StoreHarness = made()
    return harness


def _check(name: str) -> Check:
    return next(check for check in all_checks() if check.name == name)


def _run(name: str, store: type[Memory] = Memory, read: Any = None) -> Outcome:
    harness = harness_of(store, read=read) if read else harness_of(store)
    bench = Bench(harness, "zoo.backends.memory:MemoryHarness")
    try:
        return run_check(_check(name), bench, Effort.QUICK, 1)
    finally:
        bench.discard_destinations()


@pytest.mark.parametrize("clause", ["ID-1", "ID-4", "SIG-1", "MET-1", "MET-7", "HP-3", "CL-3"])
def test_a_correct_store_passes(clause: str) -> None:
    outcomes = run_clause(harness_of(Memory), clause)
    assert outcomes
    assert {outcome.verdict for outcome in outcomes} == {Verdict.PASSED}


def test_a_clause_that_is_not_claimed_is_not_run() -> None:
    outcomes = run_clause(harness_of(Memory), "CAP-CRASH")
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
    assert "has returned a RunLog before" in outcome.message


def test_a_reader_that_finds_nothing_is_told_apart_from_a_store_that_wrote_nothing() -> None:
    def read(_self: Any, _params: dict[str, Any]) -> RunLog:
        return RunLog([], {}, [])

    outcome = _run("a_reader_finds_a_single_scalar", read=read)
    assert outcome.verdict is Verdict.FAILED
    assert "it is your reader; if not, your store" in outcome.message


class LosesNegative(Memory):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, {key: v for key, v in points.items() if not v < 0})


def test_a_violation_is_shrunk_and_says_what_why_and_where() -> None:
    outcome = _run("every_item_is_recorded_once", LosesNegative)
    assert outcome.verdict is Verdict.FAILED
    said = outcome.message
    assert said.startswith("MET-1  Every item is recorded once\n\nmust: Every item of `metrics`")
    assert "is not recorded; expected -0.125 at step 0" in said
    assert "If this fails, look at loops over metrics.items()" in said
    logged = [line for line in outcome.script.splitlines() if ".log_" in line]
    assert len(logged) == 1, "the smallest sequence of calls is one call"


def test_the_script_of_a_violation_can_be_run() -> None:
    outcome = _run("every_item_is_recorded_once", LosesNegative)
    done = subprocess.run(
        [sys.executable, "-c", outcome.script],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert "RunLog(metrics=[MetricRow(step=0, split='train'" in done.stdout


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
    assert "did not return within" in outcome.message
    assert "store.close()" in outcome.script


def test_what_breaks_inside_the_kit_is_no_verdict_on_the_store() -> None:
    def broken(_trial: Any) -> None:
        raise ZeroDivisionError("a fault of the kit")

    check = _check("every_item_is_recorded_once")
    faulty = Check(check.clause, "broken", broken, None, 1.0, observes=False)
    bench = Bench(harness_of(Memory))
    outcome = run_check(faulty, bench)
    bench.discard_destinations()
    assert outcome.verdict is Verdict.KIT_ERROR
    assert "a fault of the kit" in outcome.message


def test_effort_decides_the_number_of_examples() -> None:
    bench = Bench(harness_of(Memory))
    check = _check("calls_are_kept_in_order")
    examples = [
        run_check(check, bench, effort, 1).examples for effort in (Effort.QUICK, Effort.NORMAL)
    ]
    bench.discard_destinations()
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

    def draw(bench: Bench) -> Strategies:
        strategies: Strategies = warned(cast("Any", check.draw)(bench))
        return {name: strategy.map(warned) for name, strategy in strategies.items()}

    check = _check("calls_are_kept_in_order")
    bench = Bench(harness_of(TurnsWarningsIntoErrors), "zoo.backends.memory:MemoryHarness")
    with warnings.catch_warnings(action="error"):
        outcome = run_check(replace(check, draw=draw), bench, Effort.QUICK, 1)
        with pytest.raises(category, match="filters are as before"):
            warnings.warn("filters are as before", category, stacklevel=1)
    bench.discard_destinations()
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
    bench = Bench(harness_of(store))
    trial = Trial(bench, _check("threads_keep_every_record").clause)
    try:
        # Also where it is the first to be run, as with --evsys-clause, and nothing is known yet.
        assert most / 7 < affordable(trial, 1000) <= most
        bench.seconds = 100.0 * bench.calls
        assert affordable(trial, 1000) == 100
    finally:
        bench.discard_destinations()


@pytest.mark.parametrize(("effort", "most"), [("QUICK", 250), ("NORMAL", 1000), ("DEEP", 1000)])
def test_quick_effort_makes_a_long_run_shorter_and_deep_no_longer(effort: str, most: int) -> None:
    bench = Bench(harness_of(Memory), volume=Effort[effort].volume)
    try:
        trial = Trial(bench, _check("threads_keep_every_record").clause)
        assert affordable(trial, 1000) == most
    finally:
        bench.discard_destinations()

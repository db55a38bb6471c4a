"""What a read shows of a call that was cut short by a kill stays so in later reads."""

import pytest

from evsys_conformance.judging.comparison import differences
from evsys_conformance.judging.expected import Record
from evsys_conformance.judging.precision import Precision
from evsys_conformance.judging.recorded_parts import with_recorded_parts
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.observation import StepObservation
from evsys_conformance.programs.program import Close, Killed, Make, Open, Read, Step
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from support.observed import found

EXACT = Precision()


def _log(
    *rows: tuple[int, dict[str, float]],
    hyperparams: dict[str, object] | None = None,
    artifacts: tuple[str, ...] = (),
    split: str = "train",
) -> RunLog:
    return RunLog(
        [MetricRow(step=step, split=split, metrics=items) for step, items in rows],
        hyperparams or {},
        [ArtifactPointer("model", path, "file") for path in artifacts],
    )


def _settled(before: list[Call], cut_short: Call, run_log: RunLog) -> list[Call]:
    """What is left of a call that was cut short, given what is read."""
    records = [Record(call, 0) for call in before]
    kept = with_recorded_parts([*records, Record(cut_short, 1, optional=True)], run_log, EXACT)
    assert kept[: len(records)] == records
    assert not any(record.optional for record in kept)
    assert {record.step for record in kept[len(records) :]} <= {1}
    return [record.call for record in kept[len(records) :]]


TWO = calls.metrics({"loss": 0.5, "acc": 1.0}, 3)
HALF = calls.metrics({"loss": 0.5}, 3)


@pytest.mark.parametrize(
    ("cut_short", "run_log", "there"),
    [
        (TWO, _log(), []),
        (TWO, _log((3, {"loss": 0.5})), [HALF]),
        (TWO, _log((3, {"loss": 0.5, "acc": 1.0})), [HALF, calls.metrics({"acc": 1.0}, 3)]),
        (TWO, _log((3, {"loss": 9.0})), []),
        (TWO, _log((4, {"loss": 0.5})), []),
        (calls.scalar("loss", 0.5, 3), _log((3, {"loss": 0.5})), [HALF]),
        (calls.metrics({"loss": 0.5}, 3, "val"), _log((3, {"loss": 0.5})), []),
        (
            calls.metrics({"loss": 0.5}, 3, "val"),
            _log((3, {"loss": 0.5}), split="val"),
            [calls.metrics({"loss": 0.5}, 3, "val")],
        ),
        (calls.metrics({}, 3), _log(), []),
        (calls.hyperparams({"lr": 1, "seed": 2}), _log(), []),
        (
            calls.hyperparams({"lr": 1, "seed": 2}),
            _log(hyperparams={"seed": 2, "lr": 0}),
            [calls.hyperparams({"seed": 2})],
        ),
        (calls.artifact("model", "a.pt"), _log(), []),
        (
            calls.artifact("model", "a.pt"),
            _log(artifacts=("a.pt",)),
            [calls.artifact("model", "a.pt")],
        ),
        (calls.artifact("model", "a.pt"), _log(artifacts=("b.pt",)), []),
    ],
)
def test_what_is_there_of_a_call_cut_short_is_kept(
    cut_short: Call, run_log: RunLog, there: list[Call]
) -> None:
    assert _settled([], cut_short, run_log) == there


def test_an_equal_earlier_record_is_not_taken_for_that_of_a_call_cut_short() -> None:
    assert _settled([HALF], HALF, _log((3, {"loss": 0.5}))) == []
    assert _settled([HALF], HALF, _log((3, {"loss": 0.5}), (3, {"loss": 0.5}))) == [HALF]
    again = calls.artifact("model", "a.pt")
    assert _settled([again], again, _log(artifacts=("a.pt",))) == []
    assert _settled([again], again, _log(artifacts=("a.pt", "a.pt"))) == [again]


def test_without_a_call_cut_short_nothing_changes() -> None:
    records = [Record(HALF, 0), Record(calls.hyperparams({"lr": 1}), 1)]
    assert with_recorded_parts(records, _log(), EXACT) == records


def test_records_of_a_later_instance_are_told_from_those_of_a_call_cut_short() -> None:
    records = [Record(HALF, 0, optional=True), Record(calls.scalar("loss", 0.25, 3), 1)]
    absent, present = _log((3, {"loss": 0.25})), _log((3, {"loss": 0.5}), (3, {"loss": 0.25}))
    for run_log in (absent, present):
        assert not list(differences(with_recorded_parts(records, run_log, EXACT), run_log, EXACT))
    assert list(differences(with_recorded_parts(records, absent, EXACT), present, EXACT))
    assert list(differences(with_recorded_parts(records, present, EXACT), absent, EXACT))


RESUMED: list[Step] = [
    Killed((HALF, calls.metrics({"loss": 1.0}, 4)), within=1),
    Read(),
    Open(),
    Make(calls.scalar("loss", 2.0, 5)),
    Close(),
    Read(),
]


@pytest.mark.parametrize(
    ("first", "second", "kinds"),
    [
        ((3,), (3, 5), []),
        ((3, 4), (3, 4, 5), []),
        ((3, 4), (3, 5), ["lost"]),
        ((3,), (3, 4, 5), ["invented"]),
    ],
)
def test_a_call_cut_short_neither_appears_nor_disappears_between_two_reads(
    first: tuple[int, ...], second: tuple[int, ...], kinds: list[str]
) -> None:
    values = {3: 0.5, 4: 1.0, 5: 2.0}
    logs = [_log(*((step, {"loss": values[step]}) for step in steps)) for steps in (first, second)]
    seen = {
        0: StepObservation(returned=[[0]]),
        1: StepObservation(run_log=logs[0]),
        5: StepObservation(run_log=logs[1]),
    }
    assert [difference.kind for difference in found(RESUMED, seen)] == kinds

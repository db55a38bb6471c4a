"""Logs of several threads or processes: any order that keeps the order of each of them."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.judging.comparison import differences
from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.expected import Record, named_arguments
from evsys_conformance.judging.precision import Precision
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from support.random_programs import few

CALLS = st.one_of(
    strategies.any_calls(st.sampled_from([None, "val"])), strategies.artifact_calls()
).filter(lambda call: call.method != "log_hyperparams")
HISTORIES = st.lists(st.lists(CALLS, max_size=5), min_size=2, max_size=4)


def _records(histories: Sequence[Sequence[Call]]) -> list[Record]:
    return [
        Record(call, 0, chain=number) for number, each in enumerate(histories, 1) for call in each
    ]


def _as_log(made: Sequence[Call]) -> RunLog:
    """The log of calls that were recorded in this order."""
    log = RunLog([], {}, [])
    for call in made:
        given = named_arguments(call)
        if call.method == "log_artifact":
            pointer = ArtifactPointer(given["name"], given["path"], given.get("kind", "file"))
            log.artifacts.append(pointer)
        else:
            items = given.get("metrics", {given.get("key"): given.get("value")})
            log.metrics.append(MetricRow(given["step"], given.get("split", "train"), items))
    return log


def _found(histories: Sequence[Sequence[Call]], recorded: Sequence[Call]) -> list[Difference]:
    return list(differences(_records(histories), _as_log(recorded), Precision()))


@st.composite
def _interleaved(draw: st.DrawFn) -> tuple[list[list[Call]], list[Call]]:
    """Histories, and all their calls in an order that keeps the order of each."""
    histories = draw(HISTORIES)
    turns = [number for number, history in enumerate(histories) for _ in history]
    iterators = [iter(history) for history in histories]
    return histories, [next(iterators[number]) for number in draw(st.permutations(turns))]


@few(50)
@given(_interleaved())
def test_any_order_that_keeps_that_of_each_writer_is_right(
    drawn: tuple[list[list[Call]], list[Call]],
) -> None:
    histories, recorded = drawn
    assert _found(histories, recorded) == []


@few(50)
@given(_interleaved(), st.data())
def test_a_call_that_is_missing_is_noticed(
    drawn: tuple[list[list[Call]], list[Call]], data: st.DataObject
) -> None:
    histories, recorded = drawn
    assume(recorded)
    place = data.draw(st.integers(0, len(recorded) - 1))
    assume(recorded[place].arguments[0] != {})
    kinds = {each.kind for each in _found(histories, recorded[:place] + recorded[place + 1 :])}
    assert kinds == {"lost"}


@few(50)
@given(_interleaved(), st.data())
def test_a_call_that_is_recorded_twice_is_noticed(
    drawn: tuple[list[list[Call]], list[Call]], data: st.DataObject
) -> None:
    histories, recorded = drawn
    assume(recorded)
    again = data.draw(st.sampled_from(recorded))
    assume(again.arguments[0] != {})
    assert {each.kind for each in _found(histories, [*recorded, again])} == {"doubled"}


MAKERS: dict[str, Callable[[int, int], Call]] = {
    "points of one key each": lambda writer, n: calls.metrics({f"writer {writer}": n / 8}, n),
    "points of a shared key": lambda writer, n: calls.metrics({"shared": n / 8}, n + 100 * writer),
    "artifacts": lambda writer, n: calls.artifact(f"writer {writer}", f"{n}.pt"),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_order_of_each_writer_must_be_kept(make: Callable[[int, int], Call]) -> None:
    histories = [[make(writer, n) for n in range(4)] for writer in range(3)]
    one, two, three = histories
    assert _found(histories, [*three, *one, *two]) == []
    [difference] = _found(histories, [*three, one[1], one[0], *one[2:], *two])
    assert difference.kind == "reordered"


def test_calls_that_several_writers_make_alike_may_be_in_any_order() -> None:
    histories = [
        [calls.scalar("a", 0.5, 0), calls.scalar("a", 1.0, 1), calls.artifact("m", "a.pt")],
        [calls.scalar("a", 1.0, 1), calls.scalar("a", 0.5, 0), calls.artifact("m", "a.pt")],
    ]
    for order in ([0, 1, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0]):
        points = [calls.scalar("a", (0.5, 1.0)[step], step) for step in order]
        assert _found(histories, [*points, histories[0][2], histories[0][2]]) == []


def test_a_value_under_the_step_of_another_writer_is_torn() -> None:
    histories = [[calls.scalar("a", float(writer), writer)] for writer in range(2)]
    torn = [calls.scalar("a", 1.0, 0), calls.scalar("a", 0.0, 1)]
    [difference] = _found(histories, torn)
    assert difference.kind == "lost"
    assert "2 of 2 points are missing; 2 points too many (logged 2)" in difference.text


def test_a_lost_artifact_is_named() -> None:
    histories = [[calls.artifact("model", f"{writer}.pt")] for writer in range(2)]
    [difference] = _found(histories, histories[0])
    assert difference.text == (
        "2 artifacts were logged, 1 are recorded; ('model', '1.pt', 'file',) is missing"
    )

"""The orders in which one thread may do what several threads did."""

from evsys_conformance.programs.program import Close, Make, Threads
from evsys_conformance.reduction.plainer import plain_call
from evsys_conformance.reduction.writers import in_sequence

FIRST, SECOND = plain_call("log_metrics", 0), plain_call("log_metrics", 1)
OTHER = plain_call("log_artifact")


def test_two_closes_alone_are_tried_before_the_calls_of_all_threads() -> None:
    raced = Threads(((FIRST, SECOND), (OTHER,)), close_after=1)
    orders = list(in_sequence(raced))
    assert orders[0] == [Close(0), Close(0)]
    assert orders[1] == [Make(FIRST), Close(0), Close(0)]
    assert [len(order) for order in orders] == [2, 3, 5, 5, 5]
    assert all(order.count(Close(0)) == 2 for order in orders)


def test_calls_are_tried_in_a_row_and_by_turns() -> None:
    orders = list(in_sequence(Threads(((FIRST, SECOND), (OTHER,)))))
    assert orders == [
        [Make(FIRST), Make(SECOND), Make(OTHER)],
        [Make(FIRST), Make(OTHER), Make(SECOND)],
    ]

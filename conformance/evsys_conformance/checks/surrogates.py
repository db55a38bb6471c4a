"""Checks that strings which are not text harm no other record: MET-6, HP-1 and ART-1.

The contract leaves open what becomes of such a call: it may record the string as it is or altered,
or raise any exception. So only the calls between are judged.
"""

from collections.abc import Callable, Iterable

from evsys_conformance import awkward
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Expect, Make, Program, Step, run_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check


@check("MET-6")
def keys_and_splits_that_are_not_text_harm_no_other_record(subject: Subject) -> Programs:
    """As a key of either method, alone and beside another, and as split."""
    yield _harm_no_other_record(
        lambda odd: (
            calls.scalar(odd, 0.5, 1),
            calls.metrics({odd: 0.5}, 1),
            calls.metrics({"beside": 0.5, odd: 0.25}, 1),
            calls.metrics({"of a split": 0.5}, 1, odd),
        ),
    )


@check("HP-1")
def hyperparams_that_are_not_text_harm_no_other_record(subject: Subject) -> Programs:
    """As a key and as a value, at the top and nested."""
    yield _harm_no_other_record(
        lambda odd: (
            calls.hyperparams({odd: 1}),
            calls.hyperparams({"value": odd}),
            calls.hyperparams({"nested": {"key": {odd: [odd]}}}),
        ),
    )


@check("ART-1")
def artifacts_that_are_not_text_harm_no_other_record(subject: Subject) -> Programs:
    """As name, path and kind."""
    yield _harm_no_other_record(
        lambda odd: (
            calls.artifact(odd, "a.pt"),
            calls.artifact("odd", odd),
            calls.artifact("odd", "a.pt", odd),
        ),
    )


def _harm_no_other_record(odd_calls: Callable[[str], Iterable[Call]]) -> Program:
    steps: list[Step] = [_good(0)]
    for n, call in enumerate((call for odd in awkward.NOT_TEXT for call in odd_calls(odd)), 1):
        steps += [Make(call, expect=Expect.NOT_JUDGED), _good(n)]
    return run_of(steps)


def _good(n: int) -> Make:
    """A call of each kind in turn, under names that no call with an odd string uses.

    Not all three each time: a store may write out its metrics when hyperparameters come.
    """
    kinds = (
        calls.metrics({"loss": n / 8, "acc": 0.5}, n),
        calls.hyperparams({f"good {n}": n, "good": n}),
        calls.artifact("model", f"{n}.pt"),
    )
    return Make(kinds[n % len(kinds)])

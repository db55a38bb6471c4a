"""Checks that strings which are not text harm no other record: MET-6, HP-1 and ART-1.

The contract leaves open what becomes of such a call: it may record the string as it is or altered,
or raise any exception. So only the calls between are judged.
"""

from collections.abc import Callable, Iterable

from evsys_conformance import awkward
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running.check import check


@check("MET-6")
def keys_and_splits_that_are_not_text_harm_no_other_record(trial: Trial) -> None:
    """As a key of either method, alone and beside another, and as split."""
    _harm_no_other_record(
        trial,
        lambda odd: (
            calls.scalar(odd, 0.5, 1),
            calls.metrics({odd: 0.5}, 1),
            calls.metrics({"beside": 0.5, odd: 0.25}, 1),
            calls.metrics({"of a split": 0.5}, 1, odd),
        ),
    )


@check("HP-1")
def hyperparams_that_are_not_text_harm_no_other_record(trial: Trial) -> None:
    """As a key and as a value, at the top and nested."""
    _harm_no_other_record(
        trial,
        lambda odd: (
            calls.hyperparams({odd: 1}),
            calls.hyperparams({"value": odd}),
            calls.hyperparams({"nested": {"key": {odd: [odd]}}}),
        ),
    )


@check("ART-1")
def artifacts_that_are_not_text_harm_no_other_record(trial: Trial) -> None:
    """As name, path and kind."""
    _harm_no_other_record(
        trial,
        lambda odd: (
            calls.artifact(odd, "a.pt"),
            calls.artifact("odd", odd),
            calls.artifact("odd", "a.pt", odd),
        ),
    )


def _harm_no_other_record(trial: Trial, odd_calls: Callable[[str], Iterable[Call]]) -> None:
    store = trial.open()
    good = [_good(0)]
    store.call(good[0])
    for call in (call for odd in awkward.NOT_TEXT for call in odd_calls(odd)):
        store.attempt(call)
        good.append(_good(len(good)))
        store.call(good[-1])
    store.close()
    trial.expect_among_others(good)


def _good(n: int) -> Call:
    """A call of each kind in turn, under names that no call with an odd string uses.

    Not all three each time: a store may write out its metrics when hyperparameters come.
    """
    kinds = (
        calls.metrics({"loss": n / 8, "acc": 0.5}, n),
        calls.hyperparams({f"good {n}": n, "good": n}),
        calls.artifact("model", f"{n}.pt"),
    )
    return kinds[n % len(kinds)]

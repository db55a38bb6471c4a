"""Random programs that keep the contract's own rules, drawn by Hypothesis."""

import functools
from collections.abc import Collection
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from evsys_conformance import awkward, strategies
from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import HERE, Call
from evsys_conformance.programs.program import (
    Caller,
    Close,
    Drop,
    Expect,
    Make,
    Open,
    Program,
    Read,
    Step,
    Threads,
    Through,
    logged,
    program,
    run_of,
)

Claims = Collection[str]
Makes = st.SearchStrategy[Make]


def few(examples: int) -> settings:
    """So many examples, the same ones in every run, and no smaller ones: they are small."""
    return settings(
        deadline=None,
        derandomize=True,
        database=None,
        max_examples=examples,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )


def valid_calls(claims: Claims) -> st.SearchStrategy[Call]:
    """Calls that every store must accept and record."""
    splits = strategies.usual_splits(claims)
    return st.one_of(
        strategies.any_calls(splits),
        strategies.metric_calls(
            keys=strategies.plain_texts(),
            of=strategies.values("float64" in claims),
            at=strategies.steps(),
            splits=splits,
        ),
        strategies.metric_calls(of=strategies.number_likes(), at=strategies.index_likes()),
        strategies.hyperparam_calls(),
        strategies.artifact_calls(),
        strategies.any_calls().map(lambda call: Call(call.method, (), named_arguments(call))),
    )


def _endless() -> Call:
    params = {"lr": 3, "bad": strategies.endless_list()}
    return Call("log_hyperparams", (params,), shown='{"lr": 3, "bad": endless_list()}')


def _refused(claims: Claims) -> Makes:
    """Calls with a bad argument, alone or beside good ones."""
    numbers, texts = st.sampled_from(strategies.NO_NUMBERS), st.sampled_from(strategies.NO_TEXTS)
    steps = st.sampled_from(strategies.NO_STEPS)
    no_json = st.sampled_from([object(), {object()}, [1, {"deep": object()}]])
    bad: list[st.SearchStrategy[Call]] = [
        numbers.map(lambda value: calls.scalar("loss", value, 1)),
        numbers.map(lambda value: calls.metrics({"loss": 0.5, "bad": value, "acc": 1.0}, 1)),
        texts.map(lambda key: calls.metrics({key: 0.5, "loss": 0.25}, 1)),
        steps.map(lambda step: calls.metrics({"loss": 0.5}, step)),
        no_json.map(lambda value: calls.hyperparams({"lr": 2, "bad": value})),
        st.sampled_from([{1: "one"}, {"lr": 9, None: 1}]).map(calls.hyperparams),
        st.builds(_endless),
    ]
    if "split" in claims:
        bad.append(texts.map(lambda split: Call("log_metrics", ({"a": 1.0}, 1), {"split": split})))
    return st.one_of(bad).map(lambda call: Make(call, expect=Expect.REFUSED, because="it is bad"))


def _type_errors() -> Makes:
    """Calls that no signature takes."""
    return st.sampled_from(
        [
            Call("log_scalar", ("loss", 0.5, 1), {awkward.UNKNOWN: 1}),
            Call("log_metrics", ({"loss": 0.5}, 1, "val")),
            Call("log_artifact", ("model", "a.pt", "checkpoint")),
            Call("close", (), {awkward.UNKNOWN: 1}),
        ]
    ).map(lambda call: Make(call, expect=Expect.TYPE_ERROR, because="no signature takes it"))


def _kept_or_refused(claims: Claims) -> Makes:
    """Calls with text that a store may refuse, and with hyperparameters that are not finite."""
    texts = strategies.other_texts()
    paths = st.one_of(texts, st.just(f"{HERE}/model.pt"))
    text_calls = [
        texts.map(lambda text: calls.scalar(text, 0.5, 1)),
        texts.map(lambda text: calls.metrics({"loss": 0.5, text: 0.25}, 1)),
        paths.map(lambda text: calls.artifact(text, "a.pt")),
        paths.map(lambda text: calls.artifact("model", text, text)),
        st.just(calls.hyperparams({"": 2, "seed": 3})),
    ]
    if "split" in claims:
        text_calls.append(texts.map(lambda split: calls.metrics({"loss": 0.5}, 1, split)))
    nonfinite = st.sampled_from(["nan", "inf", "-inf"]).map(
        lambda name: calls.hyperparams({"not finite": [1, {"a": float(name)}]})
    )
    return st.one_of(
        st.one_of(text_calls).map(lambda call: Make(call, expect=Expect.KEPT_OR_REFUSED)),
        nonfinite.map(lambda call: Make(call, expect=Expect.KEPT_OR_VALUE_ERROR)),
    )


def _not_judged() -> Makes:
    """Calls with strings that are not text, under names that no other call has."""
    odd = st.sampled_from(awkward.NOT_TEXT)
    odd_calls = st.one_of(
        odd.map(lambda text: calls.metrics({"beside": 0.5, text: 0.25}, 1)),
        odd.map(lambda text: calls.metrics({"of a split": 0.5}, 1, text)),
        odd.map(lambda text: calls.hyperparams({"odd": {"deep": [text]}})),
        odd.map(lambda text: calls.artifact("odd", text)),
    )
    return odd_calls.map(lambda call: Make(call, expect=Expect.NOT_JUDGED))


def _held(claims: Claims) -> Makes:
    """Valid calls, and bad ones, whose caller holds on to the arguments."""
    by_position = valid_calls(claims).filter(lambda call: bool(call.arguments))
    callers = st.sampled_from([Caller.WATCHES, Caller.CHANGES, Caller.SHARES])
    reused = strategies.metric_calls().filter(lambda call: call.method == "log_metrics")
    return st.one_of(
        st.tuples(by_position, callers).map(lambda drawn: Make(drawn[0], caller=drawn[1])),
        reused.map(lambda call: Make(call, caller=Caller.REUSES)),
    )


def makes(claims: Claims) -> Makes:
    """Calls of every kind, most of them valid."""
    valid = valid_calls(claims).map(Make)
    others = (_refused(claims), _type_errors(), _kept_or_refused(claims), _not_judged())
    return st.one_of(valid, valid, *others, _held(claims))


def programs(claims: Claims) -> st.SearchStrategy[Program]:
    """Programs as checks yield them, without threads and processes."""
    # Made once: Hypothesis looks through a strategy that is new.
    some, valid = st.lists(makes(claims), max_size=6), st.lists(valid_calls(claims), max_size=6)
    shapes = [_one_life(some), _several_stores(makes(claims)), _wrapped(valid)]
    return st.one_of([*shapes, *[_sessions(some)] * ("resume" in claims)])


def _one_life(some: st.SearchStrategy[list[Make]]) -> st.SearchStrategy[Program]:
    """A store that is written to, closed, written to again, and read several times."""
    ending = st.lists(st.sampled_from([Close(), Read()]), max_size=3)
    end: st.SearchStrategy[list[Step]] = st.sampled_from([[Read()], [Drop(), Read()]])
    return st.builds(_life, some, some, ending, end)


def _life(early: list[Make], late: list[Make], ending: list[Step], end: list[Step]) -> Program:
    return program(Open(), early, Close(), late, ending, end)


@st.composite
def _several_stores(draw: st.DrawFn, make: Makes) -> Program:
    """Calls to several stores in turn, each at its own destination.

    The second store may get the first one's objects.
    """
    stores = range(draw(_TWO_OR_THREE))
    drawn = draw(_turns(make))
    turns = [
        Make(each.call, which % len(stores), each.expect, each.because, each.caller)
        for which, each in drawn
    ]
    shared = draw(_SHARED)
    closed_early = draw(_CLOSED_EARLY)
    cut = len(turns) // 2
    return program(
        (Open(n, n, same_objects_as=shared if n == 1 else None) for n in stores),
        turns[:cut],
        [Close(0)] * closed_early,
        turns[cut:],
        (Close(n) for n in stores),
        [Drop(0)] * closed_early,
        (Read(n) for n in stores),
    )


_TWO_OR_THREE = st.integers(2, 3)
_SHARED = st.sampled_from([None, 0])
_CLOSED_EARLY = st.booleans()


@functools.cache
def _turns(make: Makes) -> st.SearchStrategy[list[tuple[int, Make]]]:
    return st.lists(st.tuples(st.integers(0, 5), make), max_size=8)


def _sessions(some: st.SearchStrategy[list[Make]]) -> st.SearchStrategy[Program]:
    """Instances that continue one log, one after another."""
    return st.lists(some, min_size=2, max_size=4).map(_one_after_another)


def _one_after_another(sessions: list[list[Make]]) -> Program:
    steps: list[Step] = []
    for session in sessions:
        steps += [Open(), *session, Close(), Read()]
    return program(steps)


def _wrapped(valid: st.SearchStrategy[list[Call]]) -> st.SearchStrategy[Program]:
    """A store inside an object that hands calls on."""
    return st.tuples(valid, st.sampled_from(Through)).map(
        lambda drawn: logged(drawn[0], through=drawn[1])
    )


def thread_programs(claims: Claims, *, closing: bool = True) -> st.SearchStrategy[Program]:
    """Threads that write to one store; with ``closing`` it may be closed meanwhile.

    A store of any precision keeps their values exactly: points of threads are told by them.
    """
    drawn = st.one_of(
        strategies.any_calls(strategies.usual_splits(claims)),
        strategies.hyperparam_calls(),
        strategies.artifact_calls(),
    )
    histories: st.SearchStrategy[tuple[tuple[Call, ...], ...]] = st.lists(
        st.lists(drawn, max_size=5).map(tuple), min_size=1, max_size=3
    ).map(tuple)
    close_after: st.SearchStrategy[Any] = st.sampled_from([None, 0, 2]) if closing else st.none()
    return st.builds(_beside, st.lists(drawn, max_size=2), histories, close_after)


def _beside(
    before: list[Call], histories: tuple[tuple[Call, ...], ...], close_after: int | None
) -> Program:
    if close_after is not None:
        close_after = min(close_after, max(map(len, histories)))
    return run_of(map(Make, before), Threads(histories, close_after=close_after))

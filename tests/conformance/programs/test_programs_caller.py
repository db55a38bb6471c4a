"""Arguments that the caller watches: they must stay what they are."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Caller,
    Close,
    Drop,
    Expect,
    Make,
    Open,
    Program,
    program,
)
from evsys_conformance.strategies import NumberLike
from support.planted import found
from zoo.backends.memory import Memory

pytestmark = pytest.mark.usefixtures("quick_collections")
Do = Callable[[dict[str, Any]], Any]


def watched(call: Call, **expecting: Any) -> Program:
    return program(Open(), Make(call, caller=Caller.WATCHES, **expecting), Close(), Drop())


class Changing(Memory):
    """Changes what it is handed, by the name of what is done to it."""

    do: Do

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        try:
            super().take_metrics(dict(metrics), step, split)
        finally:
            type(self).do(metrics)

    def take_hyperparams(self, params: Any) -> None:
        try:
            super().take_hyperparams(copy.copy(params))
        finally:
            type(self).do(params)


def changing(do: Do) -> type[Memory]:
    return type("Changes", (Changing,), {"do": staticmethod(do)})


CHANGES: list[tuple[Do, str]] = [
    (lambda items: items.clear(), "the keys were ['loss', 'acc'] and are now []"),
    (lambda items: items.update(x=1), "and are now ['loss', 'acc', 'x']"),
    (lambda items: items.update(loss=items.pop("loss")), "and are now ['acc', 'loss']"),
    (lambda items: items.update(acc=1), "['acc'] was True (bool) and is another object now: 1"),
    (
        lambda items: setattr(items["loss"], "value", 7.0),
        "['loss'] was 0.5 and is 7.0 now",
    ),
]


@pytest.mark.parametrize(("do", "said"), CHANGES)
def test_a_watched_argument_must_stay_what_it_is(do: Do, said: str) -> None:
    call = calls.metrics({"loss": NumberLike(0.5), "acc": True}, 0)
    assert found(watched(call)) == []
    [difference] = found(watched(call), changing(do))
    assert (difference.kind, difference.place) == ("arguments changed", 1)
    assert difference.text.startswith("the call changed the caller's arguments: ")
    assert said in difference.text


DEEP_CHANGES: list[tuple[Do, str]] = [
    (lambda items: items["deep"][0].append(3), "the list ['deep'][0] had 2 items and has 3"),
    (lambda items: items["deep"][1].clear(), "the keys of ['deep'][1] were ['a']"),
    (lambda items: items["deep"].reverse(), "['deep'][0] was [1, 2] (list)"),
    (lambda items: items.update(deep=list(items["deep"])), "['deep'] was [[1, 2], "),
]


@pytest.mark.parametrize(("do", "said"), DEEP_CHANGES)
def test_a_watched_argument_is_looked_through_at_every_depth(do: Do, said: str) -> None:
    call = calls.hyperparams({"deep": [[1, 2], {"a": 1}]})
    assert found(watched(call)) == []
    [difference] = found(watched(call), changing(do))
    assert said in difference.text


def test_an_argument_passed_by_keyword_is_watched_too() -> None:
    call = Call("log_hyperparams", (), {"params": {"a": 1}})
    assert found(watched(call)) == []
    [difference] = found(watched(call), changing(lambda items: items.clear()))
    assert difference.kind == "arguments changed"


def test_a_refused_call_must_leave_its_arguments_alone() -> None:
    call = calls.metrics({"loss": 0.5, "bad": "1.5"}, 0)
    program = watched(call, expect=Expect.REFUSED, because="it is a string")
    assert found(program) == []
    [difference] = found(program, changing(lambda items: items.pop("bad")))
    assert difference.kind == "arguments changed"


class SpoilsAtClose(Memory):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        self.kept = metrics
        super().take_metrics(metrics, step, split)

    def release(self) -> None:
        self.kept.clear()


def test_close_must_leave_the_arguments_of_earlier_calls_alone_and_is_named() -> None:
    [difference] = found(watched(calls.metrics({"loss": 0.5}, 0)), SpoilsAtClose)
    assert difference.place == 2
    assert difference.text.startswith("close() changed the caller's arguments: the keys were")


class SpoilsWhenCollected(SpoilsAtClose):
    def release(self) -> None:
        """Keep it for longer."""

    def __del__(self) -> None:
        self.kept.clear()


def test_collecting_a_store_must_leave_the_arguments_alone() -> None:
    [difference] = found(watched(calls.metrics({"loss": 0.5}, 0)), SpoilsWhenCollected)
    assert difference.text.startswith("the garbage collection changed the caller's arguments")

"""Objects that the caller changes, uses again, or hands to two stores."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from evsys_conformance.programs import calls
from evsys_conformance.programs.arguments import change
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Caller, Close, Make, Open, Read, program, run_of
from evsys_conformance.strategies import NumberLike
from evsys_sdk import MetricRow
from support.planted import found
from zoo.backends.memory import Memory, MemoryBack, MemoryHarness
from zoo.front import Forbidding, Front


class KeepsTheObject(Memory):
    """Keeps what it is handed until it is read."""

    def points(self, metrics: Any) -> dict[str, float]:
        super().points(metrics)
        kept: dict[str, float] = metrics
        return kept

    def hyperparams(self, params: Any) -> dict[str, Any]:
        super().hyperparams(params)
        kept: dict[str, Any] = params
        return kept


class KeepsNumbers(Memory):
    def points(self, metrics: Any) -> dict[str, float]:
        super().points(metrics)
        return dict(metrics)


@pytest.mark.parametrize(
    ("call", "store"),
    [
        (calls.metrics({"loss": 0.5, "acc": 1.0}, 0), KeepsTheObject),
        (calls.metrics({"loss": np.array(0.5)}, 0), KeepsNumbers),
        (calls.metrics({"loss": NumberLike(0.5)}, 0), KeepsNumbers),
        (calls.hyperparams({"deep": {"list": [1, (2, [3])]}}), KeepsTheObject),
    ],
)
def test_a_caller_may_change_its_arguments_after_the_call(call: Call, store: type[Memory]) -> None:
    before = call.code()
    program = run_of(Make(call, caller=Caller.CHANGES))
    assert found(program) == []
    kinds = {each.kind for each in found(program, store)}
    assert kinds <= {"altered", "mixed up", "under another split", "invented"}
    assert found(program, store)
    assert call.code() == before, "a change of an argument is not part of the program"


def test_a_change_reaches_everything_that_can_be_changed() -> None:
    given: dict[str, Any] = {"a": 1, "list": [1, (2, [3])], "number": NumberLike(0.5), "last": 0}
    change(given)
    assert list(given) == ["a", "list", "number", "changed by the caller"]
    assert given["a"] == 9
    assert given["list"] == [1, (2, [3, 9]), 9]
    array, number, text = np.array([1.0, 2.0]), NumberLike(0.5), "text"
    change((array, number, text, Decimal(1)))
    assert array.tolist() == [0.0, 0.0]
    assert float(number) == 9.0


REUSED = run_of(
    Make(calls.metrics({"loss": n / 8, f"only {n}": 1.0}, n), caller=Caller.REUSES)
    for n in range(3)
)


def test_a_caller_may_fill_one_dict_for_every_call() -> None:
    assert found(REUSED) == []
    assert {each.kind for each in found(REUSED, KeepsTheObject)} == {"lost"}


class MarksTheObject(Memory):
    """Leaves a mark in hyperparameters, and records it where it finds one."""

    def hyperparams(self, params: Any) -> dict[str, Any]:
        found = super().hyperparams(params)
        params["mark"] = 1
        return found


@pytest.mark.parametrize(("caller", "kinds"), [(Caller.SHARES, {"invented"}), (Caller.FORGETS, {})])
def test_equal_calls_of_several_stores_get_the_same_objects(
    caller: Caller, kinds: set[str]
) -> None:
    call = calls.hyperparams({"lr": 1})
    steps = program(
        *(Open(0, 0), Open(1, 1)),
        *(Make(call, 0, caller=caller), Make(call, 1, caller=caller)),
        *(Close(0), Close(1), Read(0), Read(1)),
    )
    assert found(steps) == []
    assert {each.kind for each in found(steps, MarksTheObject)} == set(kinds)


class Part(BaseModel):
    number: int = 0


class Tagged(MemoryBack, Front):
    """Changes what it is configured with, and records what it found there."""

    name = "tagged"

    class Config(Forbidding):
        destination: str
        tags: list[str]
        part: Part

    def __init__(self, *, destination: str, tags: list[str], part: Part) -> None:
        super().__init__(destination=destination)
        tags.append("mine")
        part.number += 1
        self.log.metrics.append(MetricRow(0, "train", {"tags": len(tags), "part": part.number}))


class TaggedHarness(MemoryHarness):
    def params(self, directory: Path) -> dict[str, Any]:
        return {"destination": str(directory), "tags": [], "part": {}}


@pytest.mark.parametrize(("same", "tags"), [(None, 1), (0, 2)])
def test_two_stores_can_be_built_from_the_same_objects(same: int | None, tags: int) -> None:
    steps = program(
        *(Open(0, 0), Open(1, 1, same_objects_as=same), Close(0), Close(1), Read(0), Read(1))
    )
    texts = [each.text for each in found(steps, Tagged, TaggedHarness)]
    assert texts == [
        f"key '{key}', split 'train' was never logged, but is recorded: {number} at step 0"
        for number in (1, tags)
        for key in ("tags", "part")
    ]

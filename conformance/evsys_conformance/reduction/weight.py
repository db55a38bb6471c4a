"""How far a program is from the plainest one: a reduction must make it less with each step."""

from typing import Any, cast

from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Caller,
    Expect,
    Forks,
    Killed,
    Make,
    Open,
    Processes,
    Program,
    Step,
    Threads,
    Through,
)
from evsys_conformance.reduction.plainer import (
    HYPERPARAM,
    KEY,
    NAME,
    OTHER_SPLITS,
    PATH,
    RARE_SPLIT,
    SECOND,
    SETTING,
    STEP,
    VALUE,
    is_numbered,
)
from evsys_conformance.reduction.writers import calls_of

_FIRST = 50
"""Only this many calls of a writer are weighed: there may be thousands, all alike."""

Weight = tuple[int, int, int, int]

_ODD = 10
"""The weight of anything that is not plain; a longer one weighs more."""

_EXPECTED = {Expect.ACCEPTED: 0, Expect.REFUSED: 1, Expect.TYPE_ERROR: 1}
"""What every store must do with a call says more than what some may do."""


def weight(program: Program) -> Weight:
    """What is around the calls, their number, the number of steps, and what is in the calls."""
    surroundings = calls = content = number = 0
    for step in program.steps:
        surroundings += _surroundings(step)
        calls += len(calls_of(step))
        if isinstance(step, Make):
            content += _call_weight(step.call, number) + _EXPECTED.get(step.expect, 5 * _ODD)
            number += 1
        else:
            content += _inside(step)
    return surroundings, calls, len(program.steps), content


def _surroundings(step: Step) -> int:
    match step:
        case Open():
            wrapped = step.through is not Through.NOTHING
            return wrapped + (step.same_objects_as is not None) + (step.destination > 0)
        case Make():
            return int(step.caller is not Caller.FORGETS)
        case Threads():
            return 10 + len(step.histories)
        case _:
            return 10 if calls_of(step) else 0


def _inside(step: Step) -> int:
    match step:
        case Killed():
            own = step.within + (_ODD if step.pause is not None else 0)
            return own + _calls(step.calls)
        case Threads():
            late = step.close_after or 0
            return step.giving_way + late + sum(map(_calls, step.histories))
        case Processes():
            return sum(map(_calls, step.histories))
        case Forks():
            return step.write + step.beside_a_writer + _calls(step.calls)
        case _:
            return 0


def _calls(history: tuple[Call, ...]) -> int:
    """What is in the calls of one writer; of a long history in those that come first."""
    return sum(_call_weight(call, place) for place, call in enumerate(history[:_FIRST]))


def _call_weight(call: Call, place: int) -> int:
    if call.shown or call.method == "close":
        return _ODD
    given = named_arguments(call)
    total = 2 * _ODD * len(call.keywords)
    total += sum(map(_keyword, call.keywords.values()))
    match call.method:
        case "log_metrics":
            items = cast("dict[Any, Any]", given["metrics"])
            total += sum(map(_item, items.items())) + _step(given["step"], place)
            total += 0 if items else _ODD  # A call without an item is rarer than one with an item.
        case "log_scalar":
            total += 2 + _item((given["key"], given["value"])) + _step(given["step"], place)
        case "log_hyperparams":
            total += 1 + _json(given["params"])
        case _:
            total += 1 + _text(given["name"], NAME) + _text(given["path"], PATH)
    return total


def _keyword(value: Any) -> int:
    if value == RARE_SPLIT:
        return 1
    return 0 if value in OTHER_SPLITS else _odd(value)


def _item(item: tuple[Any, Any]) -> int:
    key, value = item
    if type(value) is float:
        return 1 + _text(key, KEY) + (0 if value == VALUE else _odd(value))
    # Anything else is turned into a float, which is one thing more that may go wrong.
    return 1 + _text(key, KEY) + 2 * _ODD + _odd(value)


def _step(step: Any, place: int) -> int:
    if type(step) is int and step in (place, STEP):
        return int(step != place)
    return _odd(step)


def _text(text: Any, plain: str) -> int:
    if text == plain:
        return 0
    return 1 if text == SECOND[plain] or is_numbered(text, plain) else _odd(text)


def _json(value: Any) -> int:
    match value:
        case dict():
            items = cast("dict[object, Any]", value).items()
            return 2 + sum(1 + _text(key, HYPERPARAM) + _json(item) for key, item in items)
        case list() | tuple():
            return 2 + sum(1 + _json(item) for item in cast("list[object]", value))
        case int() if type(value) is int and value == SETTING:
            return 0
        case _:
            return _odd(value)


def _odd(value: Any) -> int:
    try:
        size = len(repr(value))
    except (ValueError, RecursionError):
        return 1000
    if isinstance(value, str) and len(set(value)) == 1:
        size -= 1  # The same character again and again is plainer than a mixture.
    if type(value) in (int, float):
        size -= 1  # A number of the usual type is plainer than any other.
    return _ODD + size

"""Prints calls as Python, runs of similar ones as loops."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evsys_conformance.programs.calls import Call, source

_FEWEST = 3
"""So many similar calls in a row are a loop."""
_MOST_EXACT = 2**53
"""Up to here each integer is a float."""
_PLACE_OF_STEP = {"log_scalar": 2, "log_metrics": 1}


@dataclass(frozen=True)
class Run:
    """Calls in a row that print as one line, or as one loop."""

    lines: list[str]
    length: int = 1
    first: int = 0
    """What a loop counts from."""


def lines_of(calls: Sequence[Call], store: str) -> Iterator[str]:
    """Lines that make the calls on the store of that name, in order."""
    for run in runs_of(calls, store):
        yield from run.lines


def runs_of(calls: Sequence[Call], store: str, *, by_step: bool = False) -> Iterator[Run]:
    """The calls in runs; with ``by_step`` each loop counts steps, in a variable ``step``."""
    done = 0
    while done < len(calls):
        loops = (_rising,) if by_step else (_equal, _rising, _numbered)
        found = (loop(calls, done, store) for loop in loops)
        single = Run([calls[done].code(store)])
        run = next((each for each in found if each.length >= _FEWEST), single)
        yield run
        done += run.length


_NONE = Run([], 0)


def _equal(calls: Sequence[Call], start: int, store: str) -> Run:
    """The calls in a row that are the same."""
    line = calls[start].code(store)
    length = _length(calls, start, lambda _: line, store)
    return Run([f"for _ in range({length}):", f"    {line}"], length)


def _rising(calls: Sequence[Call], start: int, store: str) -> Run:
    """The calls that differ only by steps that count up, and values that rise with the step."""
    call = calls[start]
    place = _PLACE_OF_STEP.get(call.method)
    if place is None or len(call.arguments) <= place or type(call.arguments[place]) is not int:
        return _NONE
    first: int = call.arguments[place]
    later = calls[min(start + 1, len(calls) - 1)].arguments
    if len(later) != len(call.arguments):
        return _NONE
    shown = [_along(*pair, first) for pair in zip(call.arguments, later, strict=True)]
    shown[place] = lambda step: "step" if step is None else str(step)
    keywords = [f"{name}={source(value)}" for name, value in call.keywords.items()]

    def line(step: int | None) -> str:
        given = [*(each(step) for each in shown), *keywords]
        return f"{store}.{call.method}({', '.join(given)})"

    length = _length(calls, start, lambda n: line(first + n), store)
    steps = f"{length}" if first == 0 else f"{first}, {first + length}"
    return Run([f"for step in range({steps}):", f"    {line(None)}"], length, first)


def _numbered(calls: Sequence[Call], start: int, store: str) -> Run:
    """The calls in a row that differ only by a number in the name, and have no step."""
    line = calls[start].code(store)
    found = re.search(r"'([^'{}\\\\]* )(\d+)'", line)
    if calls[start].method in _PLACE_OF_STEP or found is None:
        return _NONE
    before, first, after = line[: found.start()], int(found[2]), line[found.end() :]
    length = _length(calls, start, lambda n: f"{before}'{found[1]}{first + n}'{after}", store)
    numbers = f"{length}" if first == 0 else f"{first}, {first + length}"
    shown = f"{before}f'{found[1]}{{n}}'{after}"
    return Run([f"for n in range({numbers}):", f"    {shown}"], length, first)


def _along(value: Any, later: Any, step: int) -> Callable[[int | None], str]:
    """Prints what is ``value`` at a step and ``later`` at the next one: at any step, or for all."""
    types: set[type[Any]] = {type(value), type(later)}
    if types == {dict} and [*value] == [*later]:
        items = {source(key): _along(each, later[key], step) for key, each in value.items()}
        return lambda at: "{" + ", ".join(f"{key}: {item(at)}" for key, item in items.items()) + "}"
    divisor = _divisor(later, step + 1) if types == {float} and value != later else 0
    if divisor and step / divisor == value:
        return lambda at: f"step / {divisor}" if at is None else source(at / divisor)
    return lambda _: source(value)


def _divisor(value: float, step: int) -> int:
    """The whole number that divides the step to make the value; 0 if there is none."""
    if not 0 < abs(value) <= abs(step) < _MOST_EXACT:
        return 0
    divisor = step / value
    return int(divisor) if divisor.is_integer() else 0


def _length(calls: Sequence[Call], start: int, line: Callable[[int], str], store: str) -> int:
    """How many calls from ``start`` on print as ``line(0)``, ``line(1)`` and so on."""
    length = 0
    while start + length < len(calls) and calls[start + length].code(store) == line(length):
        length += 1
    return length

"""Prints calls as Python, runs of similar ones as loops."""

from collections.abc import Callable, Iterator, Sequence

from evsys_conformance.programs.calls import Call, source

_FEWEST = 3
"""So many similar calls in a row are a loop."""
_PLACE_OF_STEP = {"log_scalar": 2, "log_metrics": 1}


def lines_of(calls: Sequence[Call], store: str) -> Iterator[str]:
    """Lines that make the calls on the store of that name, in order."""
    done = 0
    while done < len(calls):
        for length, lines in (_equal(calls, done, store), _rising(calls, done, store)):
            if length >= _FEWEST:
                yield from lines
                done += length
                break
        else:
            yield calls[done].code(store)
            done += 1


def _equal(calls: Sequence[Call], start: int, store: str) -> tuple[int, list[str]]:
    """How many calls in a row are the same, and a loop that makes them."""
    line = calls[start].code(store)
    length = _length(calls, start, lambda _: line, store)
    return length, [f"for _ in range({length}):", f"    {line}"]


def _rising(calls: Sequence[Call], start: int, store: str) -> tuple[int, list[str]]:
    """How many calls differ in nothing but steps that count up, and a loop that makes them."""
    place = _PLACE_OF_STEP.get(calls[start].method)
    arguments = calls[start].arguments
    if place is None or len(arguments) <= place or type(arguments[place]) is not int:
        return 0, []
    first: int = arguments[place]
    shown = [source(argument) for argument in arguments]
    keywords = [f"{name}={source(value)}" for name, value in calls[start].keywords.items()]

    def line(number: object) -> str:
        given = [*shown[:place], str(number), *shown[place + 1 :], *keywords]
        return f"{store}.{calls[start].method}({', '.join(given)})"

    length = _length(calls, start, lambda n: line(first + n), store)
    steps = f"{length}" if first == 0 else f"{first}, {first + length}"
    return length, [f"for step in range({steps}):", f"    {line('step')}"]


def _length(calls: Sequence[Call], start: int, line: Callable[[int], str], store: str) -> int:
    """How many calls from ``start`` on print as ``line(0)``, ``line(1)`` and so on."""
    length = 0
    while start + length < len(calls) and calls[start + length].code(store) == line(length):
        length += 1
    return length

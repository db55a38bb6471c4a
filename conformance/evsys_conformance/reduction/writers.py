"""Smaller steps of several writers: fewer threads and processes, calls, and places of a kill."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Close,
    Forks,
    Killed,
    Make,
    Processes,
    Program,
    Step,
    Threads,
)
from evsys_conformance.reduction.plainer import (
    HYPERPARAM,
    KEY,
    NAME,
    PATH,
    SECOND,
    SETTING,
    VALUE,
    numbered_call,
    plain_call,
)

_MOST_IN_SEQUENCE = 400
"""So many calls of processes are tried in one process: more would take the time of the rest."""
_METHOD_OF = {
    "points": "log_metrics",
    "hyperparams": "log_hyperparams",
    "artifacts": "log_artifact",
}
_PLACES = 12
"""So many actions of a call are tried as the place of a kill."""
_SECOND_CALLS = {
    "log_scalar": Call("log_scalar", (KEY, VALUE, 1)),
    "log_metrics": Call("log_metrics", ({KEY: VALUE}, 1)),
    "log_hyperparams": Call("log_hyperparams", ({SECOND[HYPERPARAM]: SETTING},)),
    "log_artifact": Call("log_artifact", (SECOND[NAME], SECOND[PATH])),
}
"""What comes after a plain call, and is like it."""


def calls_of(step: Step) -> list[Call]:
    """All calls that a step makes, one writer after the other."""
    match step:
        case Make():
            return [step.call]
        case Threads() | Processes():
            return [call for history in step.histories for call in history]
        case Killed() | Forks():
            return list(step.calls)
        case _:
            return []


def beginning(step: Processes | Killed | Forks) -> list[Call]:
    """The first calls of a step, writer after writer; of a killed one those that may return."""
    calls = calls_of(step)
    if isinstance(step, Killed) and step.pause is not None:
        calls = calls[: step.after + 1]
    return calls[:_MOST_IN_SEQUENCE]


def in_sequence(step: Threads) -> Iterator[list[Step]]:
    """What the threads do, in orders in which one thread may do it as well; quick ones first."""
    make = [[Make(call, step.store) for call in history] for history in step.histories]
    in_a_row = [each for history in make for each in history]
    by_turns = [each for turn in zip_longest(*make) for each in turn if each is not None]
    # While a store is being closed, some calls are refused: the first or the last may be missing.
    # Two threads close it.
    closing: list[Step] = [] if step.close_after is None else [Close(step.store)] * 2
    if closing:
        yield closing
        yield [*in_a_row[:1], *closing]
        yield [*closing, *in_a_row]
    yield [*in_a_row, *closing]
    if len(make) > 1:
        yield [*by_turns, *closing]


def simplest(program: Program, area: str) -> Iterator[Program]:
    """The program with two writers of plain calls, or with a kill inside the second plain call.

    Args:
        program: What fails.
        area: Which records it harms.
    """
    for place, step in enumerate(program.steps):
        for smaller in _simplest(step, _METHOD_OF.get(area, "")):
            yield Program((*program.steps[:place], smaller, *program.steps[place + 1 :]))


def _simplest(step: Step, method: str) -> Iterator[Step]:
    match step:
        case Threads() | Processes() if method and len(step.histories) > 1:
            longest = max(map(len, step.histories))
            for number in dict.fromkeys((longest, min(longest, 40), min(longest, 8))):
                yield _with_histories(step, _two_writers(method, number))
        case Killed() if step.pause is not None or len(step.calls) > 2:
            for name in dict.fromkeys(call.method for call in step.calls):
                for place in range(1, _PLACES + 1):
                    calls = (plain_call(name), _SECOND_CALLS[name])
                    yield replace(step, calls=calls, within=place, pause=None, after=0)
        case _:
            return


def _two_writers(method: str, number: int) -> tuple[tuple[Call, ...], ...]:
    """Plain calls of two writers. Each hyperparameter has a different name: none is replaced."""
    if method == "log_hyperparams":
        other = tuple(
            Call(method, ({f"{SECOND[HYPERPARAM]} {n}": SETTING},)) for n in range(number)
        )
        return tuple(numbered_call(method, n) for n in range(number)), other
    return (tuple(plain_call(method, n) for n in range(number)),) * 2


def with_less_inside(program: Program) -> Iterator[Program]:
    """The program with fewer threads, fewer calls in a process, and an earlier kill."""
    for place, step in enumerate(program.steps):
        for smaller in _smaller(step):
            yield Program((*program.steps[:place], smaller, *program.steps[place + 1 :]))


def _smaller(step: Step) -> Iterator[Step]:
    match step:
        case Threads() | Processes():
            histories = step.histories
            if len(histories) > 2:
                yield _with_histories(step, histories[:2])
            longest = max(map(len, histories), default=0)
            for length in (1, 2, 4, longest // 4, longest // 2):
                if 0 < length < longest:
                    yield _with_histories(step, tuple(h[:length] for h in histories))
            yield from (_with_histories(step, plain) for plain in _plainer_histories(histories))
            if isinstance(step, Threads) and step.close_after:
                yield replace(step, close_after=0)
            if isinstance(step, Threads) and step.giving_way:
                yield replace(step, giving_way=False)
        case Killed() | Forks():
            calls = step.calls
            for kept in (calls[-1:], calls[:1], calls[len(calls) // 2 :], calls[1:]):
                if 0 < len(kept) < len(calls):
                    yield _with_calls(step, kept)
            yield from (_with_calls(step, plain) for [plain] in _plainer_histories((calls,)))
            if isinstance(step, Killed) and step.pause is None and step.within > 1:
                for place in dict.fromkeys((1, step.within // 2, step.within - 1)):
                    yield replace(step, within=place)
            if isinstance(step, Forks) and step.beside_a_writer:
                yield replace(step, beside_a_writer=False)
            if isinstance(step, Forks) and step.write:
                yield replace(step, write=False)
        case _:
            return


def _plainer_histories(
    histories: tuple[tuple[Call, ...], ...],
) -> Iterator[tuple[tuple[Call, ...], ...]]:
    """Calls of one method only, and plain calls only."""
    methods = dict.fromkeys(call.method for history in histories for call in history)
    for method in methods:
        kept = tuple(tuple(c for c in history if c.method == method) for history in histories)
        if len(methods) > 1 and all(kept):
            yield kept
    for method in dict.fromkeys(("log_metrics", *methods)):
        yield tuple(
            tuple(plain_call(method, n) for n in range(len(history))) for history in histories
        )


def _with_histories(
    step: Threads | Processes, histories: tuple[tuple[Call, ...], ...]
) -> Threads | Processes:
    if isinstance(step, Processes) or step.close_after is None:
        return replace(step, histories=histories)
    # Closed when a thread has made this many calls: it must make them.
    most = max(map(len, histories))
    return replace(step, histories=histories, close_after=min(step.close_after, most))


def _with_calls(step: Killed | Forks, calls: tuple[Call, ...]) -> Killed | Forks:
    if isinstance(step, Forks):
        return replace(step, calls=calls)
    return replace(step, calls=calls, after=min(step.after, len(calls)))

"""Smaller programs: fewer steps, and nothing around the calls that need not be there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs.calls import Call, of_forked_child
from evsys_conformance.programs.program import (
    Close,
    Drop,
    Forks,
    Killed,
    Make,
    Open,
    Processes,
    Program,
    Read,
    Step,
    Threads,
    Through,
    logged,
)
from evsys_conformance.reduction.plainer import KIND, SPLIT, plain_call


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


def number_of_calls(program: Program) -> int:
    """How many calls a program makes outside threads and processes."""
    return sum(isinstance(step, Make) for step in program.steps)


def is_uniform(program: Program) -> bool:
    """Whether all calls are the same, apart from the step."""
    shapes = {
        (step.call.method, repr(step.call.arguments[:1]), repr(step.call.keywords), step.caller)
        for step in program.steps
        if isinstance(step, Make)
    }
    return len(shapes) <= 1


def _keeping(program: Program, kept: Any) -> Program:
    """The program with those calls whose number, from 0, is in ``kept``."""
    number = -1
    steps: list[Step] = []
    for step in program.steps:
        if isinstance(step, Make):
            number += 1
            if number not in kept:
                continue
        steps.append(step)
    return Program(tuple(steps))


def first_calls(program: Program, number: int) -> Program:
    """The program with its first calls only."""
    return _keeping(program, range(number))


def last_calls(program: Program, number: int) -> Program:
    """The program with its last calls only."""
    total = number_of_calls(program)
    return _keeping(program, range(total - number, total))


def without_calls(program: Program, start: int, number: int) -> Program:
    """The program without some calls in a row."""
    total = number_of_calls(program)
    return _keeping(program, [n for n in range(total) if not start <= n < start + number])


def focused(program: Program, about: Difference) -> Iterator[Program]:
    """The calls that a difference is about: one of them alone, or all of them."""
    makes = [n for n, step in enumerate(program.steps) if isinstance(step, Make)]
    involved = [makes.index(place) for place in sorted(about.steps) if place in makes]
    if not involved or len(makes) < 2:
        return
    for number in dict.fromkeys((involved[0], involved[-1])):
        yield logged_alone(program, number)
        yield _keeping(program, [number])
    if len(involved) > 1:
        yield _keeping(program, involved[:2])
        yield _keeping(program, involved)
    yield first_calls(program, involved[-1] + 1)


def logged_alone(program: Program, number: int) -> Program:
    """One call of the program alone: a store is opened, the call is made, the store is closed."""
    makes = [step for step in program.steps if isinstance(step, Make)]
    return Program((Open(), replace(makes[number], store=0), Close(), Read()))


def without_surroundings(program: Program) -> Iterator[Program]:
    """The same calls made directly: no threads, processes, kills, forks or wrappers."""
    for place, step in enumerate(program.steps):
        before, after = program.steps[:place], program.steps[place + 1 :]
        match step:
            case Threads():
                calls = [Make(call, step.store) for call in calls_of(step)]
                closing: list[Step] = [] if step.close_after is None else [Close(step.store)]
                yield Program((*before, *calls, *closing, *after))
                if closing:
                    yield Program((*before, *closing, *calls, *after))
                    yield Program((*before, *closing, *after))
            case Processes() | Killed() | Forks():
                yield logged(calls_of(step))
                plain = logged(calls_of(step), destination=step.destination).steps
                yield Program((*before, *plain[:-1], *after))
                if isinstance(step, Forks) and step.write:
                    yield logged([*step.calls, of_forked_child(0)])
            case Open() if step.through is not Through.NOTHING:
                direct = replace(step, through=Through.NOTHING)
                yield Program((*before, direct, *after))
                yield Program((*before, direct, *map(_by_keyword, after)))
            case Open() if step.same_objects_as is not None:
                yield Program((*before, replace(step, same_objects_as=None), *after))
            case _:
                pass
    opened = [step for step in program.steps if isinstance(step, Open)]
    if len(opened) > 1:
        yield from _of_one_store(program)


def _by_keyword(step: Step) -> Step:
    """The step as an object makes it that hands each call on by keyword, defaults too."""
    if not isinstance(step, Make) or not step.call.arguments:
        return step
    method, given = step.call.method, named_arguments(step.call)
    default = {"log_metrics": {"split": SPLIT}, "log_artifact": {"kind": KIND}}.get(method, {})
    return replace(step, call=Call(method, (), {**default, **given}))


def _of_one_store(program: Program) -> Iterator[Program]:
    """What happens to one of several stores, and nothing of the others."""
    for store, destination in dict.fromkeys(
        (step.store, step.destination) for step in program.steps if isinstance(step, Open)
    ):
        kept: list[Step] = []
        here = False
        for step in program.steps:
            if isinstance(step, Open):
                here = step.destination == destination if step.store == store else here
            if isinstance(step, Read):
                if step.destination == destination:
                    kept.append(step)
            elif getattr(step, "store", store) == store and here:
                kept.append(step)
        yield Program(tuple(kept))
    # All calls by one store, in the order in which they were made.
    calls = [step for step in program.steps if isinstance(step, Make)]
    yield Program((Open(), *(replace(step, store=0) for step in calls), Close(), Read()))


def with_fewer_steps(program: Program) -> Iterator[Program]:
    """The program without one step that makes no call, or without one whole session."""
    steps = program.steps
    for place, step in enumerate(steps):
        if isinstance(step, Close | Drop | Read | Threads | Processes | Killed | Forks):
            yield Program((*steps[:place], *steps[place + 1 :]))
        if isinstance(step, Open):
            end = next(
                (
                    n
                    for n in range(place + 1, len(steps))
                    if isinstance(steps[n], Open) and getattr(steps[n], "store") == step.store  # noqa: B009
                ),
                len(steps),
            )
            session = [
                n for n in range(place, end) if getattr(steps[n], "store", None) == step.store
            ]
            yield Program(tuple(s for n, s in enumerate(steps) if n not in session))


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

"""Smaller programs: fewer steps, and nothing around the calls that need not be there."""

import re
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
from evsys_conformance.reduction.plainer import KIND, SPLIT
from evsys_conformance.reduction.writers import beginning, in_sequence


def number_of_calls(program: Program) -> int:
    """How many calls a program makes outside threads and processes."""
    return sum(isinstance(step, Make) for step in program.steps)


def is_uniform(program: Program) -> bool:
    """Whether all calls are the same, apart from the step and from numbers in names."""
    shapes = {
        (
            step.call.method,
            re.sub(r" \d+'", "'", repr(step.call.arguments[:1])),
            repr(step.call.keywords),
            step.caller,
        )
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


def alone(program: Program, about: Difference) -> Iterator[Program]:
    """The first and the last of the calls that a difference is about, each of them alone."""
    involved = _involved(program, about)
    for number in dict.fromkeys((*involved[:1], *involved[-1:])):
        yield logged_alone(program, number)
        yield _keeping(program, [number])


def together(program: Program, about: Difference) -> Iterator[Program]:
    """All calls that a difference is about, and all calls up to the last of them."""
    involved = _involved(program, about)
    if len(involved) > 1:
        yield _keeping(program, involved[:2])
        yield _keeping(program, involved)
    if involved:
        yield first_calls(program, involved[-1] + 1)


def _involved(program: Program, about: Difference) -> list[int]:
    """Numbers of the calls that a difference is about; none where a program makes only one."""
    makes = [n for n, step in enumerate(program.steps) if isinstance(step, Make)]
    return [makes.index(n) for n in sorted(about.steps) if n in makes] if len(makes) > 1 else []


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
                for calls in in_sequence(step):
                    yield Program((*before, *calls, *after))
            case Processes() | Killed() | Forks():
                made = beginning(step)
                yield logged(made)
                plain = logged(made, destination=step.destination).steps
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

"""Makes a failing program as small and as plain as possible, while it still fails.

Big jumps come first: the calls that the difference is about, alone; the same number of plain calls;
the same calls without threads, processes or wrappers. Then steps are removed (delta debugging), and
last the arguments of each call are replaced by plainer ones. A program must go on failing in the
same way (lost and altered records count as one way), so that the reduction of one fault does not
end at another.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Caller, Expect, Make, Program, Step
from evsys_conformance.reduction import structure, writers
from evsys_conformance.reduction.experiments import Experiments, OutOfTime
from evsys_conformance.reduction.plainer import numbered_call, plain_call, plainer
from evsys_conformance.reduction.weight import weight

_FEW = 12
"""Up to this many calls, each is looked at alone."""
_ROUNDS = 4


@dataclass(frozen=True)
class Reduced:
    """A program that nothing could be taken away from."""

    program: Program
    found: tuple[Difference, ...]
    complete: bool = True
    """Whether everything was tried; if not, the time was up."""


def reduced(
    program: Program, found: Iterable[Difference], about: Difference, experiments: Experiments
) -> Reduced:
    """Reduce a program that fails.

    Args:
        program: What failed.
        found: All that was wrong with it.
        about: The difference that must remain, or another of its family.
        experiments: Runs programs; its limit ends the reduction early.
    """
    reduction = _Reduction(program, tuple(found), about, experiments)
    try:
        reduction.run()
    except OutOfTime:
        return Reduced(reduction.program, reduction.found, complete=False)
    return Reduced(reduction.program, reduction.found)


class _Reduction:
    def __init__(
        self,
        program: Program,
        found: tuple[Difference, ...],
        about: Difference,
        experiments: Experiments,
    ) -> None:
        self.program, self.found = program, found
        self.about = about
        self._experiments = experiments
        self._weight = weight(program)

    def run(self) -> None:
        self._first(structure.alone(self.program, self.about))
        self._double()
        self._first(structure.together(self.program, self.about))
        self._each(structure.without_surroundings)
        self._first(writers.simplest(self.program, self.about.area))
        for _ in range(_ROUNDS):
            before = self.program
            self._each(structure.without_surroundings)
            self._first(_uniform(self.program))
            self._shorten()
            self._remove_calls()
            self._each(structure.with_fewer_steps)
            self._each(writers.with_less_inside)
            self._each(_with_plainer_arguments)
            if self.program == before:
                return

    def _fails(self, candidate: Program) -> bool:
        """Take a candidate over if it fails in the same way."""
        lighter = weight(candidate)
        if not lighter < self._weight:
            return False
        found = self._experiments.found(candidate)
        same = [each for each in found if each.is_like(self.about)]
        if not same:
            return False
        self.program, self.found, self.about = candidate, tuple(found), same[0]
        self._weight = lighter
        return True

    def _first(self, candidates: Iterable[Program]) -> bool:
        return any(map(self._fails, candidates))

    def _each(self, smaller: Callable[[Program], Iterator[Program]]) -> None:
        """Take over smaller programs as long as there is one."""
        while self._first(smaller(self.program)):
            pass

    def _double(self) -> None:
        """Find a number of plain calls that fails, from few to many: few of them take no time."""
        length = _FEW
        while length < structure.number_of_calls(self.program):
            beginning = structure.first_calls(self.program, length)
            if self._first(_plain_for(beginning, self.about.area)):
                return
            length *= 2

    def _shorten(self) -> None:
        """Find the shortest beginning of the calls that still fails, then the shortest end."""
        for cut in (structure.first_calls, structure.last_calls):
            total = structure.number_of_calls(self.program)
            if total <= _FEW:
                continue
            whole = self.program
            length = 1
            while length < total and not self._fails(cut(whole, length)):
                length *= 2
            low, high = length // 2, min(length, total)
            while high - low > 1:
                middle = (low + high) // 2
                if self._fails(cut(whole, middle)):
                    high = middle
                else:
                    low = middle

    def _remove_calls(self) -> None:
        """Remove ever smaller blocks of calls (ddmin). Of equal calls only the number counts."""
        total = structure.number_of_calls(self.program)
        if total > _FEW and structure.is_uniform(self.program):
            return
        size = (total + 1) // 2
        while size >= 1:
            start = 0
            while start < structure.number_of_calls(self.program):
                if not self._fails(structure.without_calls(self.program, start, size)):
                    start += size
            if total > 4 * _FEW and size <= total // 16:
                return
            size //= 2


_MAY_BE_KEPT = (
    Expect.ACCEPTED,
    Expect.KEPT_OR_REFUSED,
    Expect.KEPT_OR_VALUE_ERROR,
    Expect.NOT_JUDGED,
)


def _uniform(program: Program) -> Iterator[Program]:
    """The same number of calls, all plain: all of one method, or each of the method that it had."""
    kept = _kept(program)
    if len({make.caller for make in kept}) != 1:
        return
    for method in ("log_metrics", "log_scalar", "log_artifact", "log_hyperparams"):
        if method == "log_metrics" or any(make.call.method == method for make in kept):
            yield _plain(program, method)
            if method in ("log_artifact", "log_hyperparams"):
                yield _numbered(program, method)
    yield _plain(program, "")
    yield _replaced(program, lambda _n, _make: plain_call("log_metrics"))
    yield _numbered(program, "log_metrics")
    yield from _merged_hyperparams(program)


def _plain_for(program: Program, area: str) -> Iterator[Program]:
    """The same number of calls, all plain and of a method that records something of the area."""
    kept = _kept(program)
    if len({make.caller for make in kept}) != 1:
        return
    match area:
        case "hyperparams":
            yield _numbered(program, "log_hyperparams")
        case "artifacts":
            yield _numbered(program, "log_artifact")
        case _:
            yield _plain(program, "log_metrics")
            if all(make.call.method == "log_scalar" for make in kept):
                yield _plain(program, "log_scalar")


def _kept(program: Program) -> list[Make]:
    """The calls that a store may keep."""
    return [step for step in program.steps if _may_be_kept(step)]


def _may_be_kept(step: Step) -> TypeGuard[Make]:
    return isinstance(step, Make) and step.expect in _MAY_BE_KEPT and step.call.method != "close"


def _merged_hyperparams(program: Program) -> Iterator[Program]:
    """The program with one call for the hyperparameters of several."""
    merged: dict[str, Any] = {}
    steps: list[Step] = []
    calls = 0
    for step in program.steps:
        if not isinstance(step, Make) or step.call.method != "log_hyperparams":
            steps.append(step)
        elif step.expect is not Expect.ACCEPTED or step.store != 0:
            return
        else:
            merged |= named_arguments(step.call)["params"]
            calls += 1
            if calls == 1:
                steps.append(step)
    if calls > 1:
        call = Call("log_hyperparams", (merged,))
        yield Program(tuple(replace(s, call=call) if _logs_hyperparams(s) else s for s in steps))


def _logs_hyperparams(step: Step) -> TypeGuard[Make]:
    return isinstance(step, Make) and step.call.method == "log_hyperparams"


def _plain(program: Program, method: str) -> Program:
    """The program with plain calls of a method (of each call's own if it is empty) only."""
    return _replaced(program, lambda n, make: plain_call(method or make.call.method, n))


def _numbered(program: Program, method: str) -> Program:
    """The program with calls of a method only, each of which records something of another name."""
    return _replaced(program, lambda n, _: numbered_call(method, n))


def _replaced(program: Program, call: Callable[[int, Make], Call]) -> Program:
    """The program with other calls in the place of those that a store may keep, and no others."""
    number = 0
    steps: list[Step] = []
    for step in program.steps:
        if not isinstance(step, Make):
            steps.append(step)
        elif _may_be_kept(step):
            made = call(number, step)
            steps.append(replace(step, call=made, expect=Expect.ACCEPTED, because=""))
            number += 1
    return Program(tuple(steps))


def _with_plainer_arguments(program: Program) -> Iterator[Program]:
    places = [n for n, step in enumerate(program.steps) if isinstance(step, Make)]
    if len(places) > _FEW:
        return
    for number, place in enumerate(places):
        make = program.steps[place]
        assert isinstance(make, Make)
        candidates: list[Make] = list(plainer(make, number))
        if make.caller is not Caller.FORGETS:
            candidates.insert(0, replace(make, caller=Caller.FORGETS))
        for each in candidates:
            yield Program((*program.steps[:place], each, *program.steps[place + 1 :]))

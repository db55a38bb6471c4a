"""Whether a program is bound to fail because a smaller one does: quicker than to reduce it."""

from collections import Counter

from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Caller,
    Close,
    Expect,
    Make,
    Open,
    Program,
    Read,
    logged,
)
from evsys_conformance.reduction.plainer import KEY, SECOND, VALUE, plain_call
from evsys_conformance.reduction.writers import calls_of

_TWO_KEYS = logged([plain_call("log_metrics"), Call("log_metrics", ({SECOND[KEY]: VALUE}, 1))])
"""What a store fails whose keys are fixed by the first call."""

_MANY = 4
"""Fewer calls than these may be needed for another reason than their number."""


def contains(program: Program, smaller: Program) -> bool:
    """Whether ``program`` makes at least the plain calls that ``smaller`` consists of.

    Only a smaller program of nothing but plain calls says something about others: what loses one
    plain call, or every 64th, does so in any company.
    """
    if _is_of_two_keys(smaller):
        return _has_a_late_key(program)
    needed = _plain_calls(smaller)
    if needed is None:
        return False
    for store in {getattr(step, "store", 0) for step in program.steps}:
        counts: Counter[str] = Counter()
        for step in program.steps:
            if isinstance(step, Make) and step.expect in (Expect.REFUSED, Expect.TYPE_ERROR):
                continue
            if getattr(step, "store", store) == store:
                counts.update(call.method for call in calls_of(step))
        # Nearly every log_scalar calls log_metrics; a separate cause shows one that does not.
        counts["log_metrics"] += counts["log_scalar"]
        if all(counts[method] >= number for method, number in needed.items()):
            return True
    return False


def is_of_as_many_calls(program: Program, other: Program) -> bool:
    """Whether both make the same number of calls, each of one method, and nothing else.

    A store that loses every 51st record may lose metrics, hyperparameters and artifacts.
    """
    number = _number_of_like_calls(program)
    return number >= _MANY and number == _number_of_like_calls(other)


def _number_of_like_calls(program: Program) -> int:
    """How many calls a program makes, if all are of one method and nothing is around them."""
    usual = [step for step in program.steps if not isinstance(step, Make)]
    makes = [step for step in program.steps if isinstance(step, Make)]
    plain = all(make.caller is Caller.FORGETS for make in makes)
    one_method = len({make.call.method for make in makes}) == 1
    return len(makes) if plain and one_method and usual == [Open(), Close(), Read()] else 0


def _is_of_two_keys(program: Program) -> bool:
    """Whether a program makes a plain call, and one with another plain key: nothing else."""
    return program.identity == _TWO_KEYS.identity


def _has_a_late_key(program: Program) -> bool:
    """Whether a store gets a key that was not in its first call with metrics."""
    first: dict[int, set[str]] = {}
    for step in program.steps:
        if isinstance(step, Open):
            first.pop(step.store, None)
        if isinstance(step, Make) and step.expect is Expect.ACCEPTED:
            keys = _keys(step.call)
            known = first.setdefault(step.store, keys) if keys else keys
            if keys - known:
                return True
    return False


def _keys(call: Call) -> set[str]:
    given = named_arguments(call)
    if call.method == "log_scalar":
        return {given["key"]}
    return set(given["metrics"]) if call.method == "log_metrics" else set()


def _plain_calls(program: Program) -> Counter[str] | None:
    """How many calls of each method a program makes; None if it does anything else."""
    counted: Counter[str] = Counter()
    for step in program.steps:
        match step:
            case Open() | Read():
                if isinstance(step, Open) and step != Open():
                    return None
            case Close():
                pass
            case Make(caller=Caller.FORGETS, expect=Expect.ACCEPTED):
                method = step.call.method
                number = sum(counted.values())
                if step.call not in (plain_call(method, number), plain_call(method)):
                    return None
                counted[method] += 1
            case _:
                return None
    closes = sum(isinstance(step, Close) for step in program.steps)
    opens = sum(isinstance(step, Open) for step in program.steps)
    return counted if counted and (opens, closes) == (1, 1) else None

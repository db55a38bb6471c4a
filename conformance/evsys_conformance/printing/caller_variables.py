"""Prints calls whose arguments the caller watches, shares, changes or uses again.

Such an argument is the value of a variable of the printed program.
"""

from typing import Any

from evsys_conformance.programs.calls import Call, source
from evsys_conformance.programs.program import Caller, Make, Program


class CallerVariables:
    """The variables of one printed program for arguments that its calls pass."""

    def __init__(self, program: Program) -> None:
        self._names = _names(program)
        """Variables that are watched or shared, by :func:`_key`."""
        self._assigned: set[str] = set()

    @property
    def watched(self) -> list[str]:
        """The variables that the program prints at its end: no store may have changed them."""
        return [name for key, name in self._names.items() if key.startswith(Caller.WATCHES.name)]

    def lines(self, step: Make, store: str) -> tuple[list[str], str, list[str]]:
        """What the caller does before a call, the call itself, and what the caller does after."""
        call = step.call
        place = _place_of_a_container(call)
        if step.caller is Caller.FORGETS or place is None:
            return [], call.code(store), []
        variable = self._names.get(
            _key(step), "reused" if step.caller is Caller.REUSES else "given"
        )
        shown = [source(argument) for argument in call.arguments]
        value, shown[place] = shown[place], variable
        shown += [f"{key}={source(each)}" for key, each in call.keywords.items()]
        line = f"{store}.{call.method}({', '.join(shown)})"
        is_assigned = variable in self._assigned
        self._assigned.add(variable)
        match step.caller:
            case Caller.REUSES if is_assigned:
                return [f"{variable}.update({value})"], line, [f"{variable}.clear()"]
            case Caller.REUSES:
                return [f"{variable} = {value}"], line, [f"{variable}.clear()"]
            case Caller.CHANGES:
                return [f"{variable} = {value}"], line, [f"change({variable})"]
            case Caller.SHARES if is_assigned:
                return [], line, []
            case _:
                return [f"{variable} = {value}"], line, []


def _names(program: Program) -> dict[str, str]:
    """Variables for the arguments that are watched or shared, by :func:`_key`."""
    callers = (Caller.WATCHES, Caller.SHARES)
    makes = [step for step in program.steps if isinstance(step, Make)]
    keys = dict.fromkeys(
        _key(step)
        for step in makes
        if step.caller in callers and _place_of_a_container(step.call) is not None
    )
    alone = len(keys) == 1 and not any(step.caller is Caller.CHANGES for step in makes)
    return {key: "given" if alone else f"given_{n}" for n, key in enumerate(keys, 1)}


def _key(step: Make) -> str:
    """Tells the arguments of one call from those of others; equal where they are shared."""
    which = step.call.code() if step.caller is Caller.SHARES else id(step)
    return f"{step.caller.name} {which}"


def _place_of_a_container(call: Call) -> int | None:
    """The place of the first argument that can be changed; None where there is none."""
    plain: tuple[type[Any], ...] = (str, int, float, type(None))
    places = (n for n, argument in enumerate(call.arguments) if type(argument) not in plain)
    return next(places, None)

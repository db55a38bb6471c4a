"""Prints a program as Python that does the same again."""

from collections.abc import Iterable, Iterator, Sequence

from evsys_conformance.printing import writers
from evsys_conformance.printing.caller_variables import CallerVariables
from evsys_conformance.printing.loops import lines_of
from evsys_conformance.programs.program import (
    Caller,
    Close,
    Drop,
    Expect,
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
)

_IMPORTS = {
    "Decimal(": "from decimal import Decimal",
    "Fraction(": "from fractions import Fraction",
    "np.": "import numpy as np",
    "NumberLike(": "from evsys_conformance.strategies import NumberLike",
    "IndexLike(": "from evsys_conformance.strategies import IndexLike",
    "FloatSubclass(": "from evsys_conformance.strategies import FloatSubclass",
    "StrSubclass(": "from evsys_conformance.strategies import StrSubclass",
    "endless_list(": "from evsys_conformance.strategies import endless_list",
    "endless_dict(": "from evsys_conformance.strategies import endless_dict",
    "in_multiplex(": "from evsys_conformance.programs.forwarding import in_multiplex",
    "ByPosition(": "from evsys_conformance.programs.forwarding import ByPosition",
    "ByKeyword(": "from evsys_conformance.programs.forwarding import ByKeyword",
    "KillPoint(": "from evsys_conformance.processes.kill_points import KillPoint",
    "change(": "from evsys_conformance.programs.arguments import change",
    "constructor_arguments(": "from evsys_conformance.harness import constructor_arguments",
    "suppress(": "from contextlib import suppress",
    "gc.": "import gc",
    "os.": "import os",
    "signal.": "import signal",
    "sys.": "import sys",
    "threading.": "import threading",
}


def script(program: Program, loading: str) -> str:
    """A whole program, which runs from anywhere.

    Args:
        program: What to do.
        loading: The Python expression that loads the harness.
    """
    return frame(list(body(program)), loading)


def frame(lines: list[str], loading: str) -> str:
    """The lines inside a ``with`` statement of the harness, and what they import."""
    text = "\n".join(lines)
    imports = [line for mark, line in _IMPORTS.items() if mark in text]
    head = [
        *sorted(imports, key=lambda line: line.startswith("from")),
        "import tempfile",
        "from pathlib import Path",
        "",
        "from evsys_conformance import build_store, load_harness",
        "",
        f"with {loading} as harness:",
    ]
    return "\n".join([*head, *(f"    {line}" for line in lines)])


def body(program: Program) -> Iterator[str]:
    """The lines inside the ``with`` statement of the harness, with the destinations made first."""
    printer = _Printer(program)
    steps = list(printer.lines(program.steps))
    places = [step.destination for step in program.steps if isinstance(step, _AtADestination)]
    text = "\n".join(steps)
    for place in dict.fromkeys(places):
        if f"str({printer.directory(place)})" in text:
            yield f"{printer.directory(place)} = Path(tempfile.mkdtemp())"
            yield f"{printer.params(place)} = harness.params({printer.directory(place)})"
        else:
            yield f"{printer.params(place)} = harness.params(Path(tempfile.mkdtemp()))"
    yield from steps


def essence(program: Program) -> list[str]:
    """The lines that matter: without building, the usual close at the end, and reading.

    Calls that may raise are shown without what catches their error.
    """
    steps = list(program.steps)
    if steps[0] == Open() and {step.store for step in _opened(program)} == {0}:
        del steps[0]
        if [type(step) for step in steps[:2]] == [Close, Processes]:
            del steps[0]  # Only makes the destination for the processes.
    closed = [step.store for step in steps if isinstance(step, Close)]
    once = sorted(closed) == sorted(step.store for step in _opened(program))
    while steps and isinstance(steps[-1], Read | Close if once else Read):
        steps.pop()
    return list(_Printer(program, bare=True).lines(steps or program.steps[:2]))


def _opened(program: Program) -> list[Open]:
    return [step for step in program.steps if isinstance(step, Open)]


def _numbered(numbers: Iterable[int]) -> dict[int, str]:
    """What to add to names of several things, by their number, in the order in which they come."""
    different = list(dict.fromkeys(numbers))
    return {each: f"_{n}" * (len(different) > 1) for n, each in enumerate(different, 1)}


_AtADestination = Open | Read | Processes | Killed | Forks


class _Printer:
    """Prints the steps of a program, in order."""

    def __init__(self, program: Program, *, bare: bool = False) -> None:
        self._bare = bare
        self._opened = _opened(program)
        places = [step.destination for step in program.steps if isinstance(step, _AtADestination)]
        self._stores = _numbered(step.store for step in self._opened)
        self._places = _numbered(places)
        self._variables = CallerVariables(program)
        self._where: dict[int, int] = {}
        self._closed: set[int] = set()
        self._logged: set[int] = set()
        """Destinations at which there must be something to read."""

    def lines(self, steps: Sequence[Step]) -> Iterator[str]:
        """Some of the program's steps, runs of similar calls as loops."""
        run: list[Make] = []
        for step in steps:
            if isinstance(step, Make) and self._is_plain(step):
                if run and run[0].store != step.store:
                    yield from self._run(run)
                    run = []
                run.append(step)
                continue
            yield from self._run(run)
            run = []
            yield from self._step(step)
        yield from self._run(run)
        if self._variables.watched and not self._bare:
            yield f"print({', '.join(self._variables.watched)})"

    def params(self, destination: int) -> str:
        """The name of the parameters of a destination."""
        return f"params{self._places[destination]}"

    def directory(self, destination: int) -> str:
        """The name of the directory of a destination, for programs that mention it."""
        return f"directory{self._places[destination]}"

    def _located(self, line: str, store: int) -> str:
        here = self.directory(self._where.get(store, 0))
        return line.replace("str(directory)", f"str({here})")

    def _store(self, number: int) -> str:
        return f"store{self._stores.get(number, '')}"

    def _is_plain(self, step: Make) -> bool:
        """Whether a call is a plain line of the program, outside any block."""
        if step.caller is not Caller.FORGETS:
            return False
        return self._bare or not self._may_raise(step)

    def _may_raise(self, step: Make) -> bool:
        return step.store in self._closed or step.expect is not Expect.ACCEPTED

    def _run(self, run: list[Make]) -> Iterator[str]:
        if run:
            self._logged.add(self._where.get(run[0].store, 0))
            lines = lines_of([step.call for step in run], self._store(run[0].store))
            yield from (self._located(line, run[0].store) for line in lines)

    def _step(self, step: Step) -> Iterator[str]:
        match step:
            case Open():
                self._where[step.store] = step.destination
                self._closed.discard(step.store)
                yield from self._open(step)
            case Make():
                yield from self._make(step)
            case Close():
                self._closed.add(step.store)
                yield f"{self._store(step.store)}.close()"
            case Drop():
                yield f"del {self._store(step.store)}; gc.collect()"
            case Read():
                line = f"print(harness.read({self.params(step.destination)}))"
                known = self._bare or step.destination in self._logged
                yield from [line] if known else _attempt(line, "nothing to read")
            case Threads():
                self._logged.add(self._where.get(step.store, 0))
                yield from writers.threads(step, self._store(step.store))
            case Processes():
                self._logged.add(step.destination)
                yield from writers.processes(step, self.params(step.destination))
            case Killed():
                yield from writers.killed(step, self.params(step.destination))
            case Forks():
                self._logged.add(step.destination)
                yield from writers.forks(step, self.params(step.destination))

    def _open(self, step: Open) -> Iterator[str]:
        params, name = self.params(step.destination), self._store(step.store)
        built = f"build_store(harness.store, {params})"
        alike = [each for each in self._opened if each.same_objects_as == step.store]
        if alike:
            yield f"{_arguments(name)} = constructor_arguments(harness.store, {params})"
        for other in alike:
            yield (
                f"{_arguments(self._store(other.store))} = constructor_arguments("
                f"harness.store, {self.params(other.destination)}, {_arguments(name)})"
            )
        if alike or step.same_objects_as is not None:
            built = f"harness.store(**{_arguments(name)})"
        match step.through:
            case Through.NOTHING:
                yield f"{name} = {built}"
            case Through.BY_POSITION:
                yield f"{name} = ByPosition({built})"
            case Through.BY_KEYWORD:
                yield f"{name} = ByKeyword({built})"
            case Through.MULTIPLEX:
                yield f"{name} = in_multiplex(harness.store, {params})"

    def _make(self, step: Make) -> Iterator[str]:
        before, call, after = self._variables.lines(step, self._store(step.store))
        call = self._located(call, step.store)
        yield from before
        if self._may_raise(step) and not self._bare:
            yield from _attempt(f'{call}; print("accepted")', "refused")
        else:
            self._logged.add(self._where.get(step.store, 0))
            yield call
        yield from after


def _attempt(line: str, otherwise: str) -> list[str]:
    return [f"try: {line}", f'except Exception as error: print(f"{otherwise}: {{error!r}}")']


def _arguments(store: str) -> str:
    """The name of what the constructor of a store is handed."""
    return store.replace("store", "arguments")

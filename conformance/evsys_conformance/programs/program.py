"""Programs: what a check does to a store, as data.

A program is a sequence of steps in the vocabulary of the contract. One interpreter runs it
(``interpreter.py``), one function judges what was seen (``judge.py``), and the script that a report
shows is printed from it (``script.py``), so that the three can't tell different stories. Programs
can be compared, pickled, and made smaller (``reduction.py``).

Stores and destinations are named by numbers. Two stores at one destination continue one log.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evsys_conformance.programs.calls import Call


class Expect(enum.Enum):
    """What the contract says about a call. A closed store must raise for every call."""

    ACCEPTED = "accepted"
    """A valid call: it must not raise."""
    REFUSED = "refused"
    """It must raise TypeError or ValueError and record nothing (MET-7, HP-3)."""
    TYPE_ERROR = "refused with TypeError"
    """It must raise TypeError and record nothing (SIG-1 to SIG-3)."""
    KEPT_OR_REFUSED = "kept or refused"
    """It is recorded as given, or raises TypeError or ValueError and records nothing (MET-6)."""
    KEPT_OR_VALUE_ERROR = "kept or refused with ValueError"
    """It is recorded as given, or raises ValueError and records nothing (HP-1)."""
    NOT_JUDGED = "not judged"
    """The call may do anything, but it must not harm any other record."""


class Caller(enum.Enum):
    """What the caller does with the arguments of a call, apart from passing them."""

    FORGETS = "forgets"
    """They are passed and not looked at again."""
    WATCHES = "watches"
    """They must stay as they are, the very same objects, until the store is gone (MET-9, HP-4)."""
    CHANGES = "changes"
    """They are changed as soon as the call has returned (MET-9, HP-4)."""
    REUSES = "reuses"
    """One dict is filled for every call of the method, and cleared after it (MET-9)."""
    SHARES = "shares"
    """Equal calls of several stores are handed the same objects (ID-4)."""


class Through(enum.Enum):
    """The object between the caller and the store (MUX-1)."""

    NOTHING = "nothing"
    BY_POSITION = "an object whose methods hand each call on by position"
    BY_KEYWORD = "an object whose methods hand each call on by keyword"
    MULTIPLEX = "a multiplex store of four children, of which the first fails"


class Leave(enum.Enum):
    """How a forked child ends."""

    EXIT = "sys.exit"
    AT_ONCE = "os._exit"


@dataclass(frozen=True)
class Open:
    """Build a store at a destination."""

    store: int = 0
    destination: int = 0
    through: Through = Through.NOTHING
    same_objects_as: int | None = None
    """The store whose constructor arguments are passed again where they are equal (ID-4)."""


@dataclass(frozen=True)
class Make:
    """Make one call."""

    call: Call
    store: int = 0
    expect: Expect = Expect.ACCEPTED
    because: str = ""
    """Why it must be refused, or may be."""
    caller: Caller = Caller.FORGETS


@dataclass(frozen=True)
class Close:
    """Close a store; closing again is allowed (CL-2)."""

    store: int = 0


@dataclass(frozen=True)
class Drop:
    """Let go of a store, and collect the garbage."""

    store: int = 0


@dataclass(frozen=True)
class Read:
    """Read the destination: it must hold what was recorded there, and nothing else."""

    destination: int = 0


@dataclass(frozen=True)
class Threads:
    """Threads that call one store at once (CAP-THREADS)."""

    histories: tuple[tuple[Call, ...], ...]
    """The calls of each thread."""
    store: int = 0
    giving_way: bool = False
    """Whether threads take turns between any two opcodes, which makes rare races likely."""
    close_after: int | None = None
    """Close the store while they write, once a thread has made this many calls."""


@dataclass(frozen=True)
class Processes:
    """Processes that write to one destination at once, each with its own store (CAP-PROC).

    Each closes its store and ends. A single one writes alone.
    """

    histories: tuple[tuple[Call, ...], ...]
    """The calls of each process; where there are several, the first one comes late."""
    destination: int = 0


@dataclass(frozen=True)
class Killed:
    """A process that makes calls and is killed by SIGKILL (CAP-CRASH)."""

    calls: tuple[Call, ...]
    destination: int = 0
    within: int = 0
    """Killed after this many actions within the last call; 0: as soon as it has returned."""
    pause: float | None = None
    """Killed this many seconds after ``after`` calls had returned, while it makes the others."""
    after: int = 0
    """See ``pause``."""


@dataclass(frozen=True)
class Forks:
    """A process that forks after each of its calls, and closes its store (CAP-FORK)."""

    calls: tuple[Call, ...]
    destination: int = 0
    leave: Leave = Leave.EXIT
    """How each forked child ends."""
    write: bool = False
    """Whether each forked child writes a point before it ends."""
    beside_a_writer: bool = False
    """Whether a thread of the parent writes without pause meanwhile."""


Step = Open | Make | Close | Drop | Read | Threads | Processes | Killed | Forks


@dataclass(frozen=True)
class Program:
    """Steps that are run in order, at fresh destinations."""

    steps: tuple[Step, ...]

    @property
    def identity(self) -> str:
        """Equal for programs that do the same. By ``==``, 0.5 is ``np.float64(0.5)``."""
        return "\n".join(map(_identity, self.steps))


def _identity(step: Step) -> str:
    if not isinstance(step, Make):
        return repr(step)
    return f"{step.call.code()} {step.store} {step.expect.value} {step.caller.value}"


def program(*steps: Step | Iterable[Step]) -> Program:
    """A program of steps and of sequences of steps."""
    flat: list[Step] = []
    for step in steps:
        if isinstance(step, Iterable):
            flat += step
        else:
            flat.append(step)
    return Program(tuple(flat))


def make_steps(calls: Iterable[Call], store: int = 0) -> list[Step]:
    """Steps that make valid calls."""
    return [Make(call, store) for call in calls]


def logged(calls: Iterable[Call], **opening: Any) -> Program:
    """The usual program: open a store, make valid calls, close it, read."""
    return program(Open(**opening), make_steps(calls), Close(), Read())


def run_of(*steps: Step | Iterable[Step]) -> Program:
    """A program that opens a store before the steps, and closes it and reads after them."""
    return program(Open(), *steps, Close(), Read())

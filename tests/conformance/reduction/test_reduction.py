"""For any store, a reduction only runs programs that a correct store passes."""

import contextlib
import random
import time
from collections.abc import Generator
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evsys_conformance.checks import all_checks
from evsys_conformance.diagnosis.attribution import clause_of
from evsys_conformance.judging.differences import Difference, Kind
from evsys_conformance.judging.judge import judged
from evsys_conformance.printing.script import script
from evsys_conformance.programs import calls
from evsys_conformance.programs.program import (
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
    logged,
    make_steps,
    program,
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.reduction.experiments import Experiments, OutOfTime
from evsys_conformance.reduction.reducer import reduced
from evsys_conformance.reduction.structure import without_surroundings
from evsys_conformance.reduction.validity import is_valid
from evsys_conformance.reduction.writers import simplest
from evsys_conformance.running.check import Check
from evsys_conformance.running.interpreter import run
from support.random_programs import few, programs, thread_programs
from zoo.registry import CORRECT

pytestmark = pytest.mark.usefixtures("quick_collections")
MOST, MOST_OF_MANY_WRITERS = 25, 5
"""So many programs are run in a reduction; fewer where they start threads or processes."""
STORES = ("Memory", "ClaimsNothing", "LazyStrict", "ReplacesSurrogates")
"""Correct stores that take different freedoms; all of them are quick."""
MANY_WRITERS = ("CAP-THREADS", "CAP-PROC", "CAP-CRASH", "CAP-FORK")


class Pretending(Experiments):
    """Runs each program on a correct store, which must pass, and reports failures at random."""

    def __init__(
        self, subject: Subject, about: Difference, seed: int, often: float, most: int
    ) -> None:
        super().__init__(subject, time.perf_counter() + 600)
        self._most = most
        self._about = about
        self._often = often
        self._random = random.Random(seed)
        self._pretended: dict[str, list[Difference]] = {}

    def found(self, program: Program) -> list[Difference]:
        if program.identity not in self._pretended:
            if not is_valid(program, self.subject.claims):
                return []
            if len(self._pretended) == self._most:
                raise OutOfTime
            found = judged(program, run(program, self.subject), self.subject)
            assert found == [], script(program, "a_correct_store()")
            fails = bool(program.steps) and self._random.random() < self._often
            self._pretended[program.identity] = [self._pretend(program)] if fails else []
        return self._pretended[program.identity]

    def _pretend(self, program: Program) -> Difference:
        places = range(len(program.steps))
        about = self._random.sample(places, min(len(places), self._random.randint(0, 3)))
        return Difference(self._about.kind, "", frozenset(about), places[-1], self._about.area)


def _reduce(program: Program, subject: Subject, kind: Kind, seed: int, often: float) -> None:
    about = Difference(kind, "", frozenset({seed % len(program.steps)}), 0, "points")
    many = any(isinstance(each, Threads | Processes | Killed | Forks) for each in program.steps)
    pretending = Pretending(subject, about, seed, often, MOST_OF_MANY_WRITERS if many else MOST)
    try:
        smallest = reduced(program, [about], about, pretending)
        clause_of(smallest.program, about, pretending.found)
    except OutOfTime:
        pass


@contextlib.contextmanager
def _subject(name: str) -> Generator[Subject]:
    """A correct store of the zoo."""
    [entry] = [each for each in CORRECT if each.id == name]
    subject = Subject(entry.harness(), "zoo", volume=0.02)
    with subject.harness:
        yield subject
    subject.discard()


# A store may let NumPy warn of a masked value.
@pytest.mark.filterwarnings("ignore:Warning. converting a masked element to nan")
@pytest.mark.parametrize("store", STORES)
def test_a_random_program_is_reduced_only_to_what_a_correct_store_passes(store: str) -> None:
    with _subject(store) as subject:
        drawn = programs(subject.claims)
        if "threads" in subject.claims:
            drawn |= thread_programs(subject.claims)

        @few(20)
        @given(drawn, st.sampled_from(get_args(Kind)), st.integers(0, 10**6), st.floats(0.1, 0.9))
        def reduce(program: Program, kind: Kind, seed: int, often: float) -> None:
            assert is_valid(program, subject.claims)
            _reduce(program, subject, kind, seed, often)

        reduce()


@pytest.mark.filterwarnings("ignore:Warning. converting a masked element to nan")
@pytest.mark.parametrize("store", STORES)
def test_the_program_of_a_check_is_reduced_only_to_what_a_correct_store_passes(store: str) -> None:
    with _subject(store) as subject:
        for number, check in enumerate(_checks_of(subject)):
            if check.clause.id not in MANY_WRITERS:
                program = _first_program(check, subject)
                if program is not None:
                    _reduce(program, subject, "lost", number, 0.5)


@pytest.mark.parametrize("clause", MANY_WRITERS)
def test_a_program_of_many_writers_is_reduced_only_to_what_a_correct_store_passes(
    clause: str,
) -> None:
    with _subject("NoSplit") as subject:
        for number, check in enumerate(_checks_of(subject)):
            if check.clause.id == clause:
                program = _first_program(check, subject)
                assert program is not None
                _reduce(program, subject, "lost", number, 0.5)


def _checks_of(subject: Subject) -> list[Check]:
    claims = {*subject.claims, None}
    checks = [each for each in all_checks() if not each.direct and each.draw is None]
    return [each for each in checks if each.clause.capability in claims]


def _first_program(check: Check, subject: Subject) -> Program | None:
    """The first program that a check yields, which must be valid and pass."""
    program: Program | None = next(check.function(subject), None)
    if program is not None:
        assert is_valid(program, subject.claims), check.id
        assert judged(program, run(program, subject), subject) == [], check.id
    return program


def test_the_simplest_writers_are_two_that_make_plain_calls() -> None:
    long = tuple(calls.metrics({"a": n / 8, "b": 1.0}, n, "val") for n in range(50))
    several = program(Open(), Close(), Processes((long, long, long)), Read())
    plain = tuple(calls.metrics({"loss": 0.5}, n) for n in range(50))
    first, second, *_ = simplest(several, "points")
    assert first == program(Open(), Close(), Processes((plain, plain)), Read())
    assert second == program(Open(), Close(), Processes((plain[:40], plain[:40])), Read())
    [_, _, step, _] = next(simplest(several, "hyperparams")).steps
    assert isinstance(step, Processes)
    names = [name for each in step.histories for call in each for name in call.arguments[0]]
    assert len(set(names)) == len(names) == 100


def test_a_kill_at_a_time_may_be_a_kill_inside_the_second_plain_call() -> None:
    late = program(Killed((*SOME, calls.hyperparams({"n": 1})), pause=0.1, after=2), Read())
    simpler = list(simplest(late, "points"))
    first, second = calls.hyperparams({"lr": 1}), calls.hyperparams({"seed": 1})
    assert program(Killed((first, second), within=3), Read()) in simpler
    assert program(Killed((SOME[0], SOME[1]), within=1), Read()) in simpler


def test_threads_are_tried_in_one_thread_where_two_calls_close_the_store() -> None:
    racing = program(Open(), Threads((SOME[:1], SOME[1:2]), close_after=0), Close(), Read())
    tried = list(without_surroundings(racing))
    both = make_steps(SOME[:2])
    assert program(Open(), both, Close(), Close(), Close(), Read()) in tried
    assert program(Open(), Close(), Close(), both, Close(), Read()) in tried
    by_turns = program(Open(), Threads((SOME[:2], SOME[2:])), Close(), Read())
    in_turn = [SOME[0], SOME[2], SOME[1]]
    assert program(Open(), make_steps(in_turn), Close(), Read()) in list(
        without_surroundings(by_turns)
    )


SOME = tuple(calls.metrics({"loss": 0.5}, n) for n in range(3))
ODD = Make(calls.metrics({"\ud800": 1.0, "odd": 1.0}, 0), expect=Expect.NOT_JUDGED)
INVALID: dict[str, list[Step]] = {
    "a store that nobody opened": make_steps(SOME),
    "a store that is never closed": [Open(), *make_steps(SOME)],
    "a store that is opened twice": [Open(), Open(destination=1), Close()],
    "two open stores at one destination": [Open(), Open(1), Close(), Close(1)],
    "a second store where nobody claims resume": [Open(), Close(), Open(), Close()],
    "a reader beside an open store": [Open(), Read(), Close()],
    "a destination that nobody wrote to": [Open(), Close(), Read(1)],
    "a store that is dropped while it is open": [Open(), Drop(), Close()],
    "a store that is dropped already": [Open(), Close(), Drop(), *make_steps(SOME)],
    "the objects of a store that comes later": [Open(1, 1, same_objects_as=0), Close(1)],
    "threads on a closed store": [Open(), Close(), Threads((SOME,))],
    "no thread": [Open(), Threads(()), Close()],
    "a close after more calls than are made": [Open(), Threads((SOME,), close_after=4)],
    "a kill after more calls than are made": [Killed(SOME, pause=0.1, after=4)],
    "a process that makes no call": [Forks(())],
    "processes at a destination that they would make": [Processes((SOME, SOME))],
    "processes that make no call": [Open(), Close(), Processes(((), ()))],
    "a call that may be recorded under the name of another": [
        *(Open(), ODD, Make(calls.scalar("odd", 0.5, 1)), Close(), Read())
    ],
}


@pytest.mark.parametrize("steps", INVALID.values(), ids=INVALID)
def test_a_program_that_breaks_the_rules_itself_is_not_run(steps: list[Step]) -> None:
    assert not is_valid(program(steps), {"threads", "processes", "crash", "fork"})


@pytest.mark.parametrize(
    "steps",
    [
        logged(SOME).steps,
        (Open(), Close(), *make_steps(SOME), Close(), Read(), Drop(), Read()),
        (Open(), Open(1, 1, same_objects_as=0), Close(), Drop(), Close(1), Read(1)),
        (Open(), Close(), Processes((SOME, ())), Read()),
        (Killed(SOME, pause=0.1, after=3), Read()),
        (Open(), Threads((SOME, ()), close_after=3), Read()),
        (Open(), ODD, Make(calls.scalar("other", 0.5, 1)), Close(), Read()),
    ],
)
def test_a_program_that_keeps_the_rules_is_run(steps: tuple[Step, ...]) -> None:
    assert is_valid(Program(steps), {"threads", "processes", "crash", "fork"})


def test_a_log_is_continued_where_the_store_claims_it() -> None:
    twice = program(Open(), Close(), Open(), Close(), Read())
    assert is_valid(twice, {"resume"})
    assert not is_valid(twice, set())

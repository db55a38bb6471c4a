"""From failed checks to their causes.

Each failing program is reduced, and what remains names a clause. Failures that end at one clause
are one cause, shown by the smallest program. A clause whose checks failed through the cause of
another clause gets a separate cause if its own tiny programs (each of its calls alone) lead back
to it.
"""

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence

from evsys_conformance.clauses import BY_ID, Clause
from evsys_conformance.diagnosis.argument_features import METRIC_METHODS
from evsys_conformance.diagnosis.attribution import clause_of
from evsys_conformance.diagnosis.cause import Cause, Failure, written_down
from evsys_conformance.diagnosis.children import children_get_other_calls
from evsys_conformance.diagnosis.consequences import (
    has_config,
    methods_of,
    unusable_methods,
    wrapping_needs,
)
from evsys_conformance.diagnosis.containment import contains, is_of_as_many_calls
from evsys_conformance.diagnosis.earlier_stores import with_an_earlier_store
from evsys_conformance.diagnosis.shared_records import shared_records
from evsys_conformance.judging.differences import RECORDS, Difference
from evsys_conformance.printing.script import essence, script
from evsys_conformance.programs.program import Make, Program
from evsys_conformance.reduction import structure
from evsys_conformance.reduction.experiments import Experiments, OutOfTime
from evsys_conformance.reduction.reducer import Reduced, reduced
from evsys_conformance.reduction.weight import weight
from evsys_conformance.reduction.writers import calls_of

SECONDS_PER_PROGRAM = 6.0
"""How long one failing program may be reduced."""
_MOST_TINY = 150
"""At most this many calls of a check are tried alone."""
_FEW = 12
"""A program of more calls, not reduced in time, tells nothing by what is in it."""
_OF_SEVERAL_WRITERS = ("CAP-THREADS", "CAP-PROC", "CAP-CRASH", "CAP-FORK")
_REPEATS = 10
"""A store that fails only sometimes is run this often to count its failures."""


def causes_of(failures: Iterable[Failure], experiments: Experiments) -> list[Cause]:
    """The causes of failed checks, most telling first.

    Checks for which the time did not suffice are named by no cause.
    """
    diagnosis = _Diagnosis(experiments)
    for failure in in_turn(failures):
        diagnosis.explain(failure)
    return sorted(diagnosis.causes.values(), key=_telling)


def in_turn(failures: Iterable[Failure]) -> Iterator[Failure]:
    """One failure of each clause, then a second one of each, as long as there are any.

    When the time is up, each clause has had its turn. Quick programs come first: what they find is
    known when the slow ones are reduced.
    """
    of_clause: dict[str, list[Failure]] = {}
    for failure in sorted(failures, key=_cost):
        of_clause.setdefault(failure.clause.id, []).append(failure)
    for turn in itertools.zip_longest(*of_clause.values()):
        yield from filter(None, turn)


def _like(about: Difference, found: Sequence[Difference]) -> Difference:
    """What a reduced program shows, of several differences the one that is like what it showed."""
    return next((each for each in found if each.is_like(about)), found[0] if found else about)


def _shows(about: Difference, found: list[Difference]) -> bool:
    return any(each.is_like(about) for each in found)


def _cost(failure: Failure) -> int:
    if failure.program is None:
        return -1
    return sum(len(calls_of(step)) for step in failure.program.steps)


def _telling(cause: Cause) -> tuple[int, int]:
    return len(cause.essence), list(BY_ID).index(cause.clause.id)


class _Diagnosis:
    def __init__(self, experiments: Experiments) -> None:
        self.experiments = experiments
        self.causes: dict[str, Cause] = {}
        self._shown: dict[str, Program] = {}
        """The program of each cause."""
        self._about: dict[str, Difference] = {}
        """What the program of each cause shows."""
        self._leaking: set[str] = set()
        """The areas whose records show at other destinations."""

    def explain(self, failure: Failure) -> None:
        """Find the cause of a failed check, or add it to one that is known."""
        if failure.program is None:
            self._add_direct(failure)
            return
        clauses: list[str] = []
        with contextlib.suppress(OutOfTime):
            for clause_id in self._clauses(failure, failure.program):
                clauses.append(clause_id)  # noqa: PERF402 - what is known when the time is up counts
        own = failure.clause.id
        if own in clauses:
            self.causes[own].checks.append(failure.check)
        elif clauses:
            self.causes[clauses[0]].checks.append(failure.check)

    def _clauses(self, failure: Failure, program: Program) -> Iterator[str]:
        """The clauses that the program breaks: of each way in which it fails, the own one first."""
        if self._unusable() & methods_of(program):
            yield "SIG-1"
            return
        found: Sequence[Difference] = failure.found
        if self.experiments.in_new_processes:
            found = self._found_afresh(failure, program)
            if not found:
                yield "ID-4"
                return
        families: dict[str, Difference] = {}
        for difference in found:
            families.setdefault(difference.family, difference)
        for about in families.values():
            if (needed := wrapping_needs(program, about)) in self.causes:
                yield needed
                continue
            leaks = "ID-4" if about.area and about.area in self._leaking else ""
            known = leaks or self._known_to_explain(program, about)
            clause = known or self._reduce(program, found, about, failure)
            yield clause
            if clause == failure.clause.id and clause in _OF_SEVERAL_WRITERS:
                return  # A race may lose a record of any kind.
        if failure.clause.id not in self.causes:
            yield from self._tiny(failure, program)

    def _found_afresh(self, failure: Failure, program: Program) -> Sequence[Difference]:
        """What is wrong with a program where no earlier store has left anything."""
        if all(self._known_to_explain(program, about) == "ID-4" for about in failure.found):
            return ()
        self.experiments.allow(SECONDS_PER_PROGRAM)
        return self.experiments.found(program)

    def _unusable(self) -> frozenset[str]:
        """Methods of which nothing more can be said, since their signatures are wrong."""
        return unusable_methods(self.experiments) if "SIG-1" in self.causes else frozenset()

    def _known_to_explain(self, program: Program, about: Difference) -> str:
        """The clause of a cause that is bound to show in the program; empty if there is none."""
        for clause_id, smaller in self._shown.items():
            if self._about[clause_id].is_like(about) and contains(program, smaller):
                return clause_id
        return ""

    def _known_to_be_like(self, about: Difference) -> str:
        """The clause of a cause that fails in the same way."""
        alike = (clause for clause, shown in self._about.items() if shown.is_like(about))
        return next(alike, "")

    def _known_by_number(self, result: Reduced, about: Difference) -> str:
        """The clause of a cause that shows after as many calls of another method."""
        for clause_id, shown in self._shown.items():
            alike = self._about[clause_id].kind == about.kind
            whole = result.complete and self.causes[clause_id].complete
            if alike and is_of_as_many_calls(result.program, shown, reduced=whole):
                return clause_id
        return ""

    def _tiny(self, failure: Failure, program: Program) -> Iterator[str]:
        """What each of the program's calls breaks alone."""
        alone: dict[str, Program] = {}
        makes = [step for step in program.steps if isinstance(step, Make)]
        for number in range(min(len(makes), _MOST_TINY)):
            tiny = structure.logged_alone(program, number)
            alone.setdefault(tiny.identity, tiny)
        self.experiments.allow(SECONDS_PER_PROGRAM)
        for tiny in alone.values():
            if any(contains(tiny, smaller) for smaller in self._shown.values()):
                continue
            found = self.experiments.found(tiny)
            if found and found[0].area not in self._leaking:
                yield self._reduce(tiny, found, found[0], failure)

    def _reduce(
        self,
        program: Program,
        found: Iterable[Difference],
        about: Difference,
        failure: Failure,
    ) -> str:
        """Reduce, and keep the cause under its clause.

        Raises:
            OutOfTime: The whole diagnosis has no time left, and other causes are known.
        """
        if self.causes and self.experiments.is_over():
            raise OutOfTime
        self.experiments.allow(SECONDS_PER_PROGRAM)
        if about.kind == "hung":
            result, runs = Reduced(program, tuple(found), complete=False), ""
        else:
            runs = self._frequency(program, about)
            result = self._without_surroundings(reduced(program, found, about, self.experiments))
            self.experiments.tries = 1
        about = _like(about, result.found)
        if about.kind in RECORDS and not structure.number_of_calls(result.program):
            result = self._from_elsewhere(result)
            about = _like(about, result.found)
        if not result.complete and (known := self._known_to_be_like(about)):
            return known
        known = self._known_by_number(result, about)
        if known and methods_of(result.program) & set(METRIC_METHODS) <= {"log_scalar"}:
            return known
        clause = self._clause(result, about, failure)
        if not self.experiments.in_new_processes and not runs and result.complete:
            self.experiments.allow(SECONDS_PER_PROGRAM)
            if longer := with_an_earlier_store(result.program, self.experiments):
                self._add(BY_ID["ID-4"], longer, _like(about, longer.found), runs)
                self._shown["ID-4"] = result.program  # The earlier store has always been there.
                return "ID-4"
        self._add(clause, result, about, runs)
        if known and known != clause.id:  # What happens to metrics as well is named by them.
            self.causes[clause.id].checks += self.causes.pop(known).checks
            del self._shown[known], self._about[known]
        return clause.id

    def _without_surroundings(self, result: Reduced) -> Reduced:
        """The same without threads, processes or wrappers, if it fails in any way at all."""
        for plain in structure.without_surroundings(result.program):
            if weight(plain) < weight(result.program) and (found := self._found_in_time(plain)):
                return reduced(plain, found, found[0], self.experiments)
        return result

    def _found_in_time(self, program: Program) -> list[Difference]:
        with contextlib.suppress(OutOfTime):
            return self.experiments.found(program)
        return []

    def _from_elsewhere(self, result: Reduced) -> Reduced:
        """Records that the store was never given may come from another destination."""
        if "CL-2" in self.causes:  # It shows without a call, and was not left.
            return result
        with contextlib.suppress(OutOfTime):
            if leaking := shared_records(self.experiments):
                program, found = leaking
                self._leaking.add(found[0].area)
                return Reduced(program, tuple(found))
        return result

    def _frequency(self, program: Program, about: Difference) -> str:
        """How often a program fails, where it is not always; more tries for such a one."""
        try:
            if _shows(about, self.experiments.found(program)):
                return ""
            failed = 1  # The check has seen it.
            for _ in range(_REPEATS - 2):
                failed += _shows(about, self.experiments.once(program))
        except OutOfTime:
            return ""
        self.experiments.tries = 5
        return f"{failed} of {_REPEATS}"

    def _clause(self, result: Reduced, about: Difference, failure: Failure) -> Clause:
        long = structure.number_of_calls(result.program) > _FEW
        if long and not result.complete and not structure.is_uniform(result.program):
            return failure.clause  # What is left over by chance would tell nothing.
        subject = self.experiments.subject
        if about.kind in RECORDS and children_get_other_calls(result.program, subject):
            return BY_ID["MUX-2"]
        try:
            return BY_ID[clause_of(result.program, about, self.experiments.found)]
        except OutOfTime:
            return failure.clause

    def _add(self, clause: Clause, result: Reduced, about: Difference, runs: str) -> None:
        cause = Cause(
            clause,
            about.text,
            script(result.program, self.experiments.subject.loading),
            essence(result.program),
            runs,
            complete=result.complete,
        )
        known = self.causes.get(clause.id)
        if known is None or cause.size < known.size:
            cause.checks = known.checks if known else []
            self.causes[clause.id] = cause
            self._shown[clause.id] = result.program
            self._about[clause.id] = about

    def _add_direct(self, failure: Failure) -> None:
        method = {"SIG-2": "log_metrics", "SIG-3": "log_artifact"}.get(failure.clause.id)
        if method in self._unusable():
            self.causes["SIG-1"].checks.append(failure.check)
            return
        follows = failure.clause.id == "ID-3" and "ID-2" in self.causes
        if follows and not has_config(self.experiments.subject.store):
            self.causes["ID-2"].checks.append(failure.check)
            return
        essence = written_down(failure.script)
        cause = Cause(failure.clause, failure.what, failure.script, essence)
        known = self.causes.setdefault(failure.clause.id, cause)
        if cause.size < known.size and failure.clause.id not in self._shown:
            cause.checks = known.checks
            self.causes[failure.clause.id] = known = cause
        known.checks.append(failure.check)

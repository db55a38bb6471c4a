"""The search for the cause of each failed check, by experiments.

A check is counted to a cause if an experiment shows it: the check's program is reduced to one that
breaks the clause of the cause, or the program of the cause is contained in it. If the time does not
suffice for that, the check is counted to its clause or to none, and never to another clause.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from evsys_conformance.clauses import BY_ID, Clause
from evsys_conformance.diagnosis.argument_features import METRIC_METHODS
from evsys_conformance.diagnosis.attribution import clause_of
from evsys_conformance.diagnosis.cause import Cause, Failure, written_down
from evsys_conformance.diagnosis.children import children_get_other_calls
from evsys_conformance.diagnosis.consequences import (
    followed,
    methods_of,
    unusable_methods,
    wrapping_needs,
)
from evsys_conformance.diagnosis.earlier_stores import with_an_earlier_store
from evsys_conformance.diagnosis.known_causes import KnownCauses
from evsys_conformance.diagnosis.shared_records import shared_records
from evsys_conformance.diagnosis.shortest import shortest, symptom_of
from evsys_conformance.judging.differences import RECORDS, Difference
from evsys_conformance.printing.script import essence, script
from evsys_conformance.programs.program import Make, Program
from evsys_conformance.reduction import structure
from evsys_conformance.reduction.experiments import Experiments, OutOfTime
from evsys_conformance.reduction.reducer import Reduced

_MOST_TINY = 150
"""At most this many calls of a check are tried alone."""
_MOST_UNFINISHED = 3
"""At most this many causes are shown for which the time did not suffice."""
_OF_SEVERAL_WRITERS = ("CAP-THREADS", "CAP-PROC", "CAP-CRASH", "CAP-FORK")


class CauseSearch:
    """Explains failed checks one by one: a cause of one may explain the next."""

    def __init__(self, experiments: Experiments) -> None:
        self.causes = KnownCauses()
        self._experiments = experiments
        self._seconds = 0.0
        """How long one program may be reduced."""
        self._leaking: set[str] = set()
        """The areas whose records show at other destinations."""
        self._unfinished: dict[str, tuple[Reduced, Difference, str]] = {}
        """By failed check that had its whole time: its program as far as it was reduced."""

    def explain(self, failure: Failure, seconds: float) -> bool:
        """Count a failed check to its cause.

        Args:
            failure: The check.
            seconds: How long each program may be reduced.

        Returns:
            Whether the time sufficed; if not, the check is counted to no cause.
        """
        self._seconds = seconds
        self._experiments.allow(seconds)
        if failure.program is None:
            self._explain_direct(failure)
            return True
        try:
            clause_id = self._clause_explaining(failure, failure.program)
        except OutOfTime:
            return False
        self.causes.count(clause_id, failure.check)
        return True

    def keep_unfinished(self, failures: Iterable[Failure]) -> None:
        """Keep what is known of failed checks whose causes were not found in time.

        A check is counted to the cause of its clause if that shows in the same way. A few of the
        others become a cause of their clause: those that had their whole time, or, if there is no
        cause at all, any.
        """
        unreduced = not self.causes.most_telling_first()
        shown = 0
        for failure in failures:
            own = failure.clause.id
            if self.causes.is_like(own, failure.found):
                self.causes.count(own, failure.check)
                continue
            known = self._unfinished.get(failure.check)
            if known is None and unreduced and failure.program:
                found = failure.found
                known = Reduced(failure.program, found, complete=False), found[0], ""
            if known and own not in self.causes and shown < _MOST_UNFINISHED:
                self._add(failure.clause, *known)
                self.causes.count(own, failure.check)
                shown += 1

    def _clause_explaining(self, failure: Failure, program: Program) -> str:
        """The clause whose cause explains a failed check: the check's own one if there are several.

        Raises:
            OutOfTime: One of the ways in which the program fails could not be explained in time.
        """
        if self._unusable() & methods_of(program):
            return "SIG-1"
        found: Sequence[Difference] = failure.found
        if self._experiments.in_new_processes:
            found = self._found_afresh(failure, program)
            if not found:
                return "ID-4"
        families: dict[str, Difference] = {}
        for difference in found:
            families.setdefault(difference.family, difference)
        own = failure.clause.id
        clauses: list[str] = []
        try:
            for about in families.values():
                clauses.append(self._clause_of_way(program, found, about, failure))
                if clauses[-1] == own and own in _OF_SEVERAL_WRITERS:
                    break  # A race may lose a record of any kind.
            if own not in self.causes:
                for clause_id in self._tiny(failure, program):
                    clauses.append(clause_id)  # noqa: PERF402 - those found in time count
        except OutOfTime:
            explained = len(clauses) >= len(families) and self._experiments.is_over()
            if own not in clauses and not explained:
                raise
        return own if own in clauses else clauses[0]

    def _clause_of_way(
        self, program: Program, found: Sequence[Difference], about: Difference, failure: Failure
    ) -> str:
        """The clause that a program breaks in one of the ways in which it fails."""
        if needed := wrapping_needs(program, about, self.causes, self._experiments):
            return needed
        if about.area in self._leaking and "ID-4" in self.causes:
            return "ID-4"
        return self.causes.shown_by(program, about) or self._find(program, found, about, failure)

    def _found_afresh(self, failure: Failure, program: Program) -> Sequence[Difference]:
        """What is wrong with a program where no earlier store has left anything."""
        if all(self.causes.shown_by(program, about) == "ID-4" for about in failure.found):
            return ()
        return self._experiments.found(program)

    def _unusable(self) -> frozenset[str]:
        """Methods of which nothing more can be said, since their signatures are wrong."""
        return unusable_methods(self._experiments) if "SIG-1" in self.causes else frozenset()

    def _tiny(self, failure: Failure, program: Program) -> Iterator[str]:
        """What each of the program's calls breaks alone."""
        alone: dict[str, Program] = {}
        makes = [step for step in program.steps if isinstance(step, Make)]
        for number in range(min(len(makes), _MOST_TINY)):
            tiny = structure.logged_alone(program, number)
            alone.setdefault(tiny.identity, tiny)
        self._experiments.allow(self._seconds)
        for tiny in alone.values():
            if self.causes.is_in(tiny):
                continue
            found = self._experiments.found(tiny)
            if found and found[0].area not in self._leaking:
                yield self._find(tiny, found, found[0], failure)

    def _find(
        self, program: Program, found: Sequence[Difference], about: Difference, failure: Failure
    ) -> str:
        """Reduce a program, and keep the cause under the clause that the short one breaks.

        Raises:
            OutOfTime: The program could not be reduced in time, or not be named.
        """
        if self._experiments.is_over():
            raise OutOfTime
        self._experiments.allow(self._seconds)
        result, runs = shortest(program, found, about, self._experiments)
        try:
            self._experiments.allow(self._seconds)
            return self._kept(result, about, runs)
        except OutOfTime:
            if not self._experiments.is_over():
                unfinished = replace(result, complete=False)
                self._unfinished[failure.check] = unfinished, symptom_of(result, about), runs
            raise

    def _kept(self, result: Reduced, about: Difference, runs: str) -> str:
        """Keep a reduced program as the cause of the clause that it breaks, which is returned."""
        if not result.complete:
            raise OutOfTime
        result = self._from_elsewhere(result, symptom_of(result, about))
        about = symptom_of(result, about)
        known = self.causes.of_as_many_calls(result.program, about)
        if known and methods_of(result.program) & set(METRIC_METHODS) <= {"log_scalar"}:
            return known
        clause = self._clause(result, about)
        if not self._experiments.in_new_processes and not runs:
            self._experiments.allow(self._seconds)
            if longer := with_an_earlier_store(result.program, self._experiments):
                self._add(BY_ID["ID-4"], longer, symptom_of(longer, about), runs)
                # The earlier store has always been there.
                self.causes.set_program("ID-4", result.program)
                return "ID-4"
        self._add(clause, result, about, runs)
        if known and known != clause.id:  # What happens to metrics as well is named by them.
            self.causes.merge(known, into=clause.id)
        return clause.id

    def _from_elsewhere(self, result: Reduced, about: Difference) -> Reduced:
        """Records that the store was never given may come from another destination."""
        if about.kind not in RECORDS or structure.number_of_calls(result.program):
            return result
        if "CL-2" in self.causes:  # It shows without a call, and was not left.
            return result
        if leaking := shared_records(self._experiments):
            program, found = leaking
            self._leaking.add(found[0].area)
            return Reduced(program, tuple(found))
        return result

    def _clause(self, result: Reduced, about: Difference) -> Clause:
        subject = self._experiments.subject
        if about.kind in RECORDS and children_get_other_calls(result.program, subject):
            return BY_ID["MUX-2"]
        return BY_ID[clause_of(result.program, about, self._experiments.found)]

    def _add(self, clause: Clause, result: Reduced, about: Difference, runs: str) -> None:
        cause = Cause(
            clause,
            about.text,
            script(result.program, self._experiments.subject.loading),
            essence(result.program),
            runs,
            complete=result.complete,
        )
        self.causes.add_program(cause, result.program, about)

    def _explain_direct(self, failure: Failure) -> None:
        """Count a direct check to the cause that it follows from, or to that of its clause."""
        known = ""
        with contextlib.suppress(OutOfTime):
            known = followed(failure.clause.id, self.causes, self._experiments)
        if not known:
            shown = written_down(failure.script)
            self.causes.add(Cause(failure.clause, failure.what, failure.script, shown))
        self.causes.count(known or failure.clause.id, failure.check)

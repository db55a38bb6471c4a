"""The causes that the search has found, one per clause, and the failures that they explain."""

from collections.abc import Iterable

from evsys_conformance.clauses import BY_ID
from evsys_conformance.diagnosis.cause import Cause
from evsys_conformance.diagnosis.containment import contains, is_of_as_many_calls
from evsys_conformance.judging.differences import Difference
from evsys_conformance.programs.program import Program


class KnownCauses:
    """The causes found so far, by the ids of their clauses, each with the program that shows it."""

    def __init__(self) -> None:
        self._causes: dict[str, Cause] = {}
        self._programs: dict[str, Program] = {}
        self._symptoms: dict[str, Difference] = {}
        """The difference that each program shows."""

    def __contains__(self, clause_id: object) -> bool:
        """Whether there is a cause under a clause."""
        return clause_id in self._causes

    def most_telling_first(self) -> list[Cause]:
        """The causes: those that were found in time first, and short programs before long ones."""
        order = list(BY_ID)

        def place(cause: Cause) -> tuple[bool, int, int]:
            return not cause.complete, len(cause.essence), order.index(cause.clause.id)

        return sorted(self._causes.values(), key=place)

    def count(self, clause_id: str, check: str) -> None:
        """Count a failed check to the cause under a clause."""
        self._causes[clause_id].checks.append(check)

    def add(self, cause: Cause) -> None:
        """Keep what a direct check wrote down, unless its clause has a program or less to read."""
        known = self._causes.get(cause.clause.id)
        if known is None or (cause.size < known.size and cause.clause.id not in self._programs):
            self._replace(cause)

    def add_program(self, cause: Cause, program: Program, symptom: Difference) -> None:
        """Keep a cause with its program, unless its clause has a shorter one."""
        known = self._causes.get(cause.clause.id)
        if known is None or cause.size < known.size:
            self._replace(cause)
            self._programs[cause.clause.id] = program
            self._symptoms[cause.clause.id] = symptom

    def _replace(self, cause: Cause) -> None:
        known = self._causes.get(cause.clause.id)
        cause.checks = known.checks if known else []
        self._causes[cause.clause.id] = cause

    def set_program(self, clause_id: str, program: Program) -> None:
        """Look for this program in others, in place of the one that the cause shows."""
        self._programs[clause_id] = program

    def merge(self, clause_id: str, into: str) -> None:
        """Remove a cause, and count its checks to another one."""
        self._causes[into].checks += self._causes.pop(clause_id).checks
        del self._programs[clause_id], self._symptoms[clause_id]

    def shown_by(self, program: Program, symptom: Difference) -> str:
        """The clause of a cause that is bound to show in a program; empty if there is none."""
        for clause_id, smaller in self._programs.items():
            if self._symptoms[clause_id].is_like(symptom) and contains(program, smaller):
                return clause_id
        return ""

    def is_in(self, program: Program) -> bool:
        """Whether a program contains that of a cause."""
        return any(contains(program, smaller) for smaller in self._programs.values())

    def of_as_many_calls(self, program: Program, symptom: Difference) -> str:
        """The clause of a cause that shows after as many calls of another method; empty if none."""
        for clause_id, known in self._programs.items():
            alike = self._symptoms[clause_id].kind == symptom.kind
            if alike and is_of_as_many_calls(program, known):
                return clause_id
        return ""

    def is_like(self, clause_id: str, found: Iterable[Difference]) -> bool:
        """Whether the cause under a clause shows in the same way as one of these differences."""
        symptom = self._symptoms.get(clause_id)
        return symptom is not None and any(symptom.is_like(each) for each in found)

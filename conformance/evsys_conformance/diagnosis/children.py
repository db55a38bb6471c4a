"""Finds out whether a composite store hands other calls to its children than it gets (MUX-2)."""

from evsys_conformance.checks.composition import every_child
from evsys_conformance.clauses import BY_ID
from evsys_conformance.programs.program import Close, Expect, Make, Open, Program, Read
from evsys_conformance.programs.sibling_stores import RecordingStore
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.trial import Trial
from evsys_conformance.violation import ClauseViolation

_MAY_BE_KEPT = (Expect.ACCEPTED, Expect.KEPT_OR_REFUSED, Expect.KEPT_OR_VALUE_ERROR)


def children_get_other_calls(program: Program, subject: Subject) -> bool:
    """Whether two children that never fail do not get the calls of a program as they are."""
    makes = [step for step in program.steps if isinstance(step, Make)]
    others = [step for step in program.steps if not isinstance(step, Make)]
    valid = all(make.expect in _MAY_BE_KEPT for make in makes)
    if "composite" not in subject.claims or others != [Open(), Close(), Read()] or not valid:
        return False
    trial = Trial(subject, BY_ID["MUX-2"])
    try:
        every_child(trial, [make.call for make in makes], (RecordingStore, RecordingStore))
    except ClauseViolation:
        return True
    return False

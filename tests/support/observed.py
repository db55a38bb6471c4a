"""Observations made by hand, to be judged."""

from collections.abc import Sequence

from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.judge import judge
from evsys_conformance.judging.precision import Precision
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.observation import Observation, StepObservation
from evsys_conformance.programs.program import Expect, Make, Program, Step, logged
from evsys_sdk import MetricRow, RunLog

EXACT = Precision()
HALF = calls.scalar("loss", 0.5, 1)
QUARTER = calls.scalar("loss", 0.25, 2)


def rows(*points: tuple[int, float], key: str = "loss", split: str = "train") -> StepObservation:
    """A log that was read."""
    found = [MetricRow(step=step, split=split, metrics={key: value}) for step, value in points]
    return StepObservation(run_log=RunLog(found, {}, []))


def found(
    steps: Program | Sequence[Step],
    seen: dict[int, StepObservation],
    *claims: str,
    until: int | None = None,
) -> list[Difference]:
    """What is wrong with a run in which all steps went well but for those in ``seen``."""
    program = steps if isinstance(steps, Program) else Program(tuple(steps))
    everything = [seen.get(place, StepObservation()) for place in range(len(program.steps))]
    observation = Observation(everything[:until], directories={0: "/somewhere"})
    return judge(program, observation, EXACT, frozenset(claims))


def bad(call: Call, expect: Expect = Expect.REFUSED) -> Make:
    return Make(call, expect=expect, because="it is bad")


TWO = logged([HALF, QUARTER])
"""Open, two calls, close, and a read at place 4."""

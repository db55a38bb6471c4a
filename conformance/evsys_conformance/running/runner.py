"""Runs checks, without pytest: Hypothesis draws, a watch looks for calls that never return."""

import contextlib
import os
import random
import time
import traceback
import warnings
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from evsys_conformance.judging.differences import Difference, listed_texts
from evsys_conformance.judging.judge import judged
from evsys_conformance.printing.script import script
from evsys_conformance.programs.observation import Hanging
from evsys_conformance.programs.program import Program
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Check, Programs
from evsys_conformance.running.interpreter import run
from evsys_conformance.running.trial import Trial
from evsys_conformance.running.watch import Notice, hanging_after, silent
from evsys_conformance.verdicts import Effort, Verdict
from evsys_conformance.violation import ClauseViolation

HANG_SECONDS = 120.0
"""How long a store may go without finishing a call before it counts as hanging."""


@dataclass
class Outcome:
    """What came of one check."""

    check: Check
    verdict: Verdict
    message: str = ""
    """A short report."""
    what: str = ""
    """What was wrong, in a few lines: what the report says about this store alone."""
    script: str = ""
    """What shows it again; empty where no program does."""
    program: Program | None = None
    """The program that broke the clause, as it was drawn; None of a direct check."""
    found: list[Difference] = field(default_factory=list[Difference])
    """What was wrong with it."""
    examples: int = 0
    seconds: float = 0.0
    volume: dict[str, int] = field(default_factory=dict[str, int])
    """Number of calls that a volume check reached."""


def run_check(
    check: Check,
    subject: Subject,
    effort: Effort = Effort.NORMAL,
    seed_of_run: int | None = None,
    notice: Notice = silent,
) -> Outcome:
    """Run one check of a subject whose harness has been entered.

    Args:
        check: What to run.
        subject: The store under test.
        effort: How hard to look.
        seed_of_run: What the drawn data depend on; None: every run draws other data.
        notice: Shows what is waited for when a call takes long.
    """
    if check.clause.capability and check.clause.capability not in subject.claims:
        return Outcome(check, Verdict.NOT_CLAIMED)
    if check.observes and subject.observable is False:
        return Outcome(check, Verdict.NOT_OBSERVED)
    check_run = _CheckRun(check, subject, effort, seed_of_run)
    subject.calls_in_check, subject.doing = 0, None
    subject.volume = effort.volume
    subject.largest_volume = {}
    start = time.perf_counter()
    outcome = Outcome(check, Verdict.PASSED)
    try:
        # The session may turn warnings into errors. A warning of Hypothesis itself says nothing
        # about the store: on Python 3.14 it warns because the kit has frozen the garbage collector.
        hanging = hanging_after(HANG_SECONDS, subject, notice)
        with hanging, warnings.catch_warnings(action="ignore"):
            check_run.run()
        if check_run.unobserved:
            outcome.verdict = Verdict.NOT_OBSERVED
    except ClauseViolation as violation:
        outcome.verdict = Verdict.FAILED
        outcome.message, outcome.what = str(violation), violation.what
        outcome.script = violation.script
        outcome.program, outcome.found = check_run.program, check_run.found
    except Hanging:
        outcome.verdict = Verdict.FAILED
        outcome.what = f"a call of the store did not return within {HANG_SECONDS:.0f} seconds"
        outcome.message = str(ClauseViolation(check.clause, outcome.what))
    except Exception:  # noqa: BLE001 - a fault of the kit must not stop the run
        outcome.verdict = Verdict.KIT_ERROR
        outcome.message = traceback.format_exc()
    outcome.examples = check_run.examples
    outcome.seconds = time.perf_counter() - start
    outcome.volume = dict(subject.largest_volume)
    return outcome


class _CheckRun:
    """Draws data for one check, until a program breaks the contract."""

    def __init__(
        self, check: Check, subject: Subject, effort: Effort, seed_of_run: int | None
    ) -> None:
        self.check = check
        self.subject = subject
        self.effort = effort
        self.seed = seed_of_run
        self.examples = 0
        self.unobserved = False
        self.program: Program | None = None
        self.found: list[Difference] = []
        self._violation: ClauseViolation | None = None
        self._until = time.perf_counter() + effort.seconds

    def run(self) -> None:
        """Run the check.

        Raises:
            ClauseViolation: The store broke the clause; ``program`` shows how.
        """
        if self.check.draw is None:
            self._once({})
            return

        def example(**drawn: Any) -> None:
            self._example(drawn)

        driven = self._settings()(given(**self.check.draw(self.subject))(example))
        if self.seed is not None:
            driven = seed(self.seed)(driven)
        with contextlib.suppress(Enough):
            driven()
        if self._violation is not None:
            raise self._violation

    def _settings(self) -> settings:
        default = settings.default
        assert default is not None
        share = self.effort.share * self.check.weight
        return settings(
            default,
            max_examples=max(3, round(default.max_examples * share)),
            deadline=None,
            # A store may be slow. The remaining health checks report bad strategies.
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            # Programs are made smaller by the kit itself, which knows their steps.
            phases=[Phase.generate],
            database=None,
            report_multiple_bugs=False,
            print_blob=False,
        )

    def _example(self, drawn: dict[str, Any]) -> None:
        if time.perf_counter() > self._until and self.examples >= 3:
            raise Enough
        try:
            self._once(drawn)
        except ClauseViolation as violation:
            self._violation = violation
            raise Enough from None

    def _once(self, drawn: dict[str, Any]) -> None:
        self.examples += 1
        self.subject.calls_in_check += 1
        # Warnings concern the store's own tests. Filters that it sets end with the example.
        with warnings.catch_warnings(action="ignore"):
            if self.check.direct:
                self._run_directly(drawn)
            else:
                self._run_programs(self.check.function(self.subject, **drawn))

    def _run_directly(self, drawn: dict[str, Any]) -> None:
        trial = Trial(self.subject, self.check.clause)
        try:
            self.check.function(trial, **drawn)
        except ClauseViolation as violation:
            # If a program shows the violation too, it is explained like any other.
            if isinstance(violation.program, Program):
                observation = run(violation.program, self.subject)
                self.found = judged(violation.program, observation, self.subject)
                self.program = violation.program if self.found else None
            raise
        self.unobserved = self.unobserved or trial.unobserved

    def _run_programs(self, programs: Programs) -> None:
        try:
            program = next(programs)
            while True:
                self.program = program
                observation = run(program, self.subject)
                self.found = judged(program, observation, self.subject)
                self.unobserved = self.unobserved or observation.unobserved
                if self.found:
                    shown = script(program, self.subject.loading)
                    raise ClauseViolation(self.check.clause, listed_texts(self.found), script=shown)
                program = programs.send(observation)
        except StopIteration:
            return


class Enough(BaseException):
    """Ends Hypothesis at once: a program broke the contract, or the time is up."""


def fresh_seed() -> int:
    """Draw a seed for a run, without touching the state of ``random``."""
    return random.SystemRandom().getrandbits(32) ^ os.getpid()

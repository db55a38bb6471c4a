"""One target in one process: its harness is entered at the first check, and left at the end."""

import gc
import time
import traceback
import warnings
from collections.abc import Collection
from typing import Any

from evsys_conformance.diagnosis.cause import Cause, Failure
from evsys_conformance.diagnosis.causes import causes_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.reduction.experiments import Experiments
from evsys_conformance.running.check import Check
from evsys_conformance.running.runner import Outcome, run_check
from evsys_conformance.running.watch import Notice, silent
from evsys_conformance.targets.loading import Target
from evsys_conformance.verdicts import Effort, Verdict
from evsys_conformance.violation import ClauseViolation


class TargetRun:
    """Runs checks of one target."""

    def __init__(self, target: Target, effort: Effort, explaining: float) -> None:
        self.target = target
        self.effort = effort
        self.explaining = explaining
        """Seconds in which the causes of failed checks are looked for."""
        self.ran_out_of_time = False
        """Whether the search for causes took all of these seconds."""
        self.subject = Subject(target.harness, target.name, target.params)
        self._entered = False
        self._broken = ""
        """Why the harness could not be entered."""

    def perform(self, check: Check, seed: int | None, notice: Notice = silent) -> Outcome:
        """Run a check; all but an interruption comes back as an outcome."""
        claimed = check.clause.capability is None or check.clause.capability in self.subject.claims
        problem = self._enter() if claimed else ""
        if problem:
            return Outcome(check, Verdict.KIT_ERROR, problem)
        try:
            return run_check(check, self.subject, self.effort, seed, notice)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - pytest.skip() in a harness excuses nothing
            what = (
                f"{type(error).__name__} came out of the store or its harness, which ends a "
                f"program: {error}"
            )
            message = str(ClauseViolation(check.clause, what))
            return Outcome(check, Verdict.FAILED, message, what)

    def explain(self, failures: Collection[Failure]) -> list[Cause]:
        """The causes of failed checks, most telling first.

        Raises:
            RuntimeError: The harness could not be entered.
        """
        problem = self._enter()
        if problem:
            raise RuntimeError(problem)
        experiments = Experiments(self.subject, time.perf_counter() + self.explaining)
        with warnings.catch_warnings(action="ignore"):
            causes = causes_of(failures, experiments)
        self.ran_out_of_time = experiments.is_over()
        return causes

    def _enter(self) -> str:
        """Enter the harness, once; say why that can't be done."""
        if self._broken:
            return f"The harness of {self.target.name} could not be entered (see the first error)."
        if not self._entered:
            try:
                self.target.harness.__enter__()
            except (KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException:  # noqa: BLE001 - the run goes on without this target
                self._broken = traceback.format_exc()
                return f"Entering the harness of {self.target.name} raised:\n\n{self._broken}"
            self._entered = True
        return ""

    def leave(self) -> list[str]:
        """Leave the harness if it was entered, and remove all destinations; say what went wrong."""
        problems: list[str] = []
        if self._entered:
            self._entered = False
            nothing: Any = None
            try:
                self.target.harness.__exit__(nothing, nothing, nothing)
            except Exception as error:  # noqa: BLE001 - a harness may raise anything
                problems.append(f"leaving the harness raised {type(error).__name__}: {error}")
        self.subject.discard()
        with warnings.catch_warnings(action="ignore"):
            gc.collect()
        return problems

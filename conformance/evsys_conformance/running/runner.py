"""Runs checks, without pytest: Hypothesis draws, a watch looks for calls that never return."""

import contextlib
import enum
import os
import random
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Generator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException

from evsys_conformance.clauses import BY_ID
from evsys_conformance.harness import StoreHarness
from evsys_conformance.programs.bench import Bench
from evsys_conformance.running.check import Check, all_checks
from evsys_conformance.violation import ClauseViolation

HANG_SECONDS = 120.0
"""How long a store may go without finishing a call before it counts as hanging."""


SHRINK_SECONDS = 5.0
"""How long a violation may be made smaller."""


class Verdict(enum.Enum):
    """What is known of a check or a clause after the run."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_OBSERVED = "not observed"
    NOT_CLAIMED = "not claimed"
    EXPECTED_FAILURE = "expected failure"
    KIT_ERROR = "kit error"
    NOT_RUN = "not run"


class Effort(enum.Enum):
    """How hard to look: share of ``max_examples``, seconds per check, share of long runs."""

    QUICK = (0.1, 5.0, 0.25)
    NORMAL = (0.25, 10.0, 1.0)
    DEEP = (2.5, 120.0, 4.0)

    @property
    def share(self) -> float:
        """Share of ``max_examples`` that a check of weight 1 draws."""
        return self.value[0]

    @property
    def seconds(self) -> float:
        """Seconds after which a check draws no further example (and shrinks no further)."""
        return self.value[1]

    @property
    def volume(self) -> float:
        """Share of the usual length of long runs."""
        return self.value[2]


@dataclass
class Outcome:
    """What came of one check."""

    check: Check
    verdict: Verdict
    message: str = ""
    script: str = ""
    examples: int = 0
    seconds: float = 0.0
    volume: dict[str, int] = field(default_factory=dict[str, int])
    """Number of calls that a volume check reached."""


def run_check(
    check: Check, bench: Bench, effort: Effort = Effort.NORMAL, seed_of_run: int | None = None
) -> Outcome:
    """Run one check of a bench whose harness has been entered."""
    if check.clause.capability and check.clause.capability not in bench.claims:
        return Outcome(check, Verdict.NOT_CLAIMED)
    if check.observes and bench.observable is False:
        return Outcome(check, Verdict.NOT_OBSERVED)
    drive = _Drive(check, bench, effort, seed_of_run)
    bench.calls_in_check = 0
    bench.volume = effort.volume
    bench.largest_volume = {}
    start = time.perf_counter()
    outcome = Outcome(check, Verdict.PASSED)
    try:
        # The session may turn warnings into errors. A warning of Hypothesis itself says nothing
        # about the store: on Python 3.14 it warns because the kit has frozen the garbage collector.
        with _watch(bench), warnings.catch_warnings(action="ignore"):
            drive.run()
        if drive.unobserved:
            outcome.verdict = Verdict.NOT_OBSERVED
    except ClauseViolation as violation:
        outcome.verdict = Verdict.FAILED
        outcome.message, outcome.script = str(violation), violation.script
    except Hanging as hanging:
        if hanging.violation is None:
            outcome.verdict = Verdict.KIT_ERROR
            outcome.message = f"nothing happened in {HANG_SECONDS:.0f} s"
        else:
            outcome.verdict = Verdict.FAILED
            outcome.message, outcome.script = str(hanging.violation), hanging.violation.script
    except Exception:  # noqa: BLE001 - whatever is wrong with the kit must not stop the run
        outcome.verdict = Verdict.KIT_ERROR
        outcome.message = traceback.format_exc()
    outcome.examples = drive.examples
    outcome.seconds = time.perf_counter() - start
    outcome.volume = dict(bench.largest_volume)
    return outcome


def run_clause(
    harness: StoreHarness, clause_id: str, *, effort: Effort = Effort.QUICK, target: str = ""
) -> list[Outcome]:
    """Run every check of one clause on a harness, which is entered and left."""
    clause = BY_ID[clause_id]
    bench = Bench(harness, target or _spelt(harness))
    try:
        with harness:
            return [run_check(c, bench, effort) for c in all_checks() if c.clause is clause]
    finally:
        bench.discard_destinations()


def _spelt(harness: StoreHarness) -> str:
    return f"{type(harness).__module__}:{type(harness).__qualname__}"


class _Drive:
    """Draws data for one check and keeps the smallest violation."""

    def __init__(self, check: Check, bench: Bench, effort: Effort, seed_of_run: int | None) -> None:
        self.check = check
        self.bench = bench
        self.effort = effort
        self.seed = seed_of_run
        self.examples = 0
        self.unobserved = False
        self.violation: ClauseViolation | None = None
        self.until = time.perf_counter() + effort.seconds

    def run(self) -> None:
        """Run the check; the violation that comes out has been shrunk."""
        if self.check.draw is None:
            self._once({})
            return

        def example(**drawn: Any) -> None:
            self._example(drawn)

        driven = self._settings()(given(**self.check.draw(self.bench))(example))
        if self.seed is not None:
            driven = seed(self.seed)(driven)
        try:
            driven()
        except ClauseViolation:
            raise
        except OutOfTime:
            pass
        except (HypothesisException, BaseExceptionGroup):
            # A store that fails only now and then looks flaky to Hypothesis; the failure is real.
            if self.violation is None:
                raise
        if self.violation is not None:
            raise self.violation from None

    def _settings(self) -> settings:
        default = settings.default
        assert default is not None
        share = self.effort.share * self.check.weight
        return settings(
            default,
            max_examples=max(3, round(default.max_examples * share)),
            deadline=None,
            # What a slow store takes is its own business; what is left tells of bad strategies.
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            phases=[Phase.generate, Phase.shrink],
            database=None,
            report_multiple_bugs=False,
            print_blob=False,
        )

    def _example(self, drawn: dict[str, Any]) -> None:
        if time.perf_counter() > self.until and (self.violation or self.examples >= 3):
            raise OutOfTime
        try:
            self._once(drawn)
        except ClauseViolation as violation:
            if self.violation is None:
                self.until = time.perf_counter() + SHRINK_SECONDS
            self.violation = violation
            raise

    def _once(self, drawn: dict[str, Any]) -> None:
        self.examples += 1
        self.bench.calls_in_check += 1
        trial = self.check.begin(self.bench)
        # What a store warns about is for its own tests. Filters that it sets end with the example.
        with warnings.catch_warnings(action="ignore"):
            try:
                self.check.function(trial, **drawn)
            except Hanging as hanging:
                hanging.violation = ClauseViolation(
                    self.check.clause,
                    f"{trial.last_note()} did not return within {HANG_SECONDS:.0f} seconds.",
                    script=trial.script(),
                )
                raise
        self.unobserved = self.unobserved or trial.unobserved


class OutOfTime(BaseException):
    """Ends Hypothesis at once; what is known by then holds: nothing, or the smallest violation."""


class Hanging(BaseException):
    """Raised into a call that does not return; no ``except Exception`` of a store stops it.

    It also passes through Hypothesis, which would try the hanging call again to shrink it.
    """

    violation: ClauseViolation | None = None


@contextlib.contextmanager
def _watch(bench: Bench) -> Generator[None]:
    """Turn a store that hangs into a violation, where the platform can interrupt a call."""
    usable = (
        threading.current_thread() is threading.main_thread()
        and hasattr(signal, "setitimer")
        and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    )
    if not usable:
        yield
        return
    seen = -1

    def look(_number: int, _frame: FrameType | None) -> None:
        nonlocal seen
        if bench.calls_in_check == seen:
            raise Hanging
        seen = bench.calls_in_check

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS / 2, HANG_SECONDS / 2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def fresh_seed() -> int:
    """Draw a seed for a run, without touching the state of ``random``."""
    return random.SystemRandom().getrandbits(32) ^ os.getpid()

"""The kit's checks as pytest items: no fixtures, no files, nothing that a conftest can shadow."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from evsys_conformance.certificate.building import encodable
from evsys_conformance.certificate.model import CheckRecord
from evsys_conformance.diagnosis.cause import Failure
from evsys_conformance.pytest_session.output import show_line
from evsys_conformance.pytest_session.target_run import TargetRun
from evsys_conformance.running.check import Check
from evsys_conformance.running.runner import Outcome
from evsys_conformance.verdicts import Verdict

_SILENT = {Verdict.NOT_CLAIMED, Verdict.NOT_OBSERVED}


_Node = TypeVar("_Node", bound=pytest.Item | pytest.Collector)


def _node(kind: type[_Node], parent: pytest.Collector, **arguments: Any) -> _Node:
    # pytest leaves these arguments untyped.
    item: _Node = cast("Any", kind).from_parent(parent, **arguments)
    return item


class CheckFailed(Exception):  # noqa: N818 - never seen: its text is what the item shows
    """Tells pytest that a check did not pass."""


class TargetCollector(pytest.Collector):
    """All checks of one target."""

    run: TargetRun
    checks: list[Check]

    @classmethod
    def of(cls, session: pytest.Session, run: TargetRun, checks: list[Check]) -> "TargetCollector":
        """The collector of a target; its path is the kit's, so no conftest reaches its items."""
        name = f"evsys[{run.target.name}]"
        collector = _node(cls, session, name=name, nodeid=name, path=Path(__file__))
        collector.run, collector.checks = run, checks
        return collector

    def collect(self) -> Iterator["ClauseCollector"]:
        """One collector per clause."""
        for clause_id, checks in itertools.groupby(self.checks, lambda check: check.clause.id):
            clause = _node(ClauseCollector, self, name=clause_id)
            clause.run, clause.checks = self.run, list(checks)
            yield clause


class ClauseCollector(pytest.Collector):
    """The checks of one clause."""

    run: TargetRun
    checks: list[Check]

    def collect(self) -> Iterator["CheckItem"]:
        """One item per check."""
        for check in self.checks:
            item = _node(CheckItem, self, name=check.name)
            item.run, item.check = self.run, check
            # What a store warns about, also when it is collected, is for its own tests to say.
            item.add_marker(pytest.mark.filterwarnings("ignore"))
            yield item


class CheckItem(pytest.Item):
    """One check of one target."""

    check: Check
    outcome: Outcome | None = None
    """What came of it; None until it has run."""
    seed: int | str | None = None
    """Set by the session before the check runs."""
    run: TargetRun

    @property
    def target(self) -> str:
        """Name of its target."""
        return self.run.target.name

    @property
    def expected(self) -> str:
        """Why its clause is expected to fail; empty if it is not."""
        return str(self.run.target.harness.expected_failures.get(self.check.clause.id, ""))

    @property
    def skip_reason(self) -> str:
        """Why it did not pass and did not fail."""
        clause = self.check.clause
        if clause.capability and clause.capability not in self.run.subject.claims:
            return f"not claimed: {clause.capability} ({clause.id})"
        return "not observed: the harness can't read back what was recorded"

    def runtest(self) -> None:
        """Run the check."""
        seed = self.seed if isinstance(self.seed, int) else None
        self.outcome = self.run.perform(self.check, seed, self._notice)
        if self.outcome.verdict in _SILENT:
            pytest.skip(self.outcome.verdict)
        if self.outcome.verdict is not Verdict.PASSED:
            raise CheckFailed(self.outcome.message)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,
    ) -> Any:
        """What was wrong, in short: the session explains it at its end."""
        if self.outcome is None or not isinstance(excinfo.value, CheckFailed):
            return super().repr_failure(excinfo, style)
        text = self.outcome.message
        if self.outcome.verdict is Verdict.KIT_ERROR:
            text = f"Kit error: this is not a verdict on the store.\n\n{text.strip()}"
        return encodable(text)

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        """The place of the check in the code, and the heading of its report."""
        code = self.check.function.__code__
        return Path(code.co_filename), code.co_firstlineno - 1, self.nodeid

    def record(self) -> dict[str, Any] | None:
        """What came of the check, in plain values that travel between processes."""
        if self.outcome is None:
            return None
        quiet = self.outcome.verdict is Verdict.PASSED
        return CheckRecord(
            name=self.check.name,
            verdict=self.outcome.verdict,
            examples=self.outcome.examples,
            seconds=round(self.outcome.seconds, 4),
            volume=self.outcome.volume,
            message="" if quiet else encodable(self.outcome.message),
        ).model_dump(mode="json")

    def failure(self) -> Failure | None:
        """What is to be explained; None if it did not fail, or was expected to."""
        if self.outcome is None or self.outcome.verdict is not Verdict.FAILED or self.expected:
            return None
        return Failure.of(self.outcome)

    def _notice(self, line: str) -> None:
        # A notice comes while a call of the store is interrupted: it must not raise there.
        with contextlib.suppress(Exception):
            show_line(self.config, f"{self.nodeid} {line}")

"""The kit's part in a pytest session: registered only where a session asks for it.

Verdicts travel on the kit's own attributes of a report, from the process of the check to the one
that reports. So a conftest that changes items or reports can't change the certificate. A check
without a verdict did not run.
"""

import gc
import time
from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import pytest

from evsys_conformance import certificate
from evsys_conformance.certificate import levels
from evsys_conformance.certificate.building import certificate as build_certificate
from evsys_conformance.certificate.building import store_record
from evsys_conformance.certificate.model import Certificate, CheckRecord
from evsys_conformance.checks import all_checks
from evsys_conformance.pytest_session import summary
from evsys_conformance.pytest_session.explaining import Explainer, packed, unpacked
from evsys_conformance.pytest_session.items import CheckItem, TargetCollector
from evsys_conformance.pytest_session.options import Options, parse
from evsys_conformance.pytest_session.target_run import TargetRun
from evsys_conformance.running.runner import fresh_seed
from evsys_conformance.verdicts import Verdict

_SEED = "evsys_seed"
_TROUBLE = "evsys_trouble"
_RECORD = "evsys_record"
_FAILURE = "evsys_failure"


def join(config: pytest.Config) -> None:
    """Take part in this session, if its options name a target.

    Raises:
        pytest.UsageError: An option makes no sense, or a target can't be certified.
    """
    options = parse(config)
    if options is None:
        return
    if options.alone:
        config.args[:] = []
    config.pluginmanager.register(Conformance(config, options), "evsys_conformance_session")


class Conformance:
    """The plugin: adds the checks, gathers their outcomes, and reports."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._runs = [
            TargetRun(target, options.effort, options.explaining) for target in options.targets
        ]
        self._records: dict[str, dict[str, CheckRecord]] = {
            target.name: {} for target in options.targets
        }
        self._trouble: dict[str, list[str]] = {target.name: [] for target in options.targets}
        self._explainers = {run.target.name: Explainer(config, run) for run in self._runs}
        self._interrupted = False
        self._started = time.time()
        self._certificate: Certificate | None = None
        self._written: list[str] = []

    @property
    def _worker(self) -> dict[str, Any] | None:
        """What the controller told this process, if it is a worker of pytest-xdist."""
        return cast("dict[str, Any] | None", getattr(self._config, "workerinput", None))

    @cached_property
    def seed(self) -> int | str | None:
        """Seed of all drawn data. Looked at only when every profile of the user's is loaded."""
        from hypothesis import settings

        if self._worker is not None:
            return cast("int | str | None", self._worker[_SEED])
        given = self._config.getoption("--hypothesis-seed", None)
        if given is not None:
            return int(given) if str(given).isdecimal() else str(given)
        active = settings.default
        return None if active is not None and active.derandomize else fresh_seed()

    # -- collecting ----------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the targets to what the session collects."""
        report = yield
        if isinstance(collector, pytest.Session):
            checks = [c for c in all_checks() if self._options.wants(c.clause.id)]
            assert report.result is not None
            report.result += [TargetCollector.of(collector, run, checks) for run in self._runs]
        return report

    def pytest_report_header(self) -> list[str]:
        """Say what runs."""
        return summary.header(self._options, self.seed)

    def pytest_collection_finish(self) -> None:
        """Keep what was imported out of the garbage collections that checks ask for.

        They look for stores that were let go of; each of them would go through every module.
        """
        gc.freeze()

    # -- running -------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Hand the seed to a check."""
        if isinstance(item, CheckItem):
            item.seed = self.seed

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: "pytest.CallInfo[None]"
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach what came of a check; an expected failure is reported as one."""
        report = yield
        if isinstance(item, CheckItem) and call.when == "call":
            record = item.record()
            setattr(report, _RECORD, record and [item.target, item.check.id, record])
            self._keep_failure(item, report)
            if record and record["verdict"] == "failed" and item.expected:
                report.outcome = "skipped"
                report.wasxfail = item.expected
                report.longrepr = item.expected
            elif report.skipped and record:
                # All skips get one place, so that pytest shows those with one reason in one line.
                report.longrepr = (f"evsys[{item.target}]", None, item.skip_reason)  # type: ignore[assignment]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather what came of a check, wherever it ran."""
        found = cast("list[Any] | None", getattr(report, _RECORD, None))
        if found is None:
            return
        target, check_id, record = found
        records = self._records[target]
        new = CheckRecord.model_validate(record)
        earlier = records.setdefault(check_id, new)
        # A check that is run again, as by a plugin for flaky tests, keeps its failure.
        if levels.worst({new.verdict, earlier.verdict}) is not earlier.verdict:
            records[check_id] = new
        failure = cast("dict[str, str] | None", getattr(report, _FAILURE, None))
        if failure is not None:
            self._explainers[target].add(unpacked(failure))

    def _keep_failure(self, item: CheckItem, report: pytest.TestReport) -> None:
        failure = item.failure()
        if failure is None:
            return
        if self._worker is None:
            self._explainers[item.target].add(failure)
        else:
            setattr(report, _FAILURE, packed(failure))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist the seed."""
        node.workerinput[_SEED] = self.seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker could not report by an item."""
        output = cast("dict[str, Any]", getattr(node, "workeroutput", None) or {})
        for target, problems in output.get(_TROUBLE, {}).items():
            self._trouble[target] += problems

    # -- the end -------------------------------------------------------------------------------

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """See whether the user has ended the session: pytest-xdist also ends it so after ``-x``."""
        by_user = type(excinfo.value) is KeyboardInterrupt
        self._interrupted = by_user or isinstance(excinfo.value, pytest.exit.Exception)

    def pytest_internalerror(self) -> None:
        """See that pytest itself has failed."""
        self._interrupted = True

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Explain, leave the harnesses, judge, write the certificate, and set the exit status."""
        reports = self._worker is None and not self._config.option.collectonly
        if reports and not self._interrupted:
            for explainer in self._explainers.values():
                explainer.explain(self.seed)
        gc.unfreeze()
        for run in self._runs:
            self._trouble[run.target.name] += run.leave()
        if self._worker is not None:
            output = cast("dict[str, Any]", self._config.workeroutput)  # type: ignore[attr-defined]
            output[_TROUBLE] = self._trouble
        if not reports:
            return
        self._certificate = self._judged()
        written = self._write(self._certificate)
        certified = all(map(levels.is_certified, self._certificate.stores))
        if session.exitstatus == pytest.ExitCode.OK and not (certified and written):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """Show the causes, the verdict per clause, and the level, below what pytest shows.

        pytest does not repeat what a cause explains.
        """
        failed: list[pytest.TestReport] = terminalreporter.stats.get("failed", [])
        explained = [report for report in failed if self._is_explained(report)]
        with summary.without(terminalreporter, explained):
            yield
        if self._certificate is not None:
            summary.show(
                terminalreporter,
                self._certificate,
                self._options,
                self._explainers,
                self._written,
            )

    def _is_explained(self, report: pytest.TestReport) -> bool:
        """Whether a cause shows the failure of a check."""
        found = cast("list[Any] | None", getattr(report, _RECORD, None))
        if found is None:
            return False
        target, check_id, record = found
        failed = record["verdict"] == Verdict.FAILED
        return failed and self._explainers[target].shows(check_id)

    def _judged(self) -> Certificate:
        stores = [
            store_record(
                target.name,
                target.harness,
                self._records[target.name],
                [*self._trouble[target.name], *self._explainers[target.name].trouble],
                self._explainers[target.name].causes,
            )
            for target in self._options.targets
        ]
        return build_certificate(
            stores,
            effort=self._options.effort,
            seed=self.seed,
            started=self._started,
            seconds=time.time() - self._started,
        )

    def _write(self, document: Certificate) -> bool:
        everything = True
        for path in self._options.reports:
            try:
                certificate.write(document, Path(self._config.invocation_params.dir, path))
            except OSError as error:
                everything = False
                self._written.append(f"{path} could not be written: {error}")
            else:
                self._written.append(f"written to {path}")
        return everything

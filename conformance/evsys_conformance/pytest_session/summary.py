"""The kit's output in the terminal: what runs, and its outcome."""

import contextlib
import shutil
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence

import pytest

from evsys_conformance.certificate import levels, wording
from evsys_conformance.certificate.building import encodable
from evsys_conformance.certificate.model import Certificate, ClauseRecord, StoreRecord
from evsys_conformance.certificate.origins import kit_version
from evsys_conformance.diagnosis.cause import Failure
from evsys_conformance.pytest_session.cause_section import section
from evsys_conformance.pytest_session.explaining import Explainer
from evsys_conformance.pytest_session.options import Options
from evsys_conformance.targets.default_harness import DefaultHarness
from evsys_conformance.targets.loading import Target
from evsys_conformance.verdicts import Verdict
from evsys_sdk.protocols import CONTRACT_VERSION
from evsys_sdk.text import truncated

_MARKUP: dict[str, dict[str, bool]] = {
    "passed": {"green": True},
    "expected failure": {"yellow": True},
    "not observed": {"yellow": True},
    "failed": {"red": True, "bold": True},
    "masked": {"red": True},
    "kit error": {"red": True, "bold": True},
    "not run": {"yellow": True},
    "not claimed": {"light": True},
    "certified": {"green": True, "bold": True},
    "certified with exceptions": {"yellow": True, "bold": True},
    "certified, unobserved": {"yellow": True, "bold": True},
    "not certified": {"red": True, "bold": True},
    "incomplete": {"yellow": True, "bold": True},
}
_MOST_UNEXPLAINED = 8
_NOT_RUN = {Verdict.NOT_RUN, Verdict.NOT_CLAIMED}
_TROUBLED = {Verdict.FAILED, Verdict.MASKED, Verdict.KIT_ERROR}


def header(options: Options, seed: int | str | None) -> list[str]:
    """The lines at the top of the session."""
    said = "derandomized" if seed is None else f"seed {seed}"
    clauses = f", only {', '.join(options.clauses)}" if options.clauses else ""
    beside = (
        "the kit alone; name paths to run tests beside it"
        if options.alone
        else "beside this session's own tests"
    )
    kit = f"contract {CONTRACT_VERSION}, kit {kit_version()}"
    return [
        f"evsys conformance: {kit}, {options.effort} effort, {said}{clauses} ({beside})",
        *(f"  {_described(target)}" for target in options.targets),
        *(f"  left out: {kind}: {why}" for kind, why in options.left_out.items()),
    ]


def _described(target: Target) -> str:
    text = f"certifies {target.name}"
    harness = target.harness
    if isinstance(harness, DefaultHarness):
        params = ", ".join(f"{name}={str(value)!r}" for name, value in harness.template.items())
        text += f" with {params or 'no parameters'}"
        text += "" if target.params is not None else " (guessed)"
    return f"{text}, claiming {', '.join(sorted(harness.capabilities)) or 'nothing more'}"


@contextlib.contextmanager
def without(
    reporter: pytest.TerminalReporter, hidden: Collection[pytest.TestReport]
) -> Generator[None]:
    """Keep pytest from showing some failures, which it still counts."""
    failed: list[pytest.TestReport] = reporter.stats.get("failed", [])
    everything = list(failed)
    failed[:] = [report for report in everything if report not in hidden]
    try:
        yield
    finally:
        failed[:] = everything


def show(
    reporter: pytest.TerminalReporter,
    certificate: Certificate,
    options: Options,
    explainers: Mapping[str, Explainer],
    written: list[str],
) -> None:
    """The causes and the table of each target, its level, and where the certificate went."""
    for number, store in enumerate(certificate.stores):
        if number:
            reporter.write_line("")
        reporter.write_sep("=", f"evsys conformance: {store.target}", bold=True)
        _show_causes(reporter, store, explainers[store.target])
        for text, word in table(store):
            reporter.write_line(_cut(text), **_MARKUP.get(word, {}))
        reporter.write_line("")
        reporter.write_line(conclusion(store, options.clauses), **_MARKUP[store.level])
    for kind, why in options.left_out.items():
        reporter.write_line(f"{kind} was left out: {why}")
    for line in written:
        reporter.write_line(f"Certificate {line}")


def _show_causes(
    reporter: pytest.TerminalReporter, store: StoreRecord, explainer: Explainer
) -> None:
    if store.causes:
        _show_each_cause(reporter, store, explainer)
    if explainer.advice:
        reporter.write_line(explainer.advice)
        reporter.write_line("")


def _show_each_cause(
    reporter: pytest.TerminalReporter, store: StoreRecord, explainer: Explainer
) -> None:
    reporter.write_line(f"{wording.causes_explain(store)}.")
    start = reporter.config.invocation_params.dir
    pairs = zip(store.causes, explainer.ways_back, strict=True)
    for number, (cause, way_back) in enumerate(pairs, 1):
        reporter.write_line("")
        heading, *lines = section(number, cause, way_back, start, _width())
        reporter.write_line(heading, red=True, bold=True)
        for line in lines:
            reporter.write_line(line)
    reporter.write_line("")
    for line in unexplained(explainer.unexplained):
        reporter.write_line(_cut(line))


def unexplained(clauses: Sequence[Sequence[Failure]]) -> Iterator[str]:
    """Lines about the failed checks without a cause: one for each clause, and few in all."""
    number = sum(map(len, clauses))
    if not number:
        return
    those = f"{number} failed checks" if number > 1 else "failed check"
    yield f"For the other {those} no cause was found in time:"
    for first, *more in clauses[:_MOST_UNEXPLAINED]:
        others = f" and {len(more)} more" if more else ""
        what = first.what.partition("\n")[0]
        yield encodable(f"   {first.check}{others}: {what}")
    if len(clauses) > _MOST_UNEXPLAINED:
        yield f"   … and checks of {len(clauses) - _MOST_UNEXPLAINED} more clauses"
    yield ""


def _width() -> int:
    return shutil.get_terminal_size((120, 24)).columns


def _cut(line: str) -> str:
    """A line of the table that is not wider than the terminal, if there is one."""
    return truncated(line, _width())


def table(store: StoreRecord) -> Iterator[tuple[str, str]]:
    """Lines of the table, each with the word that colours it.

    Where a clause failed, it lists what did not pass, and says why.
    """
    shown = [clause for clause in store.clauses if clause.verdict not in _hidden(store)]
    failed = not _TROUBLED.isdisjoint(clause.verdict for clause in shown)
    if shown and not failed:
        yield f"{'clause':12} {'verdict':16} {'checks':>6} {'examples':>8} {'seconds':>7}", ""
    for clause in shown:
        text = _reason(clause, store) if failed else _numbers(clause)
        yield f"{clause.id:12} {clause.verdict:16} {text}", clause.verdict
    counts: Counter[str] = Counter(clause.verdict for clause in store.clauses)
    yield "", ""
    yield ", ".join(f"{counts[word]} {word}" for word in _MARKUP if word in counts), ""


def _hidden(store: StoreRecord) -> set[Verdict]:
    """What the table leaves out: its last line counts it."""
    if any(clause.verdict in _TROUBLED for clause in store.clauses):
        return {Verdict.PASSED, Verdict.NOT_OBSERVED, Verdict.NOT_CLAIMED, Verdict.NOT_RUN}
    if levels.is_complete(store.clauses):
        return {Verdict.NOT_RUN}
    return {Verdict.NOT_RUN, Verdict.NOT_CLAIMED}


def _numbers(clause: ClauseRecord) -> str:
    ran = sum(check.examples > 0 for check in clause.checks)
    numbers = f"{ran:6} {clause.examples:8} {clause.seconds:7.2f}" if ran else " " * 23
    return f"{numbers}  {clause.title}"


def _reason(clause: ClauseRecord, store: StoreRecord) -> str:
    """How many checks failed, and which causes explain them."""
    causes = wording.pointers(clause, store)
    if not causes:
        return clause.title
    failed = sum(check.verdict is Verdict.FAILED for check in clause.checks)
    return f"{failed} of its {len(clause.checks)} checks failed: see {causes}"


def conclusion(store: StoreRecord, clauses: list[str]) -> str:
    """The level, and what it rests on."""
    why = wording.explanation(store)
    if store.level == "incomplete":
        ran = [c.id for c in store.clauses if c.verdict not in _NOT_RUN]
        why = f"only {wording.listed(ran, 6)} ran" if clauses and ran else why
        return f"{store.target}: INCOMPLETE, which is not a verdict on the store: {why}"
    named = f"{store.target} is {store.level.upper()}"
    return f"{named}: {why}" if why else named

"""What the kit says in the terminal: what runs, and what came of it."""

import shutil
from collections import Counter
from collections.abc import Iterator

import pytest

from evsys_conformance.certificate import judging
from evsys_conformance.certificate.model import Certificate, ClauseRecord, StoreRecord
from evsys_conformance.certificate.origins import kit_version
from evsys_conformance.pytest_session.options import Options
from evsys_conformance.targets.default_harness import DefaultHarness
from evsys_conformance.targets.loading import Target
from evsys_sdk.protocols import CONTRACT_VERSION

_MARKUP: dict[str, dict[str, bool]] = {
    "passed": {"green": True},
    "expected failure": {"yellow": True},
    "not observed": {"yellow": True},
    "failed": {"red": True, "bold": True},
    "kit error": {"red": True, "bold": True},
    "not run": {"yellow": True},
    "not claimed": {"light": True},
    "certified": {"green": True, "bold": True},
    "certified with exceptions": {"yellow": True, "bold": True},
    "certified, unobserved": {"yellow": True, "bold": True},
    "not certified": {"red": True, "bold": True},
    "incomplete": {"yellow": True, "bold": True},
}


def header(options: Options, seed: int | str | None) -> list[str]:
    """The lines at the top of the session."""
    said = "derandomized" if seed is None else f"seed {seed}"
    clauses = f", only {', '.join(options.clauses)}" if options.clauses else ""
    beside = (
        "the kit alone; name paths to run tests beside it"
        if options.alone
        else "beside this session's own tests"
    )
    effort = options.effort.name.lower()
    kit = f"contract {CONTRACT_VERSION}, kit {kit_version()}"
    return [
        f"evsys conformance: {kit}, {effort} effort, {said}{clauses} ({beside})",
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


def show(
    reporter: pytest.TerminalReporter,
    certificate: Certificate,
    options: Options,
    written: list[str],
) -> None:
    """The table of each target, its level, and where the certificate went."""
    for number, store in enumerate(certificate.stores):
        if number:
            reporter.write_line("")
        reporter.write_sep("=", f"evsys conformance: {store.target}", bold=True)
        for text, word in table(store):
            reporter.write_line(_cut(text), **_MARKUP.get(word, {}))
        reporter.write_line("")
        reporter.write_line(conclusion(store, options.clauses), **_MARKUP[store.level])
    for kind, why in options.left_out.items():
        reporter.write_line(f"{kind} was left out: {why}")
    for line in written:
        reporter.write_line(f"Certificate {line}")


def _cut(line: str) -> str:
    """A line of the table that is not wider than the terminal, if there is one."""
    width = shutil.get_terminal_size((120, 24)).columns
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def table(store: StoreRecord) -> Iterator[tuple[str, str]]:
    """Lines of the table, each with the word that colours it."""
    hidden = {"not run"} if judging.is_complete(store.clauses) else {"not run", "not claimed"}
    shown = [clause for clause in store.clauses if clause.verdict not in hidden]
    if shown:
        yield f"{'clause':12} {'verdict':16} {'checks':>6} {'examples':>8} {'seconds':>7}", ""
    for clause in shown:
        yield _row(clause), clause.verdict
    counts: Counter[str] = Counter(clause.verdict for clause in store.clauses)
    yield "", ""
    yield ", ".join(f"{counts[word]} {word}" for word in _MARKUP if word in counts), ""


def _row(clause: ClauseRecord) -> str:
    ran = sum(check.examples > 0 for check in clause.checks)
    numbers = f"{ran:6} {clause.examples:8} {clause.seconds:7.2f}" if ran else " " * 23
    return f"{clause.id:12} {clause.verdict:16} {numbers}  {clause.title}"


def conclusion(store: StoreRecord, clauses: list[str]) -> str:
    """The level, and what it rests on."""
    why = judging.explanation(store)
    if store.level == "incomplete":
        ran = [c.id for c in store.clauses if c.verdict not in {"not run", "not claimed"}]
        why = f"only {judging.listed(ran, 6)} ran" if clauses and ran else why
        return f"{store.target}: INCOMPLETE, which is no verdict on the store: {why}"
    named = f"{store.target} is {store.level.upper()}"
    return f"{named}: {why}" if why else named

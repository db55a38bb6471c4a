"""docs/field.md, from the notes and the reports."""

from collections.abc import Iterator, Mapping
from textwrap import wrap

from evsys_conformance.certificate.model import CauseRecord, ClauseRecord
from evsys_conformance.clauses import BY_ID
from evsys_conformance.verdicts import Verdict
from field.notes import Finding, Notes
from field.reports import Report

SHAPE = frozenset({"ID-1", "ID-2", "ID-3", "SIG-1", "SIG-2", "SIG-3"})
"""Clauses about the class, which is the wrapper."""

MARKS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.MASKED: "?",
    Verdict.NOT_CLAIMED: "·",
}
NO_CALL = "○"
CALLS = {"hyperparams": "hyperparameters", "artifacts": "pointers to artifacts"}
NOT_TRACED = "Not yet traced to the logger."

_LINES = 16
_CHARACTERS = 160
_WIDTH = 96
_SENTENCES = 4

INTRODUCTION = """\
# The field

This page certifies loggers that people use with the kit of this package. `make field` runs it and
writes this page; `make field LOGGERS="wandb mlflow"` certifies some loggers again.

A thin wrapper gives each logger the five methods of a [store](contract.md). It forwards every call
as the documentation of the logger shows, reads the log back with the logger's own reader, and
repairs nothing. The wrappers are in `docs/field/wrappers`. The loggers do not promise to keep this
contract. So a failure here is not always a bug: it is something to know before you rely on it.

- The wrapper claims the [capabilities](contract.md#capabilities) that the documentation of the
  logger promises, and no others.
- A logger may have no call for hyperparameters or for pointers to artifacts. The wrapper then keeps
  them elsewhere, so that the kit can judge the other calls.
- Each failure comes with the shortest program that the kit found, where `store` is the wrapper. The
  comments below it say what the kit expected and what it read. The sentence above it says what the
  logger does, as its own code shows.
- A clause is *not judged* if all its checks failed through other clauses: because the kit found
  so, or because somebody did where the kit had no time left.
- The page leaves out the clauses about the shape of the class (ID-1 to ID-3, SIG-1 to SIG-3),
  because the wrapper has that shape.
"""

LEGEND = (
    "✓ passed, ✗ failed, ? not judged because another clause is broken first, · not claimed, "
    "○ the logger has no such call."
)


def rendered(notes: Mapping[str, Notes], reports: Mapping[str, Report]) -> str:
    """The page as Markdown.

    Raises:
        ValueError: No report is given, or a report of a logger without notes.
    """
    unknown = sorted(set(reports) - set(notes))
    if unknown or not reports:
        raise ValueError(f"reports without notes: {', '.join(unknown) or 'no report was given'}")
    run = {name: Logger(notes[name], report) for name, report in reports.items()}
    blocks = [INTRODUCTION, *_overview(run), *_matrix(run)]
    for name, logger in run.items():
        blocks += _section(name, logger)
    blocks += _not_run({name: each for name, each in notes.items() if name not in reports})
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


class Logger:
    """A logger with its results."""

    def __init__(self, notes: Notes, report: Report) -> None:
        self.notes = notes
        self.report = report
        self.clauses = {each.id: each for each in report.store.clauses if each.id not in SHAPE}
        self.short = notes.short or notes.title

    def mark(self, clause_id: str) -> str:
        """What the table shows of a clause."""
        if clause_id in self.notes.clauses_without_call:
            return NO_CALL
        follows = clause_id in self.notes.follows
        verdict = Verdict.MASKED if follows else self.clauses[clause_id].verdict
        return MARKS.get(verdict, str(verdict))

    def marked(self, mark: str) -> list[ClauseRecord]:
        """The clauses with a mark, in the order of the contract."""
        return [clause for name, clause in self.clauses.items() if self.mark(name) == mark]

    def causes(self, clause_id: str) -> list[CauseRecord]:
        """The causes that break a clause."""
        return [cause for cause in self.report.store.causes if cause.clause == clause_id]


def _overview(run: Mapping[str, Logger]) -> Iterator[str]:
    yield "## Results"
    lines = [
        "| logger | version | claims | passed | failed | not judged |",
        "|---|---|---|---:|---:|---:|",
    ]
    for logger in run.values():
        title = logger.notes.title
        version = logger.report.versions[logger.notes.distributions[0]]
        claims = ", ".join(logger.report.store.capabilities) or "none"
        counts = " | ".join(str(len(logger.marked(mark))) for mark in "✓✗?")
        lines.append(f"| [{title}](#{_anchor(title)}) | {version} | {claims} | {counts} |")
    yield "\n".join(lines)
    certificates = [logger.report.certificate for logger in run.values()]
    dates = sorted({each.started[:10] for each in certificates})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    how = sorted(
        {f"{each.python}, contract {each.contract}, {each.effort} effort" for each in certificates}
    )
    yield f"Certified {when} with {'; '.join(how)}."


def _matrix(run: Mapping[str, Logger]) -> Iterator[str]:
    yield "## Loggers by clauses"
    yield LEGEND
    lines = [f"| clause | {' | '.join(logger.short for logger in run.values())} |"]
    lines.append("|---|" + ":-:|" * len(run))
    first = next(iter(run.values()))
    for clause in first.clauses.values():
        marks = [logger.mark(clause.id) for logger in run.values()]
        if set(marks) != {MARKS[Verdict.NOT_CLAIMED]}:
            lines.append(f"| {_linked(clause)} | {' | '.join(marks)} |")
    yield "\n".join(lines)


def _section(name: str, logger: Logger) -> Iterator[str]:
    notes, report = logger.notes, logger.report
    yield f"## {notes.title}"
    versions = ", ".join(f"{each} {version}" for each, version in report.versions.items())
    yield (
        f"{versions}. {notes.calls} Wrapper: `docs/field/wrappers/{name}.py`; "
        f"[documentation]({notes.documentation})."
    )
    claims = [f"- It claims `{claim}`: {why}" for claim, why in sorted(notes.claims.items())]
    missing = [f"- It has no call for {CALLS[call]}: {why}" for call, why in notes.no_call.items()]
    yield "\n".join([*claims, *missing, *(f"- {_told(remark)}" for remark in notes.remarks)])
    for clause in logger.marked(MARKS[Verdict.FAILED]):
        yield from _finding(logger, clause)
    masked = [clause.id for clause in logger.marked(MARKS[Verdict.MASKED])]
    if masked:
        yield f"Not judged, because these failures come first: {', '.join(masked)}."


def _finding(logger: Logger, clause: ClauseRecord) -> Iterator[str]:
    finding = logger.notes.findings.get(clause.id)
    yield f"**{_linked(clause)}.** {_told(finding) if finding else NOT_TRACED}"
    causes = logger.causes(clause.id)
    for cause in causes:
        yield _program(cause.essence, cause.summary, cause.runs)
    if not causes:
        failed = (check for check in clause.checks if check.verdict is Verdict.FAILED)
        told = (_what_was_wrong(check.message) for check in failed)
        yield _program([], min(told, key=len, default=""), "")


def _told(finding: Finding) -> str:
    return f"{finding.what} ([more]({finding.see}))" if finding.see else finding.what


def _program(lines: list[str], summary: str, runs: str) -> str:
    text = [_cut(line) for line in lines[:_LINES]]
    if len(lines) > _LINES:
        text.append(f"# … and {len(lines) - _LINES} more lines")
    for line in summary.splitlines()[:_SENTENCES]:
        text += [f"# {part}" for part in wrap(line, _WIDTH)[:_SENTENCES]]
    if runs:
        text.append(f"# in {runs} runs")
    # The programs need the loggers, so no test runs them: `py`, where others have `python`. A line
    # that was cut is not Python.
    language = "text" if any(len(line) > _CHARACTERS for line in lines[:_LINES]) else "py"
    return "\n".join([f"````{language}", *text, "````"])


def _what_was_wrong(message: str) -> str:
    """The message of a check without its head and its end, which repeat the clause."""
    _, must, rest = message.partition("\n\nmust: ")
    told = rest.partition("\n\n")[2] if must else message
    return told.partition("\n\nIf this fails, look at ")[0]


def _cut(line: str) -> str:
    return line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…"


def _not_run(notes: Mapping[str, Notes]) -> Iterator[str]:
    if notes:
        yield "## Not run"
        yield "\n".join(
            f"- [{each.title}]({each.documentation}): {each.not_run or 'not certified yet.'}"
            for each in notes.values()
        )


def _linked(clause: ClauseRecord) -> str:
    """A link to the clause, under the title that docs/contract.md has now."""
    title = BY_ID[clause.id].title
    return f"[{clause.id}](contract.md#{_anchor(f'{clause.id} {title}')}) {title}"


def _anchor(heading: str) -> str:
    """The anchor of a heading, as on GitHub."""
    kept = "".join(each for each in heading.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")

"""docs/field.md shows what the kept reports and the notes say."""

from pathlib import Path

import pytest

from evsys_conformance.certificate.model import (
    CauseRecord,
    Certificate,
    CheckRecord,
    ClauseRecord,
    KitRecord,
    StoreRecord,
)
from evsys_conformance.clauses import BY_ID
from evsys_conformance.verdicts import Effort, Verdict
from field import __main__ as field_command
from field import certifying, notes, page, reports
from field.certifying import NotCertifiedError, certify
from field.notes import Finding, Notes
from field.reports import Report
from support.documents import ROOT

PASSED, FAILED, MASKED = Verdict.PASSED, Verdict.FAILED, Verdict.MASKED


def clause(clause_id: str, verdict: Verdict) -> ClauseRecord:
    """The record of a clause with one check, which fails where the clause does not pass."""
    check = CheckRecord(
        name="some_check",
        verdict=PASSED if verdict is PASSED else FAILED,
        examples=1,
        seconds=0.1,
        message="" if verdict is PASSED else "it was lost",
    )
    title = BY_ID[clause_id].title
    return ClauseRecord(id=clause_id, title=title, level="must", verdict=verdict, checks=[check])


def report(causes: list[CauseRecord], **verdicts: Verdict) -> Report:
    """The report of a logger, with the verdicts by clause, as in ``MET_1=PASSED``."""
    store = StoreRecord(
        target="field.wrappers.some:Some",
        module="field.wrappers.some",
        qualname="Some",
        kind="some",
        distribution="",
        version="",
        capabilities=["float64"],
        causes=causes,
        clauses=[clause(name.replace("_", "-"), verdict) for name, verdict in verdicts.items()],
        level="not certified",
    )
    certificate = Certificate(
        format="evsys-conformance-certificate/2",
        contract="1.0",
        kit=KitRecord(distribution="evsys-sdk", version="0.1.0"),
        python="CPython 3.11.7",
        platform="Linux",
        started="2026-01-02T03:04:05Z",
        seconds=1.0,
        effort=Effort.QUICK,
        seed=0,
        stores=[store],
        complete=True,
    )
    return Report(versions={"some": "1.2"}, certificate=certificate)


def cause(clause_id: str) -> CauseRecord:
    """A cause with one line of program."""
    return CauseRecord(
        clause=clause_id,
        title=BY_ID[clause_id].title,
        summary="1 of 1 points is missing",
        checks=[f"{clause_id}::some_check"],
        script="",
        essence=["store.log_metrics({'loss': nan}, 0)"],
    )


SOME = Notes(
    title="Some logger",
    distributions=["some"],
    documentation="https://some.example/docs",
    calls="Metrics go to `log`.",
    store="Some",
    claims={"float64": "it says so."},
)


def test_a_failure_comes_with_its_sentence_and_its_program() -> None:
    finding = Finding(what="It drops NaN.", see="https://some.example/1")
    some = SOME.model_copy(update={"findings": {"MET-4": finding}})
    text = page.rendered({"some": some}, {"some": report([cause("MET-4")], MET_4=FAILED)})
    assert "[MET-4](contract.md#met-4-values-are-kept) Values are kept.** It drops NaN." in text
    assert "It drops NaN. ([more](https://some.example/1))" in text
    assert "store.log_metrics({'loss': nan}, 0)\n# 1 of 1 points is missing\n" in text
    assert "not yet traced" not in text.lower()


def test_a_program_with_a_line_that_was_cut_is_not_shown_as_python() -> None:
    long = cause("MET-4").model_copy(update={"essence": ["store.log_scalar('" + "k" * 500]})
    for shown, language in ((cause("MET-4"), "py"), (long, "text")):
        text = page.rendered({"some": SOME}, {"some": report([shown], MET_4=FAILED)})
        assert f"````{language}\nstore.log_" in text


def test_a_failure_without_a_sentence_is_not_yet_traced() -> None:
    text = page.rendered({"some": SOME}, {"some": report([], MET_3=FAILED)})
    assert "and in order.** Not yet traced to the logger." in text
    assert "# it was lost" in text


def test_a_failure_without_a_cause_shows_the_shortest_message() -> None:
    failed = report([], MET_3=FAILED)
    (record,) = failed.store.clauses
    (check,) = record.checks
    whole = "The calls are lost\n\nmust: keep\nthem\n\n{}\n\nIf this fails, look at buffers."
    record.checks[:] = [
        check.model_copy(update={"message": whole.format(wrong)})
        for wrong in ("key 'kkkkkkkkkk' was lost", "key 'k' was lost")
    ]
    text = page.rendered({"some": SOME}, {"some": failed})
    assert "````py\n# key 'k' was lost\n````" in text


def test_the_table_has_a_mark_for_each_verdict() -> None:
    some = SOME.model_copy(update={"no_call": {"artifacts": "it has none."}, "short": "S"})
    verdicts = report([], MET_1=PASSED, MET_4=FAILED, ART_1=FAILED, CL_1=MASKED)
    text = page.rendered({"some": some}, {"some": verdicts})
    rows = [line for line in text.splitlines() if line.startswith("| [") and "contract.md" in line]
    marks = {row[3:].partition("]")[0]: row[-3] for row in rows}
    assert marks == {"MET-1": "✓", "MET-4": "✗", "ART-1": "○", "CL-1": "?"}
    assert "| [Some logger](#some-logger) | 1.2 | float64 | 1 | 1 | 1 |" in text
    assert "It has no call for pointers to artifacts: it has none." in text
    assert "**[ART-1]" not in text


def test_a_failure_that_somebody_traced_to_another_clause_is_not_judged() -> None:
    some = SOME.model_copy(update={"follows": ["CL-1"]})
    text = page.rendered({"some": some}, {"some": report([], MET_4=FAILED, CL_1=FAILED)})
    assert "| [Some logger](#some-logger) | 1.2 | float64 | 0 | 1 | 1 |" in text
    assert "Not judged, because these failures come first: CL-1." in text


def test_a_logger_that_does_not_run_is_listed_with_the_reason() -> None:
    other = SOME.model_copy(update={"title": "Other", "not_run": "it needs a server."})
    text = page.rendered({"some": SOME, "other": other}, {"some": report([], MET_1=PASSED)})
    assert "- [Other](https://some.example/docs): it needs a server." in text


def test_a_report_needs_notes() -> None:
    with pytest.raises(ValueError, match="reports without notes: some"):
        page.rendered({}, {"some": report([], MET_1=PASSED)})


def test_a_session_that_fails_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fake_certify(name: str, _notes: Notes, kept: Path) -> None:
        if name == "bad":
            raise NotCertifiedError("the session wrote no report")
        (kept / name).touch()

    monkeypatch.setattr(field_command, "certify", fake_certify)
    loggers = {"bad": SOME, "good": SOME}
    for jobs in (1, 2):
        problems = field_command.certify_all(loggers, tmp_path, jobs)
        assert problems == {"bad": "NotCertifiedError: the session wrote no report"}
        assert (tmp_path / "good").exists()
        said = capsys.readouterr().out
        assert "bad: not certified (" in said
        assert "good: done (" in said
        (tmp_path / "good").unlink()


def test_a_session_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifying, "LIMIT", 0)
    with pytest.raises(NotCertifiedError, match="the session did not end within 0 minutes"):
        certify("nowhere", SOME, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_session_without_a_report_shows_its_last_lines(tmp_path: Path) -> None:
    said = r"the session wrote no report:\n(.|\n)*field\.wrappers\.nowhere"
    with pytest.raises(NotCertifiedError, match=said):
        certify("nowhere", SOME, tmp_path)


def test_the_page_shows_the_kept_reports() -> None:
    text = page.rendered(notes.every(), reports.read_all(reports.REPORTS))
    assert (ROOT / "docs" / "field.md").read_text(encoding="utf-8") == text


def test_each_finding_is_about_a_clause_that_fails() -> None:
    kept = reports.read_all(reports.REPORTS)
    for name, each in notes.every().items():
        if name in kept:
            logger = page.Logger(each, kept[name])
            failed = {clause.id for clause in logger.marked(page.MARKS[FAILED])}
            assert set(each.findings) <= failed, name
            assert all(logger.clauses[clause].verdict is FAILED for clause in each.follows), name

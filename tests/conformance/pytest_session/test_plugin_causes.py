"""For a store that fails, a session reports causes and nothing more."""

import itertools
import re

import pytest

from support.inner_pytest import Inner, Session

OPEN = ("--evsys-conformance", "my_stores:OpenStore")
CLOSING = ("--evsys-clause", "CL-2", "--evsys-clause", "CL-3")


def _section(session: Session, number: int = 1) -> list[str]:
    """The lines of a cause, its heading first."""
    lines = session.text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{number}  "))
    return list(itertools.takewhile(bool, lines[start:]))


def test_a_fault_is_explained_once_and_in_few_lines(inner: Inner) -> None:
    session = inner.certify(*OPEN, "--hypothesis-seed=1", "--evsys-report", "out.json", small=True)
    assert "explaining 2 failed checks of my_stores:OpenStore, for at most 20 s\n" in session.text
    assert "\n1 cause explains the 2 checks that failed.\n" in session.text
    assert re.fullmatch(
        r"""1  CL-3  A closed store refuses to write
   [^ ].*
       store\.close\(\)
       store\.log_.*
   Look at: the check for closed, first in each of the four methods, before any early return\.
   Explains 2 checks in CL-3 and CL-2\.
   python \.evsys/replay/my_stores-OpenStore/1-CL-3\.py""",
        "\n".join(_section(session)),
    )
    masked = session.line_with("CL-2   ")
    assert masked.endswith("masked           1 of its 1 checks failed: see cause 1 (CL-3)")
    said = "my_stores:OpenStore is NOT CERTIFIED: CL-3 failed; 1 clause is masked\n"
    assert said in session.text
    assert "2 failed, 27 passed, 6 skipped" in session.text
    assert session.status == 1
    for repeated in ("= FAILURES =", "short test summary", "FAILED evsys[", "must: "):
        assert repeated not in session.text
    assert "--evsys-explain" not in session.text
    assert len(session.text.splitlines()) < 35
    (cause,) = inner.json()["stores"][0]["causes"]
    assert cause["clause"] == "CL-3"
    assert cause["checks"][0].startswith("CL-2::")
    assert "with load_harness('my_stores:OpenStore') as harness:\n" in cause["script"]


def test_checks_of_several_clauses_that_fail_have_a_cause_each(inner: Inner) -> None:
    inner.write(
        two="""
from my_stores import NamelessStore, OpenStore

class Store(NamelessStore, OpenStore):
    pass
"""
    )
    session = inner.certify("--evsys-conformance", "two:Store", small=True)
    assert "\n2 causes explain the 3 checks that failed.\n" in session.text
    assert _section(session, 1)[0] == "1  ID-1  The class has a name"
    assert _section(session, 2)[0] == "2  CL-3  A closed store refuses to write"
    assert session.line_with("ID-1   ").endswith("see cause 1")


def test_a_broken_clause_that_did_not_run_has_failed(inner: Inner) -> None:
    session = inner.certify(*OPEN, "--evsys-clause", "CL-2", "-q")
    assert session.line_with("CL-3   ").split()[1] == "failed"
    assert session.line_with("CL-2   ").split()[1] == "masked"
    assert "is NOT CERTIFIED: CL-3 failed; 1 clause is masked;" in session.text
    path = inner.directory / ".evsys/replay/my_stores-OpenStore/1-CL-3.py"
    assert "--evsys-clause CL-2 " in path.read_text()


def test_failures_of_other_tests_are_shown_as_ever(inner: Inner) -> None:
    inner.write(test_own="def test_own(): assert 1 == 2\n")
    session = inner.certify(*OPEN, *CLOSING, "test_own.py", small=True)
    failures = session.text.partition("= FAILURES =")[2]
    assert "assert 1 == 2" in failures
    assert "FAILED test_own.py::test_own - assert 1 == 2\n" in failures
    assert "FAILED evsys[" not in session.text
    assert "1 cause explains the 2 checks that failed." in failures
    assert "3 failed" in session.text


def test_workers_hand_their_failures_to_the_controller(inner: Inner) -> None:
    target = ("--evsys-conformance", "my_stores:OpenHarness")
    session = inner.certify(*target, *CLOSING, "-n", "2", small=True)
    assert "\n1 cause explains the 2 checks that failed.\n" in session.text
    assert "       store.close()" in _section(session)
    # The controller has entered the harness to explain, and left it.
    assert inner.events().count("entered OpenHarness") == 3
    assert inner.events()[-2:] == ["entered OpenHarness", "left OpenHarness"]


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "with a worker"])
def test_the_first_failure_is_explained_where_it_ends_the_session(
    inner: Inner, workers: tuple[str, ...]
) -> None:
    session = inner.certify(*OPEN, "--evsys-clause", "CL-3", "-x", *workers)
    assert "stopping after 1 failures" in session.text
    assert "1 cause explains the check that failed." in session.text


def test_what_the_user_interrupts_is_not_explained(inner: Inner) -> None:
    session = inner.certify(
        *("--evsys-conformance", "my_stores:EndingHarness", "--evsys-clause", "CL-3"),
        *("--evsys-clause", "MET-8"),
        environment={"MY_STORES_END": "KeyboardInterrupt"},
    )
    assert session.status == pytest.ExitCode.INTERRUPTED
    assert "explain" not in session.text


def test_what_is_expected_to_fail_is_not_explained(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "my_stores:ExceptionHarness", small=True)
    assert "explain" not in session.text
    assert session.status == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("ZeroDivisionError('a fault')", "raised ZeroDivisionError: a fault (kit error)"),
        ("SystemExit(3)", "raised SystemExit: 3 (kit error)"),
        ("KeyboardInterrupt", "CL-3 failed; the search for causes was interrupted"),
    ],
)
def test_verdicts_do_not_depend_on_the_search_for_causes(
    inner: Inner, error: str, said: str
) -> None:
    inner.write(
        breaking=f"""
from evsys_conformance.pytest_session import target_run

def causes_of(failures, experiments):
    raise {error}

target_run.causes_of = causes_of
"""
    )
    session = inner.certify(
        *(*OPEN, "--evsys-clause", "CL-3", "-p", "breaking"),
        environment={"PYTHONPATH": str(inner.directory)},
    )
    assert "my_stores:OpenStore is NOT CERTIFIED: CL-3 failed; " in session.text
    assert said in session.text
    assert ("Traceback" in session.text) == ("kit error" in said)
    # What no cause explains is shown by pytest, in short.
    failures = session.text.partition("= FAILURES =")[2]
    assert "store.log_scalar('late', 0.5, 1) after close() did not raise" in failures
    assert "FAILED evsys[my_stores:OpenStore]::CL-3::" in failures
    assert session.status == 1


def test_clauses_with_checks_for_which_there_was_no_time_have_a_line_each(inner: Inner) -> None:
    inner.write(
        forgetting="""
from evsys_conformance.pytest_session import target_run

real = target_run.causes_of

def causes_of(failures, experiments):
    causes = real(failures, experiments)
    causes[0].checks[:] = [check for check in causes[0].checks if check.startswith("CL-3")]
    experiments.deadline = 0.0
    return causes

target_run.causes_of = causes_of
"""
    )
    session = inner.certify(
        *(*OPEN, *CLOSING, "-k", "closing_again or CL-3", "-p", "forgetting"),
        *("--evsys-explain", "25"),
        environment={"PYTHONPATH": str(inner.directory)},
    )
    assert "1 cause explains 2 of the 3 checks that failed." in session.text
    line = session.text.partition("For the other failed check no cause was found in time:\n")[2]
    assert line.startswith("   CL-2::closing_again_changes_nothing: ")
    assert "explaining 3 failed checks of my_stores:OpenStore, for at most 25 s\n" in session.text
    advice = (
        "The search for causes took all of its 25 s. Give it more with --evsys-explain SECONDS."
    )
    assert f"\n{advice}\n" in line
    assert session.line_with("CL-2   ").split()[1] == "failed"
    assert "= FAILURES =" not in session.text


def test_a_store_that_ends_the_program_is_explained_by_that(inner: Inner) -> None:
    session = inner.certify(
        *("--evsys-conformance", "my_stores:EndingHarness", "--evsys-clause", "MET-8"),
        environment={"MY_STORES_END": "SystemExit"},
    )
    (heading, found, *_, way_back) = _section(session)
    assert heading == "1  MET-8  An empty dict records no point"
    assert "SystemExit came out of the store or its harness, which ends a program" in found
    assert way_back.startswith("   pytest --evsys-conformance my_stores:EndingHarness ")


def test_what_a_store_prints_while_it_is_explained_is_not_shown(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "my_stores:LoudStore", *CLOSING, small=True)
    assert "1 cause explains" in session.text
    assert "a store that prints" not in session.text


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "with a worker"])
def test_a_call_that_does_not_return_is_named_while_it_is_waited_for(
    inner: Inner, workers: tuple[str, ...]
) -> None:
    inner.write(
        hasty="""
from evsys_conformance.running import runner, watch

runner.HANG_SECONDS, watch.NOTICE_SECONDS = 2.0, 0.4
"""
    )
    session = inner.certify(
        *("--evsys-conformance", "my_stores:HangingStore", "--evsys-clause", "CL-2", "-q"),
        *("-p", "hasty", "-k", "closing_again_changes_nothing", *workers),
        environment={"PYTHONPATH": str(inner.directory)},
    )
    node = "evsys[my_stores:HangingStore]::CL-2::closing_again_changes_nothing"
    said = r"has waited [01] s for close\(\) to return; after 2 s it counts as hanging\n"
    assert re.search(f"{re.escape(node)} {said}", session.text)
    assert "close() did not return" in session.text
    assert session.status == 1

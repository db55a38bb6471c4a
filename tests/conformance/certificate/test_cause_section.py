"""A cause in the terminal, and the way of a failure from a worker to the process that explains."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evsys_conformance.certificate import wording
from evsys_conformance.certificate.model import CauseRecord
from evsys_conformance.clauses import BY_ID
from evsys_conformance.diagnosis.cause import Failure
from evsys_conformance.judging.differences import Difference
from evsys_conformance.programs import calls
from evsys_conformance.programs.program import logged
from evsys_conformance.pytest_session.cause_section import section
from evsys_conformance.pytest_session.explaining import Explainer, packed, unpacked
from evsys_conformance.pytest_session.replay_files import WayBack
from evsys_conformance.pytest_session.summary import table, unexplained
from support.certified import cause, certified, explained

HERE = Path("/project")
FILE = HERE / ".evsys/replay/my_pkg-MyStore/1-MET-1.py"
COMMAND = "pytest --evsys-conformance my_pkg:MyStore --evsys-clause MET-1"


def _lines(shown: CauseRecord, way_back: WayBack | None = None, width: int = 100) -> list[str]:
    return list(section(1, shown, way_back or WayBack(COMMAND, FILE), HERE, width))


def test_a_section_says_what_where_and_how_to_see_it_again() -> None:
    look_at = "loops over metrics.items(), columns fixed by the first call, a split kept from an"
    shown = cause("MET-1", "MET-2::a", "MET-1::b", "MET-1::c", summary="63 of 64\n    recorded")
    assert _lines(shown) == [
        "1  MET-1  Every item is recorded once",
        "   63 of 64",
        "       recorded",
        "       for step in range(64):",
        '           store.log_metrics({"loss": 0.5}, step)',
        f"   Look at: {look_at}",
        "   earlier call.",
        "   Explains 3 checks in MET-1 and MET-2.",
        "   python .evsys/replay/my_pkg-MyStore/1-MET-1.py",
    ]


def test_a_cause_that_shows_now_and_then_or_was_not_reduced_says_so() -> None:
    lines = _lines(cause("MET-1", "MET-1::a", runs="3 of 10", complete=False))
    text = " ".join(" ".join(lines).split())
    unfinished = "Time ran out in the search: a shorter program may break another clause."
    assert f"It failed in 3 of 10 runs. {unfinished}" in text


def test_without_a_file_there_is_the_command_that_runs_the_clause_again() -> None:
    assert _lines(cause("MET-1"), WayBack(COMMAND))[-1] == f"   {COMMAND}"
    problem = WayBack(COMMAND, problem="The program can't be kept as a file: full")
    assert _lines(cause("MET-1"), problem)[-2:] == [f"   {problem.problem}", f"   {COMMAND}"]
    elsewhere = WayBack(COMMAND, Path("/else where/1-MET-1.py"))
    assert _lines(cause("MET-1"), elsewhere)[-1] == "   python '/else where/1-MET-1.py'"


def test_the_middle_of_a_long_program_is_left_out() -> None:
    shown = cause("MET-1").model_copy(update={"essence": [f"call_{n}()" for n in range(40)]})
    lines = [line.strip() for line in _lines(shown) if line.startswith("       ")]
    assert lines[7:10] == [
        "call_7()",
        "… 29 more lines, in .evsys/replay/my_pkg-MyStore/1-MET-1.py",
        "call_37()",
    ]
    assert len(lines) == 12


LINES = st.lists(st.text("ab 'é{}()-", max_size=300), max_size=60)


@given(LINES, LINES, st.integers(60, 200))
@example(["x" * 40] * 9, ["y"] * 60, 60)
def test_a_section_is_short_and_fits_the_terminal(
    summary: list[str], essence: list[str], width: int
) -> None:
    checks = [f"{clause_id}::a_check_of_the_kit" for clause_id in BY_ID]
    shown = cause("MET-1", *checks, runs="3 of 10", complete=False).model_copy(
        update={"summary": "\n".join(summary), "essence": essence}
    )
    lines = _lines(shown, WayBack(COMMAND, FILE), width)
    assert len(lines) <= 25
    assert max(map(len, lines[:-1])) <= width


def test_clauses_that_failed_point_to_their_causes() -> None:
    failed: dict[str, str] = dict.fromkeys(("MET-1", "MET-2", "MET-7", "CL-2"), "failed")
    store = explained(failed, "MET-1", "MET-7").stores[0]
    verdicts = {clause.id: clause for clause in store.clauses}
    number = len(verdicts["MET-1"].checks)
    rows = [text for text, _ in table(store)]
    told = f"{number} of its {number} checks failed: see cause 1"
    assert rows[0] == f"MET-1        failed           {told}"
    assert [row.split()[0] for row in rows[:4]] == ["MET-1", "MET-2", "MET-7", "CL-2"]
    assert rows[1].endswith("see cause 1 (MET-1)")
    assert rows[2].endswith("see cause 2")
    assert rows[4] == ""
    assert rows[5].endswith("2 failed, 2 masked, 6 not claimed")


def test_a_clause_points_to_its_causes_and_counts_the_checks_that_have_none() -> None:
    shown = certified({"MET-1": "failed"}, causes=(cause("MET-2", "MET-1::keys_may_come_and_go"),))
    (clause,) = (each for each in shown.stores[0].clauses if each.id == "MET-1")
    left = len(clause.checks) - 1
    said = f"cause 1 (MET-2); no cause was found for {left}"
    assert wording.pointers(clause, shown.stores[0]) == said


def _unexplained(clause: str, number: int) -> list[Failure]:
    return [
        Failure(f"{clause}::check_{n}", BY_ID[clause], f"what was wrong {n}\nin detail", "")
        for n in range(number)
    ]


@pytest.mark.parametrize(
    ("clauses", "lines"),
    [
        ([], []),
        (
            [_unexplained("MET-1", 1)],
            [
                "For the other failed check no cause was found in time:",
                "   MET-1::check_0: what was wrong 0",
                "",
            ],
        ),
        (
            [_unexplained("MET-1", 3), _unexplained("CL-2", 1)],
            [
                "For the other 4 failed checks no cause was found in time:",
                "   MET-1::check_0 and 2 more: what was wrong 0",
                "   CL-2::check_0: what was wrong 0",
                "",
            ],
        ),
    ],
)
def test_failed_checks_without_a_cause_have_a_line_for_each_clause(
    clauses: list[list[Failure]], lines: list[str]
) -> None:
    assert list(unexplained(clauses)) == lines


def test_a_store_that_fails_every_clause_has_few_lines_about_checks_without_a_cause() -> None:
    lines = list(unexplained([_unexplained(clause_id, 5) for clause_id in BY_ID]))
    assert len(lines) == 11
    assert lines[-2:] == [f"   … and checks of {len(BY_ID) - 8} more clauses", ""]


@pytest.mark.parametrize(
    ("causes", "said"),
    [
        ((cause("MET-1", "MET-1::0"),), "1 cause explains 1 of the 5 checks that failed"),
        (
            (cause("MET-1", *(f"MET-1::{n}" for n in range(5))),),
            "1 cause explains the 5 checks that failed",
        ),
        (
            (cause("MET-1", "MET-1::0"), cause("MET-2", "MET-1::0", "MET-1::1")),
            "2 causes explain 2 of the 5 checks that failed",
        ),
    ],
)
def test_the_number_of_causes_reads_as_a_sentence(
    causes: tuple[CauseRecord, ...], said: str
) -> None:
    store = explained({"MET-1": "failed"}, "MET-1").stores[0]
    (clause,) = (each for each in store.clauses if each.id == "MET-1")
    check = clause.checks[0]
    five = [check.model_copy(update={"name": str(n)}) for n in range(5)]
    clauses = [clause.model_copy(update={"checks": five})]
    shown = store.model_copy(update={"clauses": clauses, "causes": list(causes)})
    assert wording.causes_explain(shown) == said


def _failure(argument: Any) -> Failure:
    program = logged([calls.hyperparams({"lr": argument})])
    found = (Difference("lost", "is not recorded", frozenset({1}), 3, "hyperparams"),)
    return Failure("HP-1::a_check", BY_ID["HP-1"], "is not recorded", "a script", program, found)


@pytest.mark.parametrize(
    ("shown", "advised"),
    [
        ([], True),
        ([cause("HP-1")], True),
        ([cause("HP-1", "HP-1::a_check", complete=False)], True),
        ([cause("HP-1", "HP-1::a_check")], False),
    ],
    ids=["no cause", "an unexplained check", "a long program", "nothing more to show"],
)
def test_a_search_without_time_is_advised_to_take_more(
    shown: list[CauseRecord], *, advised: bool
) -> None:
    run: Any = SimpleNamespace(explaining=30.0, ran_out_of_time=True)
    config: Any = None
    explainer = Explainer(config, run)
    explainer.add(_failure(1.5))
    explainer.causes = shown
    assert ("--evsys-explain SECONDS" in explainer.advice) is advised
    run.ran_out_of_time = False
    assert not explainer.advice


def test_a_failure_arrives_with_its_program() -> None:
    parts = packed(_failure(1.5))
    assert all(type(part) is str for part in parts.values())
    assert unpacked(parts) == _failure(1.5)


@pytest.mark.parametrize("argument", [lambda: None, (n for n in range(3))])
def test_a_failure_whose_program_can_not_travel_arrives_with_its_script(argument: Any) -> None:
    arrived = unpacked(packed(_failure(argument)))
    assert (arrived.program, arrived.found) == (None, ())
    assert (arrived.check, arrived.what, arrived.script) == (
        "HP-1::a_check",
        "is not recorded",
        "a script",
    )

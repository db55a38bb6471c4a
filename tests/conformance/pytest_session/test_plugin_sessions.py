"""The kit inside sessions of every kind: with other tests, workers, plugins, and at their end."""

import pytest

from support.inner_pytest import Inner

TARGET = ("--evsys-conformance", "my_stores:Harness")
CHEAP = ("--evsys-clause", "MET-8", "--evsys-clause", "CL-2")
OWN_TEST = "def test_own(): pass\n"


def test_with_the_option_alone_only_the_kit_runs(inner: Inner) -> None:
    inner.write(test_own=OWN_TEST)
    session = inner.certify(*TARGET, *CHEAP, "-v")
    assert "test_own" not in session.text
    assert "evsys[my_stores:Harness]::MET-8::an_empty_dict_records_no_point PASSED" in session.text
    assert "(the kit alone; name paths to run tests beside it)" in session.text


def test_with_paths_their_tests_run_beside_it(inner: Inner) -> None:
    inner.write(test_own=OWN_TEST, test_other="def test_other(): pass\n")
    session = inner.certify(*TARGET, *CHEAP, "-v", "test_own.py")
    assert "test_own.py::test_own PASSED" in session.text
    assert "test_other" not in session.text
    assert "::MET-8::an_empty_dict_records_no_point PASSED" in session.text
    assert "(beside this session's own tests)" in session.text


def test_the_ini_option_adds_the_kit_to_the_whole_suite_only(inner: Inner) -> None:
    inner.write(test_own=OWN_TEST)
    ini = "[pytest]\nevsys_conformance = my_stores:Harness\naddopts = -p no:randomly\n"
    (inner.directory / "pytest.ini").write_text(ini)
    whole = inner.run("--collect-only", "-q")
    assert "test_own.py::test_own" in whole.text
    assert "evsys[my_stores:Harness]::ID-1::the_name_is_a_string" in whole.text
    part = inner.run("--collect-only", "-q", "test_own.py")
    assert "test_own.py::test_own" in part.text
    assert "evsys[" not in part.text


def test_a_session_without_the_option_loads_nothing(inner: Inner) -> None:
    inner.write(
        test_own="""
import sys

def test_own():
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {"hypothesis", "pydantic", "evsys_sdk"}
    ours = {name for name in sys.modules if name.startswith("evsys_conformance")}
    assert ours == {"evsys_conformance", "evsys_conformance.plugin"}
"""
    )
    session = inner.run("test_own.py")
    assert session.status == 0, session.text


def test_the_strictest_session_has_nothing_to_say_against_it(inner: Inner) -> None:
    session = inner.certify(
        *(*TARGET, *CHEAP, "-W", "error", "--strict-markers", "--strict-config"),
        *("-p", "no:cacheprovider", "--import-mode=importlib"),
    )
    assert "warning" not in session.text
    assert "only MET-8 and CL-2 ran" in session.text
    assert "failed" not in session.text


@pytest.mark.parametrize("name", ["evsys_conformance", "evsys_conformance.plugin"])
@pytest.mark.parametrize("autoload", [True, False], ids=["autoload", "no autoload"])
def test_the_plugin_may_be_named(inner: Inner, name: str, *, autoload: bool) -> None:
    environment = {} if autoload else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    session = inner.certify(
        "-p", name, "--evsys-conformance", "my_stores:MemoryStore", *CHEAP, environment=environment
    )
    assert "only MET-8 and CL-2 ran" in session.text


def test_the_command_shown_works_without_autoloading_too(inner: Inner) -> None:
    inner.certify(
        *("-p", "evsys_conformance", "--evsys-conformance", "my_stores:OpenStore"),
        *("--evsys-clause", "CL-3"),
        environment={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    source = inner.directory / ".evsys/replay/my_stores-OpenStore/1-CL-3.py"
    assert "-p hypothesispytest --hypothesis-seed=" in source.read_text()


def test_the_last_failures_can_be_run_again(inner: Inner) -> None:
    target = ("--evsys-conformance", "my_stores:OpenStore")
    inner.certify(*target, *CHEAP, "--evsys-clause", "CL-3")
    session = inner.certify(*target, *CHEAP, "--evsys-clause", "CL-3", "--lf", "-v")
    assert "CL-3::a_closed_store_refuses_each_method FAILED" in session.text
    assert "deselected" in session.text
    assert "PASSED" not in session.text


def test_collecting_judges_nothing(inner: Inner) -> None:
    session = inner.certify(*TARGET, "--evsys-report", "out.json", "--collect-only", "-q")
    assert "evsys[my_stores:Harness]::MET-4::awkward_values_are_kept\n" in session.text
    assert "CERTIFIED" not in session.text
    assert session.status == 0
    assert not (inner.directory / "out.json").exists()
    assert inner.events() == []


def test_the_harness_is_entered_once_and_left_at_the_end(inner: Inner) -> None:
    inner.certify(*TARGET, *CHEAP)
    assert inner.events() == ["entered Harness", "left Harness"]


def test_each_worker_enters_and_leaves_its_own_harness(inner: Inner) -> None:
    session = inner.certify(
        *(*TARGET, *CHEAP, "-n", "2", "--dist", "each", "--evsys-report", "out.json"),
        *("--hypothesis-seed", "77"),
    )
    assert "only MET-8 and CL-2 ran" in session.text
    assert sorted(inner.events()) == ["entered Harness"] * 2 + ["left Harness"] * 2
    assert inner.json()["seed"] == 77


def test_the_harness_is_left_when_the_first_failure_ends_the_session(inner: Inner) -> None:
    session = inner.certify(
        "--evsys-conformance", "my_stores:RoundingHarness", "--evsys-clause", "MET-4", "-x"
    )
    assert "stopping after 1 failures" in session.text
    assert "is NOT CERTIFIED: MET-4 failed" in session.text
    assert inner.events() == ["entered RoundingHarness", "left RoundingHarness"]


def test_the_harness_is_left_when_the_user_interrupts(inner: Inner) -> None:
    session = inner.certify(
        *("--evsys-conformance", "my_stores:EndingHarness", "--evsys-clause", "MET-8"),
        *("--evsys-report", "out.json"),
        environment={"MY_STORES_END": "KeyboardInterrupt"},
    )
    assert session.status == pytest.ExitCode.INTERRUPTED
    assert inner.events() == ["entered EndingHarness", "left EndingHarness"]
    assert inner.json()["stores"][0]["level"] == "incomplete"


def test_what_a_crashed_worker_did_not_report_did_not_run(inner: Inner) -> None:
    session = inner.certify(
        *("--evsys-conformance", "my_stores:EndingHarness", "--evsys-clause", "MET-8"),
        *("-n", "1", "--max-worker-restart", "0"),
        environment={"MY_STORES_END": "os._exit"},
    )
    assert "crashed while running" in session.text
    assert "my_stores:EndingHarness: INCOMPLETE" in session.text
    assert session.status != 0


def test_the_profile_of_the_user_is_followed_and_not_changed(inner: Inner) -> None:
    inner.write(
        conftest="""
from hypothesis import settings
settings.register_profile("mine", max_examples=40, derandomize=True)
settings.load_profile("mine")
""",
        test_own="""
from hypothesis import settings

def test_own():
    assert settings.default.max_examples == 40
    assert settings.default.derandomize
""",
    )
    session = inner.certify(
        *(*TARGET, "--evsys-clause", "MET-5", "--evsys-report", "out.json", "-p", "no:randomly"),
        "test_own.py",
    )
    assert "quick effort, derandomized" in session.text
    assert "3 passed" in session.text
    assert inner.json()["seed"] is None
    (drawn,) = (
        check["examples"]
        for clause in inner.json()["stores"][0]["clauses"]
        for check in clause["checks"]
        if check["name"] == "drawn_number_likes_are_numbers"
    )
    assert 0 < drawn <= 4  # of the usual 100 examples it would be 10

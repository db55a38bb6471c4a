"""Nothing that a project's conftest or another plugin does turns a clause into a pass."""

import pytest

from support.inner_pytest import Inner

FAULTY = ("--evsys-conformance", "my_stores:OpenStore", "--evsys-clause", "CL-3")

SILENCERS = {
    "reports are changed": """
        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item):
            report = yield
            report.outcome, report.longrepr = "passed", None
            return report
        """,
    "failures are swallowed": """
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_call(item):
            try:
                yield
            except Exception:
                pass
        """,
    "failures are expected": """
        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.xfail(reason="not today"))
        """,
}
PREVENTERS = {
    "checks are skipped": """
        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.skip(reason="not today"))
        """,
    "checks are removed": """
        def pytest_collection_modifyitems(items):
            items[:] = [item for item in items if "CL-3" not in item.nodeid]
        """,
    "checks are replaced": """
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(item):
            report = pytest.TestReport(
                item.nodeid, item.location, {}, "passed", None, "call"
            )
            item.ihook.pytest_runtest_logreport(report=report)
            return True
        """,
}


def _as_module(body: str) -> str:
    return "import pytest\n" + "\n".join(line[8:] for line in body.splitlines())


@pytest.mark.parametrize("body", SILENCERS.values(), ids=SILENCERS)
def test_a_failure_stays_one_where(inner: Inner, body: str) -> None:
    inner.write(silencer=_as_module(body))
    session = inner.certify(
        *FAULTY, "-p", "silencer", environment={"PYTHONPATH": str(inner.directory)}
    )
    assert "my_stores:OpenStore is NOT CERTIFIED: CL-3 failed" in session.text
    assert session.status == 1


@pytest.mark.parametrize("body", PREVENTERS.values(), ids=PREVENTERS)
def test_the_certificate_is_incomplete_where(inner: Inner, body: str) -> None:
    inner.write(conftest=_as_module(body), preventer=_as_module(body))
    session = inner.certify(
        *FAULTY, "-p", "preventer", environment={"PYTHONPATH": str(inner.directory)}
    )
    assert "my_stores:OpenStore: INCOMPLETE, which is not a verdict on the store" in session.text
    assert session.status in {1, pytest.ExitCode.NO_TESTS_COLLECTED}


def test_one_check_less_is_incomplete(inner: Inner) -> None:
    session = inner.certify(
        *("--evsys-conformance", "my_stores:MemoryStore", "-k", "not MET-8"),
        *("--evsys-report", "out.json"),
        small=True,
    )
    assert (
        "INCOMPLETE, which is not a verdict on the store: MET-8 did not run in full" in session.text
    )
    assert session.status == 1
    assert inner.json()["complete"] is False
    assert inner.json()["stores"][0]["level"] == "incomplete"


def test_fixtures_and_hooks_of_a_conftest_do_not_reach_the_checks(inner: Inner) -> None:
    inner.write(
        conftest="""
import pytest

@pytest.fixture(autouse=True)
def everything_fails():
    raise RuntimeError("a fixture of the project")

def pytest_runtest_setup(item):
    raise RuntimeError("a hook of the project")
"""
    )
    session = inner.certify(
        "--evsys-conformance", "my_stores:MemoryStore", "--evsys-clause", "MET-8"
    )
    assert "RuntimeError" not in session.text
    assert "only MET-8 ran" in session.text


def test_one_clause_alone_is_not_a_verdict(inner: Inner) -> None:
    session = inner.certify(
        "--evsys-conformance", "my_stores:MemoryStore", "--evsys-clause", "met-8"
    )
    assert session.text.count("passed") > 1
    said = "my_stores:MemoryStore: INCOMPLETE, which is not a verdict on the store: only MET-8 ran"
    assert said in session.text
    assert session.status == 1

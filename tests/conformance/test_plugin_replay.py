"""The way back to a violation: its script as a file."""

import shlex
from pathlib import Path

import pytest

from inner_pytest import Inner

FAULTY = ("--evsys-conformance", "my_stores:OpenStore", "--evsys-clause", "CL-3")
REPLAY = Path(".evsys/replay/my_stores-OpenStore/CL-3-a_closed_store_refuses_each_method.py")


def test_the_script_is_kept_and_shows_the_violation_again(inner: Inner, tmp_path: Path) -> None:
    session = inner.certify(*FAULTY)
    assert f"The script above lies in {REPLAY}:\n    python {REPLAY}\n" in session.text
    assert (inner.directory / ".evsys" / ".gitignore").read_text() == "*\n"
    source = (inner.directory / REPLAY).read_text()
    assert source.startswith("# CL-3  A closed store refuses to write (a_closed_store_refuses_")
    assert "must: After `close()` each of the" in source
    # From anywhere: it knows where the store lies.
    replayed = inner.python(str(inner.directory / REPLAY), cwd=tmp_path)
    assert replayed.status == 0, replayed.text
    assert "RunLog(metrics=[MetricRow(" in replayed.text


def test_it_holds_the_parameters_of_the_command_line(inner: Inner) -> None:
    session = inner.certify(*FAULTY, "--evsys-params", '{"log_dir": "{dir}/log"}')
    source = (inner.directory / REPLAY).read_text()
    assert "load_harness('my_stores:OpenStore', {'log_dir': '{dir}/log'})" in source
    assert inner.python(str(REPLAY)).status == 0
    lines = [line for line in session.text.splitlines() if "Run this clause again: " in line]
    words = shlex.split(lines[0].partition(": ")[2])
    assert '{"log_dir": "{dir}/log"}' in words
    again = inner.run(*words[1:])
    assert "is NOT CERTIFIED: CL-3 failed" in again.text


def test_it_is_removed_when_the_check_passes(inner: Inner) -> None:
    inner.certify(*FAULTY)
    assert (inner.directory / REPLAY).exists()
    inner.write(
        my_stores=(inner.directory / "my_stores.py")
        .read_text()
        .replace("return\n", "self._closed = True\n")
    )
    session = inner.certify(*FAULTY)
    assert "only CL-3 ran" in session.text
    assert not (inner.directory / REPLAY).exists()


def test_a_place_that_can_not_be_written_to_is_no_harm(inner: Inner) -> None:
    (inner.directory / ".evsys").write_text("not a directory")
    session = inner.certify(*FAULTY)
    assert "The script can't be kept as a file: " in session.text
    assert "is NOT CERTIFIED: CL-3 failed" in session.text


@pytest.mark.parametrize("target", ["my_stores:ExceptionHarness", "my_stores:MemoryStore"])
def test_nothing_is_kept_without_a_violation(inner: Inner, target: str) -> None:
    inner.certify("--evsys-conformance", target, "--evsys-clause", "ID-1")
    assert not (inner.directory / ".evsys").exists()

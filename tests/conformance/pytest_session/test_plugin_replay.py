"""The way back to a violation: a file for each cause, with its program."""

import shlex
from pathlib import Path

import pytest

from support.inner_pytest import Inner

FAULTY = ("--evsys-conformance", "my_stores:OpenStore", "--evsys-clause", "CL-3")
DIRECTORY = Path(".evsys/replay/my_stores-OpenStore")
REPLAY = DIRECTORY / "1-CL-3.py"


def _files(inner: Inner) -> list[str]:
    return sorted(path.name for path in (inner.directory / DIRECTORY).glob("*"))


def _mend(inner: Inner) -> None:
    path = inner.directory / "my_stores.py"
    path.write_text(path.read_text().replace("return\n", "self._closed = True\n"))


def _command(inner: Inner) -> list[str]:
    """The command that the file of the first cause names."""
    lines = (inner.directory / REPLAY).read_text().splitlines()
    (line,) = [line for line in lines if "To run a clause again" in line]
    return shlex.split(line.partition(": ")[2])


def test_the_program_is_kept_and_shows_the_violation_again(inner: Inner, tmp_path: Path) -> None:
    session = inner.certify(*FAULTY)
    assert f"\n   python {REPLAY}\n" in session.text
    assert (inner.directory / ".evsys" / ".gitignore").read_text() == "*\n"
    source = (inner.directory / REPLAY).read_text()
    assert source.startswith("# CL-3  A closed store refuses to write\n#\n# ")
    assert "# It explains these failed checks:\n#     CL-3::a_closed_store_refuses_each_" in source
    # From any directory: it knows where to import the store from.
    replayed = inner.python(str(inner.directory / REPLAY), cwd=tmp_path)
    assert replayed.status == 0, replayed.text
    assert replayed.text.startswith("accepted\n")
    _mend(inner)
    mended = inner.python(str(inner.directory / REPLAY), cwd=tmp_path)
    assert mended.text.startswith("refused: RuntimeError('closed')\n")


def test_it_holds_the_parameters_of_the_command_line(inner: Inner) -> None:
    inner.certify(*FAULTY, "--evsys-params", '{"log_dir": "{dir}/log"}')
    source = (inner.directory / REPLAY).read_text()
    assert "load_harness('my_stores:OpenStore', {'log_dir': '{dir}/log'})" in source
    assert inner.python(str(REPLAY)).status == 0
    words = _command(inner)
    assert '{"log_dir": "{dir}/log"}' in words
    again = inner.run(*words[1:])
    assert "is NOT CERTIFIED: CL-3 failed" in again.text


def test_a_seed_draws_the_same_program_again(inner: Inner) -> None:
    target = ("--evsys-conformance", "my_stores:RoundingStore", "--evsys-clause", "MET-4")
    inner.certify(*target, "--hypothesis-seed=7")
    path = inner.directory / ".evsys/replay/my_stores-RoundingStore/1-MET-4.py"
    first = path.read_text()
    path.unlink()
    again = inner.certify(*target, "--hypothesis-seed=7")
    assert "quick effort, seed 7" in again.text
    assert path.read_text() == first


def test_files_of_an_earlier_session_are_removed(inner: Inner) -> None:
    inner.certify(*FAULTY)
    (inner.directory / DIRECTORY / "2-MET-1.py").write_text("# from an earlier session")
    inner.certify(*FAULTY)
    assert _files(inner) == ["1-CL-3.py"]
    _mend(inner)
    assert "only CL-3 ran" in inner.certify(*FAULTY).text
    assert _files(inner) == []


def test_an_interrupted_session_keeps_the_files_of_the_earlier_one(inner: Inner) -> None:
    target = ("--evsys-conformance", "my_stores:EndingHarness", "--evsys-clause", "MET-8")
    path = inner.directory / ".evsys/replay/my_stores-EndingHarness/1-MET-8.py"
    path.parent.mkdir(parents=True)
    path.write_text("# from an earlier session")
    inner.certify(*target, environment={"MY_STORES_END": "KeyboardInterrupt"})
    assert path.exists()


def test_a_directory_that_can_not_be_written_to_does_no_harm(inner: Inner) -> None:
    (inner.directory / ".evsys").write_text("not a directory")
    session = inner.certify(*FAULTY)
    assert "The program can't be kept as a file: " in session.text
    assert (
        "\n   pytest --evsys-conformance my_stores:OpenStore --evsys-clause CL-3 " in session.text
    )
    assert "is NOT CERTIFIED: CL-3 failed" in session.text


@pytest.mark.parametrize("target", ["my_stores:ExceptionHarness", "my_stores:MemoryStore"])
def test_nothing_is_kept_without_a_violation(inner: Inner, target: str) -> None:
    inner.certify("--evsys-conformance", target, "--evsys-clause", "ID-1")
    assert not (inner.directory / ".evsys").exists()

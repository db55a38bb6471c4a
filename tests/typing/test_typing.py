"""What type checkers see: wrong stores and wrong calls are errors, good ones are not.

A line of a bad case that is an error carries a mark that names the checkers that report it there,
like ``# error: mypy pyright ty``. Every report has to be marked, and every mark has to be reported.
"""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"
CACHE = CASES.parents[2] / ".mypy_cache" / "typing-cases"

# Run inside the cases, whose pyproject.toml makes them strict; a report is one line.
OPTIONS = {
    "mypy": ["--no-error-summary", "--no-pretty", "--cache-dir", str(CACHE), "."],
    "pyright": ["--pythonpath", sys.executable],
    "ty": ["check", "--output-format", "concise", "--python", sys.executable],
    "pyrefly": [
        *("check", "--output-format", "min-text"),
        *("--python-interpreter-path", sys.executable),
    ],
}

MARK = re.compile(r"# error: (?P<checkers>[a-z ]+)$", re.MULTILINE)
PLACE = re.compile(r"(?P<file>\S+\.py):(?P<line>\d+):")
SEVERITY = re.compile(r"\b(error|warn|warning)\b", re.IGNORECASE)

Place = tuple[str, int]


def run(checker: str, *arguments: str) -> str:
    """Everything that the checker prints; skips the test where it is not installed."""
    if find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", checker, *arguments],
        cwd=CASES,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def reported(output: str) -> dict[Place, str]:
    """The first line of each report, by the file (from the cases' directory) and line it names."""
    reports: dict[Place, str] = {}
    for line in output.splitlines():
        place = PLACE.search(line)
        if place and SEVERITY.search(line):
            file = (CASES / place["file"]).relative_to(CASES).as_posix()
            reports.setdefault((file, int(place["line"])), line.strip())
    return reports


def marked(checker: str) -> set[Place]:
    """Where the bad cases say that this checker reports something."""
    return {
        (file.relative_to(CASES).as_posix(), number)
        for file in CASES.rglob("*.py")
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if (mark := MARK.search(line)) and checker in mark["checkers"].split()
    }


@pytest.mark.parametrize("checker", OPTIONS)
def test_a_checker_reports_what_is_marked_and_nothing_else(checker: str) -> None:
    output = run(checker, *OPTIONS[checker])
    reports = reported(output)
    marks = marked(checker)
    missed = [
        f"{file}:{line}: marked, and nothing is reported" for file, line in marks - {*reports}
    ]
    unmarked = [reports[place] for place in reports if place not in marks]
    assert [*sorted(missed), *sorted(unmarked)] == [], output


def test_only_bad_cases_have_marks_and_they_name_known_checkers() -> None:
    marks = {
        (file.relative_to(CASES).parts[0], checker)
        for file in CASES.rglob("*.py")
        for mark in MARK.finditer(file.read_text())
        for checker in mark["checkers"].split()
    }
    assert marks == {("bad", checker) for checker in OPTIONS}


def test_every_public_name_has_a_complete_type() -> None:
    # Takes the interpreter from PATH, and no heed of --pythonpath.
    output = run("pyright", "--verifytypes", "evsys_sdk", "--ignoreexternal")
    assert "Type completeness score" in output, output
    incomplete = [line for line in output.splitlines() if re.search(r"\.py:\d+.* error: ", line)]
    # The adapters inherit from classes of libraries that are not installed here.
    assert not [line for line in incomplete if "/integrations/" not in line], output

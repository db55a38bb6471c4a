"""The pages of docs/ that show a program, done as they say."""

import re
import sys
from pathlib import Path

import pytest

from support.documents import ROOT, parse, run

# training-loops.md needs large libraries: tests/integrations/test_training_loops.py runs it.
PAGES = [
    "quickstart.md",
    "run-files.md",
    "command.md",
    "write-a-store.md",
    "types.md",
    "built-in-stores.md",
    "background.md",
    "reading-logs.md",
    "durability.md",
]

INSTALLATION = "```sh\npip install .\n```"
"""The rest of the page after it is about the installed package."""

# The rest uses libraries without types.
TYPED = [
    "quickstart.md",
    "command.md",
    "write-a-store.md",
    "built-in-stores.md",
    "durability.md",
    "background.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_prints_what_the_page_shows(page: str, tmp_path: Path) -> None:
    document = parse((ROOT / "docs" / page).read_text().partition(INSTALLATION)[0])
    document.write(tmp_path)
    document.run(tmp_path)


@pytest.mark.parametrize("page", TYPED)
def test_the_programs_of_the_page_pass_the_type_checkers(page: str, tmp_path: Path) -> None:
    document = parse((ROOT / "docs" / page).read_text())
    document.write(tmp_path)
    files = [name for name in document.files if name.endswith(".py") and name != "broken.py"]
    run([sys.executable, "-m", "mypy", "--strict", *files], tmp_path)
    run([sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *files], tmp_path)


def test_the_store_of_the_guide_does_what_the_page_shows_once_it_is_installed(
    tmp_path: Path,
) -> None:
    text = (ROOT / "docs" / "write-a-store.md").read_text()
    parse(text).write(tmp_path)
    packages = tmp_path / "packages"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    run([*install, "--no-build-isolation", "--target", str(packages), "."], tmp_path)
    (tmp_path / "evsys_sqlite.py").unlink()
    parse(text.partition(INSTALLATION)[2]).run(tmp_path, PYTHONPATH=str(packages))


def test_every_page_with_a_program_is_run_by_some_test() -> None:
    tests = [file.read_text() for file in (ROOT / "tests").rglob("test_*.py")]
    pages = [
        page.name
        for page in (ROOT / "docs").glob("*.md")
        if re.search(r"^```(console|js|python)$", page.read_text(), re.MULTILINE)
    ]
    assert {*PAGES} <= {*pages}
    assert [page for page in pages if not any(page in test for test in tests)] == []

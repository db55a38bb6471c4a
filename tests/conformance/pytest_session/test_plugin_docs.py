"""The pages on certifying a store, done as they say."""

import sys
from pathlib import Path

import pytest

from support.documents import ROOT, Document, parse, run

PAGES = ["certify-a-store.md", "certificate.md"]


def _page(name: str, directory: Path) -> Document:
    """A page, its files written beside those of the README, to which it refers."""
    parse((ROOT / "README.md").read_text()).write(directory)
    page = parse((ROOT / "docs" / name).read_text())
    page.files.pop("pyproject.toml", None)  # names a package that is the reader's own
    page.write(directory)
    return page


@pytest.mark.parametrize("page", PAGES)
def test_every_command_prints_what_the_page_shows(page: str, tmp_path: Path) -> None:
    _page(page, tmp_path).run(tmp_path)


def test_the_programs_of_the_pages_pass_the_type_checkers(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    files = [name for page in PAGES for name in _page(page, tmp_path).files]
    assert len(files) == 4
    run([sys.executable, "-m", "mypy", "--strict", *files], tmp_path)
    run([sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *files], tmp_path)

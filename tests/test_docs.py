"""The pages of docs/ that show a program, done as they say."""

import sys
from pathlib import Path

import pytest

from documents import ROOT, parse, run

# training-loops.md needs large libraries: tests/integrations/test_training_loops.py runs it.
PAGES = ["quickstart.md", "write-a-store.md", "types.md", "built-in-stores.md", "reading-logs.md"]

# The rest uses libraries without types.
TYPED = ["quickstart.md", "write-a-store.md", "built-in-stores.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_prints_what_the_page_shows(page: str, tmp_path: Path) -> None:
    document = parse((ROOT / "docs" / page).read_text())
    document.write(tmp_path)
    document.run(tmp_path)


@pytest.mark.parametrize("page", TYPED)
def test_the_programs_of_the_page_pass_the_type_checkers(page: str, tmp_path: Path) -> None:
    document = parse((ROOT / "docs" / page).read_text())
    document.write(tmp_path)
    files = [name for name in document.files if name.endswith(".py") and name != "broken.py"]
    run([sys.executable, "-m", "mypy", "--strict", *files], tmp_path)
    run([sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *files], tmp_path)


def test_the_store_of_the_guide_installed_as_a_package_is_known_by_its_kind(tmp_path: Path) -> None:
    document = parse((ROOT / "docs" / "write-a-store.md").read_text())
    document.write(tmp_path)
    packages = tmp_path / "packages"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    run([*install, "--no-build-isolation", "--target", str(packages), "."], tmp_path)
    (tmp_path / "evsys_sqlite.py").unlink()
    program = (
        "from evsys_sdk import open_log_store, get_log_store\n"
        "with open_log_store('run.yaml') as store: store.log_metrics({'loss': 0.5}, 3)\n"
        "print(get_log_store('sqlite').read_run(log_dir='logs').metrics)\n"
    )
    printed = run([sys.executable, "-c", program], tmp_path, PYTHONPATH=str(packages))
    assert printed == "[MetricRow(step=3, split='train', metrics={'loss': 0.5}, ts=None)]\n"

"""Fixtures for the tests of the kit."""

from pathlib import Path

import pytest

from inner_pytest import Inner


@pytest.fixture
def inner(tmp_path: Path) -> Inner:
    """A directory for inner sessions of pytest."""
    directory = tmp_path / "project"
    directory.mkdir()
    return Inner(directory)

"""Fixtures for the tests of the kit."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.inner_pytest import Inner


@pytest.fixture
def inner(tmp_path: Path) -> Inner:
    """A directory for inner sessions of pytest."""
    directory = tmp_path / "project"
    directory.mkdir()
    return Inner(directory)


@pytest.fixture
def quick_collections() -> Iterator[None]:
    """Programs collect the garbage: what pytest holds need not be looked through each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()

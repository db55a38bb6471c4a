"""What the tests of all adapters share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.watched_store import WatchedStore


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def source(log_dir: Path) -> Iterator[dict[str, Any]]:
    """What ``open_log_store`` takes; a test has to leave no store of it open."""
    assert WatchedStore.opened == []
    yield {"kind": "watched", "params": {"log_dir": str(log_dir)}}
    left, WatchedStore.opened[:] = [*WatchedStore.opened], []
    for store in left:
        store.close()
    assert left == []

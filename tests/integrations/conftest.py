"""What the tests of all adapters share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.watched_store import WatchedStore


@pytest.fixture(autouse=True)
def ray_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let programs that start Ray use no network, and run its workers at the priority of the test.

    Ray runs workers at a niceness of 15: while other programs use the CPU, a worker then takes
    minutes to import Ray.
    """
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_worker_niceness", "0")


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

"""Runs of W&B in offline mode, each in its own directory."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from evsys_wandb import WandbLogStore
from evsys_wandb.testing import NO_NOTES


@pytest.fixture(autouse=True)
def _no_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NO_NOTES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def store(tmp_path: Path) -> Generator[WandbLogStore]:
    opened = WandbLogStore(project="tests", run="a run", mode="offline", log_dir=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def finished(store: WandbLogStore, tmp_path: Path) -> Callable[[], Path]:
    """Close the store, and give W&B's file of its run."""

    def file() -> Path:
        store.close()
        (path,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
        return path

    return file

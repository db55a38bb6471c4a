"""Runs of W&B, each in its own directory, and a server that stands for W&B's."""

import re
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import wandb

from evsys_wandb import WandbLogStore
from evsys_wandb.fake_server import FakeServer
from evsys_wandb.testing import NO_NOTES

README = Path(__file__).parents[1] / "README.md"


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


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[FakeServer]:
    """A server that is W&B for the client in this process and in its children."""
    wandb.teardown()  # what the client knows of another server
    with FakeServer() as fake:
        thread = threading.Thread(target=fake.serve_forever)
        thread.start()
        monkeypatch.setenv("WANDB_BASE_URL", fake.url)
        monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
        monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
        monkeypatch.setenv("HOME", str(tmp_path))
        yield fake
        wandb.teardown()
        fake.shutdown()
        thread.join()


@pytest.fixture
def readme() -> Callable[[str], str]:
    """Give a YAML file that the README shows, by its name."""

    def file(name: str) -> str:
        blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
        (text,) = [block for block in blocks if block.startswith(f"# {name}\n")]
        return str(text)

    return file

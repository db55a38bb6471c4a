"""The reader of W&B's file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evsys_wandb import WandbLogStore
from evsys_wandb.wandb_file import is_finished, records


@pytest.fixture
def file(store: WandbLogStore, finished: Callable[[], Path]) -> Path:
    """The file of a run with messages in several blocks."""
    for step in range(100):
        store.log_metrics({"loss": 0.5, "accuracy": 0.25}, step)
    store.log_hyperparams({"prompt": "x" * 100_000})
    return finished()


def test_a_file_that_ends_anywhere_gives_its_complete_messages(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    whole = [record.SerializeToString() for record in records(file)]
    cut = tmp_path / "cut.wandb"
    for size in [*range(60), *range(60, len(content), 1009), len(content)]:
        cut.write_bytes(content[:size])
        read = [record.SerializeToString() for record in records(cut)]
        assert read == whole[: len(read)]
        assert is_finished(cut) == (len(read) == len(whole)) == (size == len(content))


def test_a_damaged_file_is_an_error_that_names_it(file: Path, tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    damaged = tmp_path / "damaged.wandb"
    damaged.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged\.wandb is damaged"):
        list(records(damaged))


def test_another_file_is_an_error(tmp_path: Path) -> None:
    other = tmp_path / "other.wandb"
    other.write_text("not of W&B")
    with pytest.raises(ValueError, match=r"other\.wandb is not a file of W&B"):
        list(records(other))
    assert not is_finished(tmp_path / "missing.wandb")

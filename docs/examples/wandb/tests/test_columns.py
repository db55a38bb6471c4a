"""Calls as rows of W&B, and back."""

import json
import math

from hypothesis import example, given
from hypothesis import strategies as st

from evsys_conformance.strategies import other_texts, plain_texts, values
from evsys_wandb import columns

TEXTS = plain_texts() | other_texts() | st.sampled_from(["val", "val/loss", columns.KEYS, "_step"])
METRICS = st.dictionaries(TEXTS, values(), min_size=1, max_size=5)


def as_wandb_has_it(row: columns.Row) -> dict[str, str]:
    """The JSON of each column, with a time; W&B writes 1.0 as 1 and -0.0 as -0."""
    stored = {name: json.dumps(value) for name, value in row.items()}
    stored = {name: text.removesuffix(".0") for name, text in stored.items()}
    return stored | {"_timestamp": "1.5e+09", "_step": "7", "_runtime": "0.5"}


@given(METRICS, st.integers(-(2**63), 2**63 - 1), st.sampled_from(["train", "val"]) | TEXTS)
@example({"loss": 0.5, "val/loss": 0.25}, 3, "val")
@example({columns.STEP: 1.0, columns.SPLIT: 2.0, columns.HYPERPARAMS: 3.0}, 0, "train")
@example({"hyperparams": -0.0, "artifact": math.nan}, 2**63 - 1, "evsys")
def test_every_call_comes_back_from_its_row(
    metrics: dict[str, float], step: int, split: str
) -> None:
    row = columns.to_row(metrics, step, split)
    read = columns.from_row(as_wandb_has_it(row))
    assert read is not None
    assert (read.step, read.split, read.ts) == (step, split, 1.5e9)
    assert {key: repr(value) for key, value in read.metrics.items()} == {
        key: repr(value) for key, value in metrics.items()
    }


@given(METRICS, TEXTS)
def test_no_column_is_one_that_wandb_hides_or_refuses(
    metrics: dict[str, float], split: str
) -> None:
    for column in columns.to_row(metrics, 0, split):
        assert column.isascii()
        assert column.isprintable()
        assert not column.startswith("_")


def test_usual_columns_have_the_names_of_their_keys() -> None:
    assert columns.to_row({"train/loss": 0.5}, 3, "train") == {
        "evsys/step": 3,
        "evsys/split": "train",
        "train/loss": 0.5,
    }
    assert set(columns.to_row({"loss": 0.5}, 3, "val")) - {"evsys/step", "evsys/split"} == {
        "val/loss"
    }


def test_a_split_that_is_already_in_the_key_is_not_put_in_front_again() -> None:
    row = columns.to_row({"val/loss": 0.5}, 3, "val")
    assert row["val/loss"] == 0.5
    assert row["evsys/keys"] == '{"val/loss": "val/loss"}'


def test_a_row_of_another_writer_has_no_points() -> None:
    assert columns.from_row({"loss": "0.5", "_step": "1", "_timestamp": "1.5"}) is None

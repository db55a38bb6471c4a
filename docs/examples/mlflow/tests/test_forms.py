"""Names, values and long texts in the forms that MLflow takes, and back."""

import math
import sys

from hypothesis import example, given
from hypothesis import strategies as st
from mlflow.entities import Metric

from evsys_conformance.strategies import other_texts, plain_texts, values
from evsys_mlflow import names, points, texts

TEXTS = (plain_texts() | other_texts()).filter(lambda text: text.isprintable() or "\0" in text)


@given(key=TEXTS, split=st.sampled_from(["train", "val"]) | TEXTS)
@example("loss", "train")
@example("loss:val", "train")
@example("a//b", "train")
@example("loss::" + "0" * 24, "train")
@example("k" * 250, "s" * 250)
def test_every_name_leads_back_to_its_key_and_split(key: str, split: str) -> None:
    made = names.name_of(key, split)
    assert len(made.name) + len(names.EXACT) <= 250
    assert names.is_allowed(made.name)
    assert names.texts_of(made.name, {made.digest: made.text}) == (key, split)


def test_mlflow_has_the_usual_names_as_they_are() -> None:
    assert names.name_of("train/loss", "train").name == "train/loss"
    assert names.name_of("loss", "val").name == "loss:val"
    assert names.name_of("a//b", "val").name.startswith("_a_b::")


def stored_in_sqlite(metric: Metric) -> Metric:
    """What comes back of a metric."""
    value = max(-sys.float_info.max, min(sys.float_info.max, metric.value))
    return Metric(metric.key, value + 0.0, metric.timestamp, metric.step)  # -0.0 + 0.0 is 0.0


@given(st.lists(values().filter(lambda value: not math.isnan(value)), max_size=20))
def test_every_value_comes_back_although_the_database_loses_some(logged: list[float]) -> None:
    stored = [
        stored_in_sqlite(metric)
        for step, value in enumerate(logged)
        for metric in points.to_metrics(["loss"], [value], step, 1000 + step)
    ]
    history = [metric for metric in stored if metric.key == "loss"]
    exact = [metric for metric in stored if metric.key == "loss" + names.EXACT]
    read = points.from_metrics(history, exact)
    assert [repr(value) for _, _, value in read] == [repr(value) for value in logged]


@given(st.integers(0, 3_000_000))
@example(4000)
@example(4001)
@example(400_001)
def test_a_text_of_any_length_comes_back_from_its_tags(size: int) -> None:
    text = "0123456789" * (size // 10) + "x" * (size % 10)
    batches = list(texts.to_tags("evsys.hyperparams.000007", text))
    assert all(len(tag.value) <= 5000 for batch in batches for tag in batch)
    assert all(sum(len(tag.value) for tag in batch) <= 400_000 for batch in batches)
    assert batches[-1][-1].key == "evsys.hyperparams.000007"  # what makes it complete comes last
    tags = {tag.key: tag.value for batch in batches for tag in batch}
    assert texts.from_tags(tags, "evsys.hyperparams.") == {"000007": text}


def test_a_text_that_was_cut_off_is_not_read_and_its_number_is_not_used_again() -> None:
    first, *_ = texts.to_tags("evsys.hyperparams.000007", "x" * 900_000)
    tags = {tag.key: tag.value for tag in first}
    assert texts.from_tags(tags, "evsys.hyperparams.") == {}
    assert texts.last_number(tags, "evsys.hyperparams.") == 7
    assert texts.last_number(tags, "evsys.artifact.") == 0

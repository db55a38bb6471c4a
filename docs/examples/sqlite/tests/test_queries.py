"""The queries of README.md, and what SQL finds in the tables."""

import re
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from evsys_sqlite import SqliteLogStore

Query = Callable[[str], list[tuple[Any, ...]]]

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATEMENT = re.compile(r"^-- (.*)\n(.*);$", re.MULTILINE)
SHOWN = dict(STATEMENT.findall("".join(BLOCK.findall(README.read_text()))))

FOUND = {
    "the loss, step by step": [(0, 2.0), (1, 1.0), (2, None)],
    "the best step on the validation data": [(0, 3.0)],
    "the last value of each metric": [
        ("train", "grad", -inf, 6),
        ("train", "loss", None, 5),
        ("val", "loss", 4.0, 4),
    ],
    "where a metric went wrong for the first time": [("grad", 2), ("loss", 2)],
    "the learning rate, as a number": [(0.25,)],
    "every checkpoint": [("model", "a.pt"), ("model", "b.pt")],
}


@pytest.fixture
def logged(path: Path) -> None:
    store = SqliteLogStore(path=path)
    store.log_hyperparams({"learning_rate": 0.5})
    store.log_hyperparams({"learning_rate": 0.25, "layers": [64, 8]})
    store.log_scalar("loss", 2.0, 0)
    store.log_metrics({"loss": 3.0}, 0, split="val")
    store.log_scalar("loss", 1.0, 1)
    store.log_metrics({"loss": 4.0}, 1, split="val")
    store.log_metrics({"loss": nan, "grad": -inf}, 2)
    store.log_artifact("model", "a.pt", kind="checkpoint")
    store.log_artifact("report", "report.html")
    store.log_artifact("model", "b.pt", kind="checkpoint")
    store.close()


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize("question", FOUND)
def test_a_query_of_the_readme_finds(question: str, query: Query) -> None:
    assert query(SHOWN[question]) == FOUND[question]


def test_every_query_of_the_readme_is_tested() -> None:
    assert SHOWN.keys() == FOUND.keys()


@pytest.mark.usefixtures("logged")
def test_the_query_of_a_curve_is_answered_by_the_index(query: Query) -> None:
    plan = query(f"EXPLAIN QUERY PLAN {SHOWN['the loss, step by step']}")
    assert [row[-1] for row in plan] == [
        "SEARCH metrics USING INDEX metrics_by_key (key=? AND split=?)"
    ]


@pytest.mark.usefixtures("logged")
def test_aggregates_pass_over_nan(query: Query) -> None:
    statement = "SELECT avg(value), count(value), count(*) FROM metrics WHERE key = 'loss'"
    assert query(statement) == [(2.5, 4, 5)]


@pytest.mark.usefixtures("logged")
def test_nested_hyperparameters_are_reached_by_json_path(query: Query) -> None:
    statement = "SELECT json_extract(value, '$[1]') FROM hyperparams WHERE key = 'layers'"
    assert query(statement) == [(8,)]

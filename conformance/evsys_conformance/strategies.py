"""The drawn data of the kit: public, so that the tests of a store can draw the same.

What is drawn stays inside what the contract judges; each strategy says which clause it serves.
"""

import importlib.util
from collections.abc import Collection, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from evsys_conformance import awkward
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.unusual_values import (
    NO_NUMBERS,
    NO_STEPS,
    NO_TEXTS,
    FloatSubclass,
    IndexLike,
    NumberLike,
    StrSubclass,
    endless_dict,
    endless_list,
    numpy_numbers,
)

__all__ = [
    "NO_NUMBERS",
    "NO_STEPS",
    "NO_TEXTS",
    "PLAIN_ALPHABET",
    "FloatSubclass",
    "IndexLike",
    "NumberLike",
    "StrSubclass",
    "any_calls",
    "artifact_calls",
    "endless_dict",
    "endless_list",
    "exact_values",
    "hyperparam_calls",
    "index_likes",
    "json_keys",
    "json_values",
    "metric_calls",
    "metric_dicts",
    "number_likes",
    "numpy_numbers",
    "other_texts",
    "plain_texts",
    "steps",
    "usual_splits",
    "values",
]

PLAIN_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./- "
"""Every store keeps text of these characters, up to 250 of them (MET-6)."""

# Not codec="utf-8", which is the same set: Hypothesis tries each code point, for a second or two.
_CHARACTERS = st.characters(exclude_categories=["Cs"])


def plain_texts(max_size: int = 250) -> st.SearchStrategy[str]:
    """Text that every store keeps (MET-6): short, awkward, and of full length."""
    alphabet = st.sampled_from(PLAIN_ALPHABET)
    return st.one_of(
        st.sampled_from(awkward.PLAIN_KEYS),
        st.text(alphabet, min_size=1, max_size=12),
        # Of full length and different only at the end: what a truncation makes equal.
        st.tuples(
            st.sampled_from(["k", "path/", "a "]), st.text(alphabet, min_size=1, max_size=3)
        ).map(lambda drawn: (drawn[0] * max_size)[: max_size - len(drawn[1])] + drawn[1]),
    )


def other_texts() -> st.SearchStrategy[str]:
    """Text that a store keeps or refuses (MET-6)."""
    return st.one_of(
        st.sampled_from(awkward.OTHER_TEXTS),
        st.text(_CHARACTERS, min_size=1, max_size=20),
        st.integers(251, 5000).map(lambda size: "k" * size),
    )


def exact_values() -> st.SearchStrategy[float]:
    """Values that a store of any precision keeps: small multiples of 1/8."""
    return st.integers(-800, 800).map(lambda eighths: eighths / 8)


def values(float64: bool = True) -> st.SearchStrategy[float]:
    """Any float64, the awkward ones often (MET-4)."""
    edges: Sequence[float] = awkward.FLOATS
    if not float64:
        edges = [*awkward.FLOATS, 1e-37, 3e38, -3e38, 16777217.0, 1 + 2**-20]
    return st.one_of(st.sampled_from(edges), st.floats(), exact_values())


def steps() -> st.SearchStrategy[int]:
    """Steps up to the largest int64, small and repeated ones often (MET-3)."""
    return st.one_of(
        st.integers(-1, 3), st.sampled_from(awkward.STEPS), st.integers(0, awkward.LARGEST_STEP)
    )


def number_likes() -> st.SearchStrategy[Any]:
    """Anything that behaves as a number (MET-5)."""
    kinds: list[st.SearchStrategy[Any]] = [
        st.booleans(),
        st.integers(-1000, 1000),
        st.sampled_from(
            [2**24 + 1, 123456789, 10**15 + 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63, 2**64, 10**22]
        ),
        exact_values().map(NumberLike),
        exact_values().map(FloatSubclass),
        st.sampled_from(
            [Decimal("0.5"), Decimal(-3), Decimal("0.1"), Decimal("0.123456789"), Decimal("1E+2")]
        ),
        st.sampled_from([Fraction(1, 2), Fraction(-7, 8), Fraction(1, 3)]),
    ]
    if numbers := numpy_numbers():
        kinds.append(st.sampled_from(numbers))
    return st.one_of(kinds)


def index_likes() -> st.SearchStrategy[Any]:
    """Anything that behaves as an integer step (MET-5)."""
    kinds: list[st.SearchStrategy[Any]] = [
        st.integers(0, 100).map(IndexLike),
        st.sampled_from(awkward.STEPS).map(IndexLike),
    ]
    if importlib.util.find_spec("numpy"):
        import numpy as np

        kinds.append(st.sampled_from([np.int64(5), np.int32(7), np.uint8(9), np.int64(2**62 + 1)]))
    return st.one_of(kinds)


def metric_dicts(
    keys: st.SearchStrategy[str] | None = None,
    of: st.SearchStrategy[Any] | None = None,
    min_size: int = 0,
    max_size: int = 5,
) -> st.SearchStrategy[dict[str, Any]]:
    """Metrics of one call."""
    return st.dictionaries(
        st.sampled_from(["loss", "acc", "lr", "val/loss", "grad.norm"]) if keys is None else keys,
        exact_values() if of is None else of,
        min_size=min_size,
        max_size=max_size,
    )


def metric_calls(
    keys: st.SearchStrategy[str] | None = None,
    of: st.SearchStrategy[Any] | None = None,
    at: st.SearchStrategy[Any] | None = None,
    splits: st.SearchStrategy[str | None] | None = None,
) -> st.SearchStrategy[Call]:
    """One call of log_scalar or log_metrics."""
    at = st.integers(0, 5) if at is None else at
    some_keys = st.sampled_from(["loss", "acc", "lr"]) if keys is None else keys
    return st.one_of(
        st.builds(
            calls.metrics,
            metric_dicts(keys, of),
            at,
            st.none() if splits is None else splits,
        ),
        st.builds(calls.scalar, some_keys, exact_values() if of is None else of, at),
    )


def json_values(nonfinite: bool = False) -> st.SearchStrategy[Any]:
    """JSON values as hyperparameters hold them (HP-1)."""
    leaves: st.SearchStrategy[Any] = st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([0, 1, -1, 2**31, 2**53 + 1, -(2**63), 2**64 + 1, 10**30]),
        st.integers(),
        st.floats(allow_nan=nonfinite, allow_infinity=nonfinite),
        st.sampled_from([0.0, 1.0, -0.0, 1e-5, 1e22, 0.1, 5e-324, 1.7976931348623157e308]),
        st.sampled_from(
            [
                "",
                "1",
                "true",
                "null",
                "None",
                "1.0",
                "NaN",
                "a\nb",
                "caf\u00e9",
                "\U0001f600",
                " a ",
            ]
        ),
        st.text(_CHARACTERS, max_size=20),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(json_keys(), inner, max_size=4),
        ),
        max_leaves=10,
    )


def json_keys() -> st.SearchStrategy[str]:
    """Keys of hyperparameters, nested ones too (HP-1)."""
    return st.one_of(
        st.sampled_from(["lr", "model", "layers", "a.b", "a/b", "", "1", "None", "A", "a"]),
        st.text(_CHARACTERS, max_size=8),
    )


def hyperparam_calls(
    values: st.SearchStrategy[Any] | None = None,
) -> st.SearchStrategy[Call]:
    """One call of log_hyperparams."""
    return st.builds(
        calls.hyperparams,
        st.dictionaries(
            json_keys().filter(bool), json_values() if values is None else values, max_size=4
        ),
    )


def artifact_calls() -> st.SearchStrategy[Call]:
    """One call of log_artifact, of text that every store keeps (ART-1)."""
    return st.builds(
        calls.artifact,
        st.one_of(st.sampled_from(["model", "model.pt", "Model"]), plain_texts(40)),
        st.one_of(st.sampled_from(awkward.PLAIN_PATHS), plain_texts(60)),
        st.one_of(st.none(), st.sampled_from(["file", "checkpoint", "dir"]), plain_texts(20)),
    )


def usual_splits(claims: Collection[str]) -> st.SearchStrategy[str | None]:
    """Splits of a training loop; only the default where a store need not look at them."""
    return st.sampled_from([None, "train", "val", "test"]) if "split" in claims else st.none()


def any_calls(splits: st.SearchStrategy[str | None] | None = None) -> st.SearchStrategy[Call]:
    """Any valid call, of data that every store keeps: for checks about order, close and faults."""
    return st.one_of(
        metric_calls(splits=splits),
        metric_calls(splits=splits),
        st.builds(
            calls.hyperparams,
            st.dictionaries(
                st.sampled_from(["lr", "seed", "model"]),
                st.one_of(st.integers(0, 9), st.text("ab", max_size=3), st.just({"a": [1, None]})),
                max_size=3,
            ),
        ),
        st.builds(
            calls.artifact,
            st.sampled_from(["model", "data"]),
            st.sampled_from(["a/b.pt", "/no/such/file"]),
            st.sampled_from([None, "file", "checkpoint"]),
        ),
    )

"""The tensorboard store: what it takes, what it records, and what reads back."""

import collections
import math
import os
import subprocess
import sys
import time
import types
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evsys_sdk import (
    ArtifactPointer,
    LogStore,
    LogStoreClosedError,
    MetricRow,
    ReadableLogStore,
    RunLog,
)
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore

_conforms: type[LogStore] = TensorBoardLogStore
_reads_back: type[ReadableLogStore] = TensorBoardLogStore

Store = TensorBoardLogStore
Points = list[tuple[int, str, float]]


def read(log_dir: Path) -> RunLog:
    return Store.read_run(log_dir=log_dir)


def points(log: RunLog) -> Points:
    return [(row.step, key, value) for row in log.metrics for key, value in row.metrics.items()]


def opened(log_dir: Path, flush_secs: float = 30) -> closing[Store]:
    return closing(Store(log_dir=log_dir, flush_secs=flush_secs))


def test_each_call_is_one_row_with_all_its_values_and_the_time_of_the_call(tmp_path: Path) -> None:
    before = time.time()
    with opened(tmp_path) as store:
        store.log_metrics({"loss": 0.5, "val/acc": 0.25}, 3)
        store.log_scalar("loss", 0.125, 4)
    after = time.time()

    first, second = read(tmp_path).metrics
    assert first == MetricRow(3, None, {"loss": 0.5, "val/acc": 0.25}, first.ts)
    assert second == MetricRow(4, None, {"loss": 0.125}, second.ts)
    assert first.ts is not None
    assert second.ts is not None
    assert before <= first.ts <= second.ts <= after


@given(
    st.lists(
        st.tuples(
            st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
                st.floats(width=32, allow_nan=False),
                max_size=3,
            ),
            st.integers(-(2**63), 2**63 - 1),
        ),
        max_size=8,
    )
)
def test_every_point_reads_back_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[dict[str, float], int]]
) -> None:
    directory = tmp_path_factory.mktemp("log")
    with opened(directory) as store:
        for metrics, step in calls:
            store.log_metrics(metrics, step)
    assert points(read(directory)) == [
        (step, key, value) for metrics, step in calls for key, value in metrics.items()
    ]


def test_repeated_steps_and_steps_that_go_back_are_all_kept(tmp_path: Path) -> None:
    steps = [0, 5, 5, 2, 2**63 - 1, -(2**63), 0]
    with opened(tmp_path) as store:
        for step in steps:
            store.log_scalar("loss", 1.0, step)
    assert [row.step for row in read(tmp_path).metrics] == steps


def test_more_points_than_tensorboard_would_keep_for_a_plot_all_read_back(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for step in range(2_500):
            store.log_scalar("loss", step, step)
    assert points(read(tmp_path)) == [(step, "loss", float(step)) for step in range(2_500)]


def test_tags_of_another_call_between_do_not_mix_with_a_calls_own(tmp_path: Path) -> None:
    calls: list[dict[str, float]] = [{"a": 1.0, "b": 2.0}, {"b": 3.0, "a": 4.0}, {"a": 5.0}]
    with opened(tmp_path) as store:
        for step, metrics in enumerate([*calls, *calls, {}, *calls]):
            store.log_metrics(metrics, step)
    found = [list(row.metrics.items()) for row in read(tmp_path).metrics]
    assert found == [list(metrics.items()) for metrics in calls] * 3


def test_mappings_other_than_dicts_are_recorded_like_dicts(tmp_path: Path) -> None:
    metrics: list[Any] = [
        {"a": 1.0, "b": 2.0},
        types.MappingProxyType({"a": 3.0, "b": 4.0}),
        collections.OrderedDict(a=5.0, b=6),
    ]
    with opened(tmp_path) as store:
        for step in range(9):
            store.log_metrics(metrics[step % 3], step)
    expected = [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0}, {"a": 5.0, "b": 6.0}] * 3
    assert [row.metrics for row in read(tmp_path).metrics] == expected


def test_numbers_of_any_type_are_recorded_as_float32(tmp_path: Path) -> None:
    numpy: Any = pytest.importorskip("numpy")
    values: list[Any] = [
        True,
        3,
        Decimal("0.5"),
        Fraction(1, 4),
        numpy.float32(0.5),
        numpy.array(2.0),
        0.1,
    ]
    with opened(tmp_path) as store:
        for value in values:
            store.log_scalar("loss", value, numpy.int64(7))
    log = points(read(tmp_path))
    assert log == [(7, "loss", float(numpy.float32(float(value)))) for value in values]


def test_nan_and_infinities_and_what_is_beyond_float32_keep_their_place(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.log_metrics({"a": math.nan, "b": math.inf, "c": -math.inf, "d": 1e39, "e": 1.0}, 0)
    (row,) = read(tmp_path).metrics
    assert math.isnan(row.metrics.pop("a"))
    assert row.metrics == {"b": math.inf, "c": -math.inf, "d": math.inf, "e": 1.0}


def test_an_empty_dict_writes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        (file,) = tmp_path.iterdir()
        size = file.stat().st_size
        store.log_metrics({}, 1)
        store.log_hyperparams({})
        assert file.stat().st_size == size
    assert read(tmp_path) == RunLog([], {}, [])


def test_a_split_is_not_recorded_but_must_be_text(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.log_metrics({"loss": 1.0}, 1, split="val")
        with pytest.raises(TypeError, match="split must be a string, got 3 \\(an int\\)"):
            store.log_metrics({"loss": 1.0}, 2, split=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    (row,) = read(tmp_path).metrics
    assert row.split is None


BadCall = Callable[[Any], None]
BAD_CALLS: dict[str, tuple[BadCall, str]] = {
    "text value": (lambda s: s.log_scalar("a", "1.5", 0), 'metrics\\["?.a.*must be a number'),
    "second value": (lambda s: s.log_metrics({"a": 1.0, "b": None}, 0), "must be a number"),
    "key": (lambda s: s.log_metrics({3: 1.0}, 0), "key must be a string"),
    "unhashable key": (lambda s: s.log_scalar(["a"], 1.0, 0), "key must be a string"),
    "empty key": (lambda s: s.log_scalar("", 1.0, 0), "must not be empty"),
    "surrogate": (lambda s: s.log_scalar("\ud800", 1.0, 0), "surrogate code point"),
    "step": (lambda s: s.log_scalar("a", 1.0, 1.5), "step must be an integer"),
    "bool step": (lambda s: s.log_scalar("a", 1.0, True), "step must be an integer"),
    "no dict": (lambda s: s.log_metrics(None, 0), "metrics must be a dict"),
    "large step": (lambda s: s.log_scalar("a", 1.0, 2**63), "must fit into int64"),
    "empty split": (lambda s: s.log_metrics({"a": 1.0}, 0, split=""), "split must not be empty"),
    "hyperparameter": (lambda s: s.log_hyperparams({"a": object()}), "has no JSON form"),
    "artifact name": (lambda s: s.log_artifact(1, "p"), "an artifact's name must be a string"),
    "artifact path": (lambda s: s.log_artifact("a", None), "path must be a string"),
    "artifact kind": (lambda s: s.log_artifact("a", "p", kind=""), "kind must not be empty"),
}


@pytest.mark.parametrize("bad", BAD_CALLS)
def test_a_bad_argument_is_refused_and_nothing_of_the_call_recorded(
    bad: str, tmp_path: Path
) -> None:
    call, message = BAD_CALLS[bad]
    with opened(tmp_path) as store:
        store.log_scalar("before", 1.0, 0)
        with pytest.raises((TypeError, ValueError), match=message):
            call(store)
        store.log_scalar("after", 1.0, 0)
    log = read(tmp_path)
    assert points(log) == [(0, "before", 1.0), (0, "after", 1.0)]
    assert (log.hyperparams, log.artifacts) == ({}, [])


def test_hyperparameters_merge_and_read_back_with_their_types(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.log_hyperparams({"lr": 0.1, "model": {"layers": (1, 2)}, "n": 10**4299})
        store.log_metrics({"loss": 1.0}, 0)
        store.log_hyperparams({"model": {"width": 3}, "flag": True, "none": None, "text": "<b>\n"})
    hyperparams = read(tmp_path).hyperparams
    assert hyperparams == {
        "lr": 0.1,
        "model": {"width": 3},
        "n": 10**4299,
        "flag": True,
        "none": None,
        "text": "<b>\n",
    }
    assert hyperparams["flag"] is True
    assert type(hyperparams["n"]) is int


def test_non_finite_hyperparameters_come_back_as_their_names(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.log_hyperparams({"a": math.nan, "b": [math.inf, {"c": -math.inf}]})
    assert read(tmp_path).hyperparams == {"a": "NaN", "b": ["Infinity", {"c": "-Infinity"}]}


def test_hyperparameters_nested_99_levels_deep_read_back(tmp_path: Path) -> None:
    deep: Any = 1
    for level in range(99):
        deep = [deep] if level % 2 else {"a": deep}
    with opened(tmp_path) as store:
        store.log_hyperparams({"deep": deep})
    assert read(tmp_path).hyperparams == {"deep": deep}


def test_hyperparameters_changed_after_the_call_stay_as_they_were(tmp_path: Path) -> None:
    params: dict[str, Any] = {"layers": [1]}
    with opened(tmp_path) as store:
        store.log_hyperparams(params)
        params["layers"].append(2)
        store.log_hyperparams({"other": 1})
    assert read(tmp_path).hyperparams == {"layers": [1], "other": 1}


def test_artifacts_read_back_as_given_and_in_order(tmp_path: Path) -> None:
    entries = [
        ("model", "out/model.pt", "checkpoint"),
        ("model", "out/model.pt", "checkpoint"),
        ("<img src=x onerror=alert(1)>\n```\n# [a](b) & \0", "~/x y\\z", "kind\u2028"),
        ("n" * 4096, "p" * 4096, "k" * 4096),
        ("a/text_summary", "s3://bucket/é", "file"),
    ]
    with opened(tmp_path) as store:
        for name, path, kind in entries:
            store.log_artifact(name, path, kind=kind)
        store.log_artifact("plain", Path("some") / "where")
    artifacts = read(tmp_path).artifacts
    expected = [*entries, ("plain", os.path.join("some", "where"), "file")]
    assert artifacts == [
        ArtifactPointer(*entry, ts=found.ts)
        for entry, found in zip(expected, artifacts, strict=True)
    ]
    assert all(found.ts is not None for found in artifacts)


def test_metrics_named_like_the_text_entries_do_not_mix_with_them(tmp_path: Path) -> None:
    metrics = {"hyperparams": 1.0, "hyperparams/text_summary": 2.0, "artifacts/a": 3.0}
    with opened(tmp_path) as store:
        store.log_metrics(metrics, 0)
        store.log_hyperparams({"lr": 1})
        store.log_artifact("a", "b")
    log = read(tmp_path)
    assert [row.metrics for row in log.metrics] == [metrics]
    assert log.hyperparams == {"lr": 1}
    assert [each.name for each in log.artifacts] == ["a"]


WRITES: dict[str, Callable[[Store], None]] = {
    "log_scalar": lambda store: store.log_scalar("a", 1.0, 1),
    "log_metrics": lambda store: store.log_metrics({"a": 1.0}, 1),
    "log_metrics ": lambda store: store.log_metrics({}, 1),
    "log_hyperparams": lambda store: store.log_hyperparams({"a": 1}),
    "log_hyperparams ": lambda store: store.log_hyperparams({}),
    "log_artifact": lambda store: store.log_artifact("a", "b"),
}


@pytest.mark.parametrize("method", WRITES)
def test_a_closed_store_refuses_every_write_and_records_nothing(
    method: str, tmp_path: Path
) -> None:
    with opened(tmp_path) as store:
        pass
    with pytest.raises(LogStoreClosedError, match=rf"tensorboard: {method.strip()}\(\) was called"):
        WRITES[method](store)
    store.close()
    assert read(tmp_path) == RunLog([], {}, [])
    assert len(list(tmp_path.iterdir())) == 1


def test_the_config_has_the_constructors_parameters_and_says_what_they_are() -> None:
    config = Store.Config.model_validate({"log_dir": "tb", "flush_secs": "1e-3"})
    assert (config.log_dir, config.flush_secs) == (Path("tb"), 1e-3)
    assert Store.Config(log_dir=Path("tb")).flush_secs == 30
    assert all(field.description for field in Store.Config.model_fields.values())
    with pytest.raises(ValidationError, match=r"flush_sec\n.*Extra inputs are not permitted"):
        Store.Config.model_validate({"log_dir": "tb", "flush_sec": 1})
    with pytest.raises(ValidationError, match="log_dir must not be empty"):
        Store.Config.model_validate({"log_dir": ""})
    for wrong in (-1, math.nan, "often"):
        with pytest.raises(ValidationError, match="flush_secs"):
            Store.Config.model_validate({"log_dir": "tb", "flush_secs": wrong})


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (
            {"flush_secs": -1},
            ValueError,
            r"flush_secs must be 0 \(sync every event\) or more, got -1",
        ),
        ({"flush_secs": math.nan}, ValueError, "flush_secs must be 0"),
        ({"flush_secs": "30"}, TypeError, "flush_secs must be a number of seconds, got '30'"),
        ({"log_dir": ""}, ValueError, "log_dir must not be empty"),
        (
            {"log_dir": b"tb"},
            TypeError,
            "log_dir must be a string or a path object that gives one, got b",
        ),
        ({"log_dir": 3}, TypeError, "log_dir must be a string"),
        ({"log_dir": "~nobody-of-that-name"}, ValueError, "no home directory has that name"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_refused_before_anything_is_created(
    params: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"log_dir": tmp_path / "tb"}
    with pytest.raises(error, match=message):
        Store(**(given | params))
    assert not list(tmp_path.iterdir())


def test_the_claims_are_those_that_hold() -> None:
    assert Store.capabilities == {"crash", "fork", "processes", "resume", "threads"}
    assert isinstance(Store.capabilities, frozenset)


def run_python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("missing", ["tensorboard", "google_crc32c"])
def test_without_its_packages_the_import_says_what_to_install(missing: str) -> None:
    done = run_python(
        f"import sys; sys.modules[{missing!r}] = None; import evsys_sdk.log_stores.tensorboard"
    )
    assert done.returncode == 1
    assert "ImportError: the tensorboard log store needs the packages tensorboard" in done.stderr
    assert f"{missing} can't be imported" in done.stderr
    assert "pip install 'evsys-sdk[tensorboard]'" in done.stderr


def test_the_import_is_light_and_neither_torch_nor_tensorflow_is_ever_loaded(
    tmp_path: Path,
) -> None:
    for package in ("tensorflow", "torch"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise AssertionError('loaded')")
    done = run_python(
        """
import sys
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore as Store
assert not {"numpy", "google.protobuf", "tensorboard.compat"} & sys.modules.keys()
store = Store(log_dir=sys.argv[1])
store.log_metrics({"loss": 1.0}, 1)
assert "numpy" not in sys.modules
store.log_hyperparams({"lr": 0.1})
store.log_artifact("a", "b")
store.close()
assert len(Store.read_run(log_dir=sys.argv[1]).metrics) == 1
assert not {"tensorflow", "torch"} & sys.modules.keys()
""",
        str(tmp_path / "tb"),
        PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path[1:]]),
    )
    assert done.stderr == ""
    assert done.returncode == 0

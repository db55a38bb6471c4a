"""The jsonl store: its parameters, and what becomes of each call."""

import copy
import enum
import gc
import json
import math
import os
import pickle
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evsys_sdk import LogStore, LogStoreClosedError, MetricRow, ReadableLogStore
from evsys_sdk.log_stores.jsonl import JSONLLogStore

Point = tuple[int, str | None, str, bytes]


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def store(log_dir: Path) -> Iterator[JSONLLogStore]:
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        yield store


def lines(log_dir: Path) -> list[str]:
    return (log_dir / "metrics.jsonl").read_text("utf-8").split("\n")[:-1]


def strict_rows(log_dir: Path) -> list[dict[str, Any]]:
    """The rows as a strict JSON parser sees them."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in lines(log_dir)]


def rows(log_dir: Path) -> list[MetricRow]:
    return JSONLLogStore.read_run(log_dir=log_dir).metrics


def points(log_dir: Path) -> list[Point]:
    return [
        (row.step, row.split, key, struct.pack("d", value))
        for row in rows(log_dir)
        for key, value in row.metrics.items()
    ]


# Parameters


def test_the_store_satisfies_both_protocols(store: JSONLLogStore) -> None:
    assert isinstance(store, LogStore)
    assert isinstance(store, ReadableLogStore)
    assert store.name == "jsonl"


def test_the_config_has_the_parameters_of_the_constructor() -> None:
    config = JSONLLogStore.Config(log_dir=Path("logs"))
    assert config.model_dump() == {
        "log_dir": Path("logs"),
        "metrics_file": "metrics.jsonl",
        "hyperparams_file": "hyperparams.json",
        "artifacts_file": "artifacts.json",
    }
    assert all(field.description for field in JSONLLogStore.Config.model_fields.values())


def test_an_unknown_parameter_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match=r"(?s)metrics_fiel.*Extra inputs are not permitted"):
        JSONLLogStore.Config.model_validate({"log_dir": "logs", "metrics_fiel": "m.jsonl"})


BAD_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"log_dir": ""}, "log_dir must not be empty"),
    ({"log_dir": "a\0b"}, r"log_dir 'a\\x00b' has a NUL character"),
    (
        {"log_dir": "~nobody-of-this-name/x"},
        "no home directory has that name. For a .* write './~nobody",
    ),
    ({"metrics_file": "../m.jsonl"}, r"metrics_file '../m.jsonl' is not the plain name of a file"),
    ({"metrics_file": "/m.jsonl"}, "metrics_file '/m.jsonl' is not the plain name"),
    ({"hyperparams_file": ".."}, "hyperparams_file '..' is not the plain name"),
    ({"artifacts_file": "a\0b"}, "artifacts_file .* is not the plain name"),
    ({"artifacts_file": "ä" * 126}, "artifacts_file .* is not the plain name"),
    ({"artifacts_file": ""}, "artifacts_file must not be empty"),
    ({"metrics_file": ".jsonl.lock"}, "metrics_file '.jsonl.lock' is the store's own lock file"),
    (
        {"metrics_file": "artifacts.json"},
        "metrics_file and artifacts_file are both 'artifacts.json'. Each needs its own file",
    ),
    ({"hyperparams_file": "Artifacts.json"}, "hyperparams_file and artifacts_file are both"),
    (
        {"artifacts_file": "hyperparams.json.tmp"},
        "artifacts_file is 'hyperparams.json.tmp', which the store uses while it replaces",
    ),
]


@pytest.mark.parametrize(("params", "problem"), BAD_PARAMETERS)
def test_a_bad_parameter_is_refused_by_the_config(params: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        JSONLLogStore.Config.model_validate({"log_dir": "logs", **params})


@pytest.mark.parametrize(("params", "problem"), BAD_PARAMETERS)
def test_a_bad_parameter_is_refused_by_the_constructor_before_anything_is_created(
    params: dict[str, Any], problem: str, log_dir: Path
) -> None:
    params = {"log_dir": log_dir, **params}
    with pytest.raises(ValueError, match=problem):
        JSONLLogStore(**params)
    assert not log_dir.exists()


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"log_dir": 5}, "log_dir must be a string or a path object that gives one, got 5 "),
        ({"metrics_file": Path("m")}, "metrics_file must be a string, got PosixPath"),
    ],
)
def test_a_parameter_of_a_wrong_type_is_refused(params: dict[str, Any], problem: str) -> None:
    params = {"log_dir": "logs", **params}
    with pytest.raises(TypeError, match=problem):
        JSONLLogStore(**params)
    with pytest.raises(ValidationError, match=r"log_dir|metrics_file"):
        JSONLLogStore.Config.model_validate(params)


def test_the_directory_is_created_with_its_parents(tmp_path: Path) -> None:
    JSONLLogStore(log_dir=str(tmp_path / "a" / "b")).close()
    assert (tmp_path / "a" / "b" / "metrics.jsonl").is_file()


def test_a_tilde_expands_to_the_home_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with closing(JSONLLogStore(log_dir="~/logs")) as store:
        store.log_scalar("loss", 1.0, 0)
    assert (tmp_path / "logs" / "metrics.jsonl").is_file()
    assert len(JSONLLogStore.read_run(log_dir="~/logs").metrics) == 1


def test_a_relative_directory_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(JSONLLogStore(log_dir="logs")) as store:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        store.log_hyperparams({"lr": 0.1})
        store.log_artifact("a", "b")
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {
        *("metrics.jsonl", "hyperparams.json", "artifacts.json", ".jsonl.lock")
    }


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(NotADirectoryError, match=r"log_dir is a file, not a directory: .*logs"):
        JSONLLogStore(log_dir=tmp_path / "logs")


def test_the_files_may_have_other_names(log_dir: Path) -> None:
    names = {"metrics_file": "m.txt", "hyperparams_file": "ü .json", "artifacts_file": "~a"}
    with closing(JSONLLogStore(log_dir=log_dir, **names)) as store:
        store.log_scalar("loss", 1.0, 0)
        store.log_hyperparams({"lr": 0.1})
        store.log_artifact("model", "m.pt")
    assert {path.name for path in log_dir.iterdir()} == {*names.values(), ".jsonl.lock"}
    log = JSONLLogStore.read_run(log_dir=log_dir, **names)
    assert (len(log.metrics), log.hyperparams, len(log.artifacts)) == (1, {"lr": 0.1}, 1)


# Rows


def test_a_row_is_one_line_of_json_with_its_keys_in_order(
    store: JSONLLogStore, log_dir: Path
) -> None:
    before = time.time()
    store.log_metrics({"b": 1, "a": 0.5}, 7, split="val")
    (line,) = lines(log_dir)
    row = json.loads(line)
    assert [*row] == ["ts", "step", "split", "metrics"]
    assert before <= row.pop("ts") <= time.time()
    assert row == {"step": 7, "split": "val", "metrics": {"b": 1.0, "a": 0.5}}
    assert line.endswith('"step":7,"split":"val","metrics":{"b":1.0,"a":0.5}}')


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_has_one_spelling(tmp_path_factory: pytest.TempPathFactory, value: float) -> None:
    """The first row of a key is encoded elsewhere than the rows after it."""
    log_dir = tmp_path_factory.mktemp("log")
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        for _ in range(2):
            store.log_metrics({"loss": value}, 0)
        store.log_metrics({"loss": value, "other": math.nan}, 0)
    first, second, beside_nan = (line.split('"loss":')[1] for line in lines(log_dir))
    assert first == second
    assert beside_nan.split(",")[0] + "}}" == first


def test_a_scalar_is_a_row_of_one_value(store: JSONLLogStore, log_dir: Path) -> None:
    store.log_scalar("loss", 0.5, 3)
    store.log_scalar(key="loss", value=1, step=4)
    assert points(log_dir) == [
        (3, "train", "loss", struct.pack("d", 0.5)),
        (4, "train", "loss", struct.pack("d", 1.0)),
    ]


def test_values_that_are_not_finite_stand_beside_the_metrics(
    store: JSONLLogStore, log_dir: Path
) -> None:
    values = {"a": math.nan, "b": 1.0, "c": math.inf, "d": -math.inf}
    for _ in range(2):  # the second time all keys are known
        store.log_metrics(values, 0)
        store.log_metrics({"b": 1e308, "c": 1e308}, 1)
    for first, second in zip(*[iter(strict_rows(log_dir))] * 2, strict=True):
        assert first["metrics"] == {"a": None, "b": 1.0, "c": None, "d": None}
        assert first["nonfinite"] == {"a": "NaN", "c": "Infinity", "d": "-Infinity"}
        assert [*first] == ["ts", "step", "split", "metrics", "nonfinite"]
        assert "nonfinite" not in second
    read = rows(log_dir)[0].metrics
    assert math.isnan(read.pop("a"))
    assert read == {"b": 1.0, "c": math.inf, "d": -math.inf}


@pytest.mark.parametrize("key", ["NaN", "Infinity", "I", "null", '"nonfinite":'])
def test_a_key_that_looks_like_a_value_that_is_not_finite_changes_nothing(
    key: str, store: JSONLLogStore, log_dir: Path
) -> None:
    for value in (1.0, 1.0, math.inf, 1e308):
        store.log_metrics({key: value, key + "2": 1e308}, 0)
    assert [row.metrics[key] for row in rows(log_dir)] == [1.0, 1.0, math.inf, 1e308]


TEXTS = st.text(min_size=1)
CALLS = st.lists(
    st.tuples(
        st.dictionaries(TEXTS, st.floats(), max_size=5), st.integers(-(2**63), 2**63 - 1), TEXTS
    ),
    max_size=8,
)


@settings(max_examples=50)
@given(calls=CALLS)
def test_every_point_comes_back_bit_by_bit_in_order(
    calls: list[tuple[dict[str, float], int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    log_dir = tmp_path_factory.mktemp("logs")
    twice = [call for call in calls for _ in range(2)]  # the second time all texts are known
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        for metrics, step, split in twice:
            store.log_metrics(metrics, step, split=split)
    nan = struct.pack("d", math.nan)  # one NaN is as good as another
    assert points(log_dir) == [
        (step, split, key, nan if math.isnan(value) else struct.pack("d", value))
        for metrics, step, split in twice
        for key, value in metrics.items()
    ]
    assert len(strict_rows(log_dir)) == sum(bool(metrics) for metrics, _, _ in twice)


class Split(enum.StrEnum):
    VAL = "val"


def test_texts_of_subclasses_and_other_numbers_are_recorded_as_what_they_are(
    store: JSONLLogStore, log_dir: Path
) -> None:
    step: Any = np.int64(3)
    metrics: dict[Any, Any] = {Split.VAL: np.float32(0.5), np.str_("a"): 1.0}
    for _ in range(2):  # the second time all texts are known
        store.log_metrics(metrics, step, split=Split.VAL)
        store.log_metrics({Split.VAL: 0.5}, 3, split=Split.VAL)
        store.log_metrics({"val": 0.5}, 3, split="val")
        store.log_metrics({Split.VAL: 0.5}, 3, split="val")
    assert [(row.step, row.split, row.metrics) for row in rows(log_dir)] == [
        (3, "val", {"val": 0.5, "a": 1.0}),
        (3, "val", {"val": 0.5}),
        (3, "val", {"val": 0.5}),
        (3, "val", {"val": 0.5}),
    ] * 2


BAD_CALLS: list[tuple[Callable[[Any], None], type[Exception], str]] = [
    (lambda s: s.log_metrics({"a": 1.0, "loss": "1.5"}, 0), TypeError, r'metrics\["loss"\]'),
    (lambda s: s.log_metrics({"loss": 10**400}, 0), OverflowError, "beyond the range of float64"),
    (lambda s: s.log_metrics({"loss": 1.0, 1: 1.0}, 0), TypeError, "a metric key must be a string"),
    (lambda s: s.log_metrics({"loss": 1.0, "": 1.0}, 0), ValueError, "must not be empty"),
    (lambda s: s.log_metrics({"\udc80": 1.0}, 0), ValueError, "surrogate code point"),
    (lambda s: s.log_metrics({"loss": 1.0}, 1.5), TypeError, "step must be an integer"),
    (lambda s: s.log_metrics({"loss": 1.0}, True), TypeError, "step must be an integer"),
    (lambda s: s.log_metrics({"loss": 1.0}, 2**63), ValueError, "int64"),
    (lambda s: s.log_metrics({"loss": 1.0}, 0, split=None), TypeError, "split must be a string"),
    (lambda s: s.log_metrics({"loss": 1.0}, 0, split=["a"]), TypeError, "split must be a string"),
    (lambda s: s.log_metrics({"loss": 1.0}, 0, split=""), ValueError, "split must not be empty"),
    (lambda s: s.log_metrics({}, None), TypeError, "step must be an integer"),
    (lambda s: s.log_metrics({}, 0, split=1), TypeError, "split must be a string"),
    (lambda s: s.log_metrics([("loss", 1.0)], 0), TypeError, "metrics must be a dict"),
    (lambda s: s.log_metrics({"loss": 1.0}, 0, "val"), TypeError, "positional"),
    (lambda s: s.log_metrics({"loss": 1.0}, 0, epoch=1), TypeError, "epoch"),
    (lambda s: s.log_scalar(["loss"], 1.0, 0), TypeError, "key must be a string, got \\['loss'\\]"),
    (lambda s: s.log_scalar("loss", None, 0), TypeError, r'metrics\["loss"\] must be a number'),
    (lambda s: s.log_artifact("", "p"), ValueError, "an artifact's name must not be empty"),
    (lambda s: s.log_artifact("a", 1), TypeError, "path must be a string or a path object"),
    (
        lambda s: s.log_artifact("a", "p", kind=None),
        TypeError,
        "an artifact's kind must be a string",
    ),
    (lambda s: s.log_artifact("a", "p", "model"), TypeError, "positional"),
    (lambda s: s.log_hyperparams({"a": {"b": object()}}), TypeError, r'params\["a"\]\["b"\]'),
    (lambda s: s.log_hyperparams([]), TypeError, "params must be a dict"),
]


@pytest.mark.parametrize(("call", "error", "problem"), BAD_CALLS)
def test_a_bad_argument_is_named_and_nothing_is_recorded(
    call: Callable[[Any], None],
    error: type[Exception],
    problem: str,
    store: JSONLLogStore,
    log_dir: Path,
) -> None:
    store.log_metrics({"loss": 1.0, "a": 2.0}, 0)
    store.log_hyperparams({"lr": 0.1})
    store.log_artifact("first", "p")
    before = {path: path.read_bytes() for path in log_dir.iterdir()}
    with pytest.raises(error, match=problem):
        call(store)
    assert {path: path.read_bytes() for path in log_dir.iterdir()} == before
    store.log_metrics({"loss": 2.0}, 1)
    assert [row.step for row in rows(log_dir)] == [0, 1]


def test_an_empty_dict_writes_no_row(store: JSONLLogStore, log_dir: Path) -> None:
    store.log_metrics({}, 0)
    assert (log_dir / "metrics.jsonl").read_bytes() == b""
    assert rows(log_dir) == []


def test_arguments_are_not_changed_and_not_kept(store: JSONLLogStore, log_dir: Path) -> None:
    value = np.float32(0.5)
    metrics: dict[str, Any] = {"loss": value}
    params: dict[str, Any] = {"layers": (64, [32])}
    store.log_metrics(metrics, 0)
    store.log_hyperparams(params)
    assert metrics == {"loss": value}
    assert metrics["loss"] is value
    assert params == {"layers": (64, [32])}
    metrics["loss"] = 7
    params["layers"][1].append(16)
    store.log_hyperparams({"lr": 1})
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert log.metrics[0].metrics == {"loss": 0.5}
    assert log.hyperparams == {"layers": [64, [32]], "lr": 1}


def test_a_program_that_makes_up_keys_does_not_fill_the_memory(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evsys_sdk.log_stores._checked_strings._MOST_CHARACTERS", 2000)
    for step in range(50):
        long = "long" * (step % 10 * 100)
        store.log_metrics({f"key {step} {long}": 1.0}, step)
        assert sum(map(len, vars(store)["_checked_strings"])) <= 2000
    assert [row.step for row in rows(log_dir)] == [*range(50)]


# Life


WRITES: list[Callable[[JSONLLogStore], None]] = [
    lambda store: store.log_scalar("loss", 1.0, 0),
    lambda store: store.log_metrics({"loss": 1.0}, 0),
    lambda store: store.log_metrics({}, 0),
    lambda store: store.log_hyperparams({"lr": 0.1}),
    lambda store: store.log_hyperparams({}),
    lambda store: store.log_artifact("a", "b"),
]


@pytest.mark.parametrize("write", WRITES)
def test_a_write_after_close_raises_and_records_nothing(
    write: Callable[[JSONLLogStore], None], log_dir: Path
) -> None:
    store = JSONLLogStore(log_dir=log_dir)
    store.log_metrics({"loss": 1.0}, 0)
    store.close()
    with pytest.raises(LogStoreClosedError, match=r"jsonl: log_\w+\(\) was called after close"):
        write(store)
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert (len(log.metrics), log.hyperparams, log.artifacts) == (1, {}, [])


def test_the_error_after_close_names_the_method(log_dir: Path) -> None:
    store = JSONLLogStore(log_dir=log_dir)
    store.close()
    for write, method in zip(
        WRITES, ["log_scalar", *["log_metrics"] * 2, *["log_hyperparams"] * 2, "log_artifact"],
        strict=True,
    ):  # fmt: skip
        with pytest.raises(LogStoreClosedError, match=rf"{method}\(\) was called"):
            write(store)


def test_closing_again_or_without_a_write_succeeds(log_dir: Path) -> None:
    store = JSONLLogStore(log_dir=log_dir)
    store.close()
    store.close()
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert (log.metrics, log.hyperparams, log.artifacts) == ([], {}, [])


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def test_close_releases_every_descriptor(tmp_path: Path) -> None:
    kept = [JSONLLogStore(log_dir=tmp_path / "warm-up")]
    kept[0].close()
    before = open_descriptors()
    for number in range(10):
        store = JSONLLogStore(log_dir=tmp_path / str(number))
        for write in WRITES:
            write(store)
        store.close()
        kept.append(store)
    assert open_descriptors() == before


def test_a_store_that_is_dropped_releases_its_descriptor(log_dir: Path) -> None:
    before = open_descriptors()
    store = JSONLLogStore(log_dir=log_dir)
    assert open_descriptors() > before
    del store
    gc.collect()
    assert open_descriptors() == before


def test_a_store_that_fails_to_open_keeps_no_descriptor(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_dir.mkdir()
    (log_dir / "metrics.jsonl").write_text('{"ts":1')
    before = open_descriptors()

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "ftruncate", fail)
        with pytest.raises(OSError, match=r"Input/output error: '.*metrics\.jsonl'"):
            JSONLLogStore(log_dir=log_dir)
    assert open_descriptors() == before


def test_a_second_store_continues_the_log(log_dir: Path) -> None:
    for run in range(3):
        with closing(JSONLLogStore(log_dir=log_dir)) as store:
            store.log_scalar("loss", run, run)
            store.log_hyperparams({"shared": run, f"run {run}": True})
            store.log_artifact("model", f"{run}.pt")
    JSONLLogStore(log_dir=log_dir).close()
    log = JSONLLogStore.read_run(log_dir=log_dir)
    assert [row.step for row in log.metrics] == [0, 1, 2]
    assert log.hyperparams == {"shared": 2, "run 0": True, "run 1": True, "run 2": True}
    assert [artifact.path for artifact in log.artifacts] == ["0.pt", "1.pt", "2.pt"]


def test_two_stores_in_one_directory_share_nothing_but_the_log(log_dir: Path) -> None:
    one, other = JSONLLogStore(log_dir=log_dir), JSONLLogStore(log_dir=log_dir)
    one.log_scalar("loss", 1.0, 0)
    other.log_scalar("loss", 1.0, 1)
    one.close()
    other.log_scalar("loss", 1.0, 2)
    other.log_artifact("a", "b")
    other.close()
    assert [row.step for row in rows(log_dir)] == [0, 1, 2]


def test_opening_a_large_log_reads_a_few_bytes_only(log_dir: Path) -> None:
    log_dir.mkdir()
    with open(log_dir / "metrics.jsonl", "wb") as file:
        file.truncate(2**34)  # a sparse file; only its end is written
        file.seek(0, os.SEEK_END)
        file.write(b'\n{"ts":1.5,"step":1,"split":"train","metrics":{"loss":0.5}}\n{"ts":2.5,"st')
    read = 0
    pread = os.pread

    def counting_pread(descriptor: int, size: int, offset: int) -> bytes:
        nonlocal read
        read += size
        return pread(descriptor, size, offset)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "pread", counting_pread)
        JSONLLogStore(log_dir=log_dir).close()
    assert read < 200_000
    assert (log_dir / "metrics.jsonl").stat().st_size == 2**34 + 60


def unpickled(store: JSONLLogStore) -> JSONLLogStore:
    other: JSONLLogStore = pickle.loads(pickle.dumps(store))
    return other


@pytest.mark.parametrize("duplicate", [unpickled, copy.copy, copy.deepcopy])
def test_a_pickled_or_copied_store_is_another_one_at_the_same_place(
    duplicate: Callable[[JSONLLogStore], JSONLLogStore], store: JSONLLogStore, log_dir: Path
) -> None:
    other = duplicate(store)
    assert repr(other) == repr(store) == f"JSONLLogStore(log_dir={str(log_dir)!r})"
    store.log_scalar("loss", 1.0, 0)
    other.log_scalar("loss", 1.0, 1)
    other.close()
    store.log_scalar("loss", 1.0, 2)
    assert [row.step for row in rows(log_dir)] == [0, 1, 2]


def test_a_closed_store_is_not_pickled(store: JSONLLogStore) -> None:
    store.close()
    with pytest.raises(TypeError, match=r"JSONLLogStore\(.*\) is closed, so there is nothing to"):
        pickle.dumps(store)

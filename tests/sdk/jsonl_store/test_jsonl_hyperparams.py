"""The file of hyperparameters: merged, replaced at once, never damaged."""

import codecs
import errno
import json
import math
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evsys_sdk import DamagedLogError
from evsys_sdk.log_stores.jsonl import JSONLLogStore


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def store(log_dir: Path) -> Iterator[JSONLLogStore]:
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        yield store


def read(log_dir: Path) -> dict[str, Any]:
    return JSONLLogStore.read_run(log_dir=log_dir).hyperparams


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def test_the_file_is_one_pretty_printed_object(store: JSONLLogStore, log_dir: Path) -> None:
    store.log_hyperparams({"lr": 0.001, "model": {"layers": (64, 32)}, "name": "ü"})
    assert (log_dir / "hyperparams.json").read_text("utf-8") == (
        '{\n  "lr": 0.001,\n  "model": {\n    "layers": [\n      64,\n      32\n    ]\n  },\n'
        '  "name": "ü"\n}\n'
    )


def test_a_later_value_replaces_an_earlier_one_whole(store: JSONLLogStore, log_dir: Path) -> None:
    store.log_hyperparams({"lr": 0.1, "model": {"layers": 3, "width": 8}, "seed": 1})
    store.log_hyperparams({"model": {"layers": 4}, "lr": None})
    store.log_hyperparams({})
    assert read(log_dir) == {"lr": None, "model": {"layers": 4}, "seed": 1}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls=st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=4), max_size=3))
def test_every_json_value_comes_back_equal_and_of_its_type(calls: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log_dir = Path(directory)
        union: dict[str, Any] = {}
        with closing(JSONLLogStore(log_dir=log_dir)) as store:
            for params in calls:
                store.log_hyperparams(params)
                union.update(params)
        # The repr tells 1, 1.0 and True apart, and 0.0 and -0.0.
        assert repr(read(log_dir)) == repr(union)
        if calls:
            text = (log_dir / "hyperparams.json").read_text("utf-8")
            assert repr(json.loads(text, parse_constant=refuse)) == repr(union)


def test_ints_of_4300_digits_and_a_hundred_levels_come_back(
    store: JSONLLogStore, log_dir: Path
) -> None:
    deep: Any = 10**4300 - 1
    for level in range(100):
        deep = {"d": deep} if level % 2 else [deep]
    store.log_hyperparams({"deep": deep})
    store.log_hyperparams({"more": -(10**4300 - 1)})
    assert read(log_dir) == {"deep": deep, "more": -(10**4300 - 1)}


def test_values_that_are_not_finite_stand_as_text(store: JSONLLogStore, log_dir: Path) -> None:
    store.log_hyperparams({"clip": math.inf, "inner": [math.nan, {"low": -math.inf}]})
    text = (log_dir / "hyperparams.json").read_text("utf-8")
    expected = {"clip": "Infinity", "inner": ["NaN", {"low": "-Infinity"}]}
    assert json.loads(text, parse_constant=refuse) == expected
    assert read(log_dir) == expected


def test_hyperparameters_are_independent_of_metrics(store: JSONLLogStore, log_dir: Path) -> None:
    store.log_hyperparams({"a": 1})
    store.log_scalar("loss", 1.0, 0)
    store.log_hyperparams({"b": 2})
    assert read(log_dir) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{\n  "lr": 0.0', "not a JSON object of hyperparameters: "),
        (b'{"lr": nan}', "not a JSON object of hyperparameters: Expecting value"),
        (b'{"lr": "\xff"}', "not a JSON object of hyperparameters: 'utf-8' codec can't decode"),
        (b"[1, 2]", "not a JSON object of hyperparameters: it holds a list"),
        (b"null", "not a JSON object of hyperparameters: it holds a NoneType"),
        (b"[" * 100_000, "not a JSON object of hyperparameters: it is nested too deep to be read"),
        (b"\0" * 100, "not a JSON object of hyperparameters: "),
    ],
)
def test_a_damaged_file_is_named_and_never_overwritten(
    content: bytes, problem: str, store: JSONLLogStore, log_dir: Path
) -> None:
    path = log_dir / "hyperparams.json"
    path.write_bytes(content)
    with pytest.raises(DamagedLogError, match=rf"hyperparams\.json: {problem}") as caught:
        store.log_hyperparams({"lr": 0.1})
    assert str(path) in str(caught.value)
    assert "Repair it, or move it away to start a new one" in str(caught.value)
    with pytest.raises(DamagedLogError, match=problem):
        read(log_dir)
    assert path.read_bytes() == content
    store.log_scalar("loss", 1.0, 0)
    path.unlink()
    store.log_hyperparams({"lr": 0.1})
    assert read(log_dir) == {"lr": 0.1}


@pytest.mark.parametrize("content", [b"", b" \r\n\t\n", codecs.BOM_UTF8, codecs.BOM_UTF8 + b"\n"])
def test_an_empty_file_has_no_hyperparameters(
    content: bytes, store: JSONLLogStore, log_dir: Path
) -> None:
    (log_dir / "hyperparams.json").write_bytes(content)
    assert read(log_dir) == {}
    store.log_hyperparams({"lr": 0.1})
    assert read(log_dir) == {"lr": 0.1}


def test_a_byte_order_mark_is_skipped_and_kept(store: JSONLLogStore, log_dir: Path) -> None:
    path = log_dir / "hyperparams.json"
    path.write_text('{"lr": 1}', "utf-8-sig")
    assert read(log_dir) == {"lr": 1}
    store.log_hyperparams({"layers": 2})
    assert read(log_dir) == {"lr": 1, "layers": 2}
    assert path.read_bytes().startswith(codecs.BOM_UTF8 + b"{")


def test_bare_words_for_numbers_that_are_not_finite_are_read(
    store: JSONLLogStore, log_dir: Path
) -> None:
    """Python's json writes them so."""
    (log_dir / "hyperparams.json").write_text('{"a": NaN, "b": [-Infinity]}')
    assert repr(read(log_dir)) == repr({"a": math.nan, "b": [-math.inf]})
    store.log_hyperparams({"lr": 1})
    assert read(log_dir) == {"a": "NaN", "b": ["-Infinity"], "lr": 1}


def test_a_file_edited_by_hand_is_merged_with(store: JSONLLogStore, log_dir: Path) -> None:
    (log_dir / "hyperparams.json").write_text('{"by hand": [1, 2.50],\r\n "lr": 1}\n')
    store.log_hyperparams({"lr": 2})
    assert read(log_dir) == {"by hand": [1, 2.5], "lr": 2}


def test_the_file_is_never_seen_half_written(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.log_hyperparams({"lr": 1})
    fsync = os.fsync
    seen: list[dict[str, Any]] = []

    def look_before_fsync(descriptor: int) -> None:
        seen.append(read(log_dir))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look_before_fsync)
    store.log_hyperparams({"lr": 2})
    assert seen == [{"lr": 1}, {"lr": 2}], "the content reaches the disk, and then its name"
    assert read(log_dir) == {"lr": 2}


def test_what_a_killed_process_left_is_used_again(store: JSONLLogStore, log_dir: Path) -> None:
    (log_dir / "hyperparams.json.tmp").write_text("half a fi" * 1000)
    store.log_hyperparams({"lr": 1})
    assert read(log_dir) == {"lr": 1}
    assert not (log_dir / "hyperparams.json.tmp").exists()


def test_a_failed_replacement_leaves_the_old_file_and_nothing_else(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.log_hyperparams({"lr": 1})
    before = {path.name for path in log_dir.iterdir()}

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match=r"No space left on device: '.*hyperparams\.json'"):
            store.log_hyperparams({"lr": 2})
    assert {path.name for path in log_dir.iterdir()} == before
    assert read(log_dir) == {"lr": 1}
    store.log_hyperparams({"lr": 3})
    assert read(log_dir) == {"lr": 3}


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_a_directory_that_cannot_be_synced_matters_only_if_the_disk_is_broken(
    number: int, store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fail_for_directories(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_directories)
    opened = len(os.listdir("/dev/fd"))
    expected = nullcontext() if number == errno.EINVAL else pytest.raises(OSError, match="hyperpar")
    with expected:
        store.log_hyperparams({"lr": 1})
    assert read(log_dir) == {"lr": 1}
    assert len(os.listdir("/dev/fd")) == opened

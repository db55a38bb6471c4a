"""The bytes of event files: packed by hand, framed, and read back, whole or damaged."""

import importlib
import io
import math
import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evsys_sdk import DamagedLogError
from evsys_sdk.log_stores._tensorboard.messages import text_event
from evsys_sdk.log_stores._tensorboard.parsing import event_parser
from evsys_sdk.log_stores._tensorboard.scalars import ScalarPacker
from evsys_sdk.log_stores._tensorboard.texts import flat_hyperparams, json_block, json_of_block
from evsys_sdk.log_stores._tensorboard.tfrecord import RecordReader, framed

# TensorBoard is untyped: its modules are loaded by name, as Any.
event_pb2: Any = importlib.import_module("tensorboard.compat.proto.event_pb2")
summary_pb2: Any = importlib.import_module("tensorboard.compat.proto.summary_pb2")
stub: Any = importlib.import_module("tensorboard.compat.tensorflow_stub.pywrap_tensorflow")

tags = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(
    ["x" * 115, "x" * 116, "x" * 127, "x" * 128, "é" * 64, "x" * 16_384, "a\0b", "loss"]
)
steps = st.integers(-(2**63), 2**63 - 1) | st.sampled_from(
    [0, 1, 127, 128, 16_383, 16_384, 2**31, 2**63 - 1, -1, -(2**63)]
)
values = st.floats() | st.sampled_from([3.4028235e38, 3.4028236e38, -3.5e38, 1e-45, 1e-46, -0.0])
times = st.floats(0, 1e11)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Every kind of text that Markdown, HTML or a fence could take for something else.
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
    | st.sampled_from(["```", "\n```\n", "<img src=x>", "&lt;", "\u2028", "\r\n", "~~~\n", "\x02"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def same(one: float, other: float) -> bool:
    return struct.pack("<d", one) == struct.pack("<d", other) or (
        math.isnan(one) and math.isnan(other)
    )


@given(st.dictionaries(tags, values, min_size=1, max_size=5), steps, times)
def test_a_packed_event_parses_to_what_the_messages_hold(
    metrics: dict[str, float], step: int, wall_time: float
) -> None:
    expected = event_pb2.Event(wall_time=wall_time, step=step)
    for tag, value in metrics.items():
        expected.summary.value.add(tag=tag, simple_value=value)

    packer = ScalarPacker()
    for packed in (packer.pack(metrics, step, wall_time) for _ in range(2)):  # built, and cached
        assert packed is not None
        event = event_pb2.Event.FromString(packed)
        assert event.wall_time == wall_time
        assert event.step == step
        assert [each.tag for each in event.summary.value] == list(metrics)
        for ours, theirs in zip(event.summary.value, expected.summary.value, strict=True):
            assert ours.WhichOneof("value") == "simple_value"
            assert same(ours.simple_value, theirs.simple_value)


@given(st.dictionaries(tags, st.floats(allow_nan=False), min_size=1, max_size=5), times)
def test_a_packed_event_is_byte_for_byte_what_protobuf_serialises(
    metrics: dict[str, float], wall_time: float
) -> None:
    message = event_pb2.Event(wall_time=wall_time or 1.0, step=7)
    for tag, value in metrics.items():
        message.summary.value.add(tag=tag, simple_value=value)
    assert ScalarPacker().pack(metrics, 7, wall_time or 1.0) == message.SerializeToString()


def packed_scalars(packer: ScalarPacker, metrics: dict[str, float]) -> dict[str, float]:
    packed = packer.pack(metrics, 1, 1.0)
    assert packed is not None
    return event_parser()(packed).scalars


def test_an_empty_dict_is_not_packed() -> None:
    assert ScalarPacker().pack({}, 1, 1.0) is None


def test_values_beyond_float32_become_infinite_and_spoil_no_other() -> None:
    metrics = {"a": 1e300, "b": 0.5, "c": -1e300, "d": math.nan}
    a, b, c, d = packed_scalars(ScalarPacker(), metrics).values()
    assert (a, b, c) == (math.inf, 0.5, -math.inf)
    assert math.isnan(d)


@pytest.mark.parametrize("width", [1, 20, 2_000, 10_000])
def test_tags_that_never_repeat_do_not_fill_the_memory(width: int) -> None:
    packer = ScalarPacker()
    tracemalloc.start()
    try:
        for call in range(10_000 // width + 2):
            packer.pack({f"{call}/{tag}": 1.0 for tag in range(width)}, call, 1.0)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 3_000_000


def test_a_tag_too_large_for_the_cache_is_packed_all_the_same() -> None:
    packer = ScalarPacker()
    metrics = {"x" * 2**22: 0.5}
    for _ in range(2):
        assert packed_scalars(packer, metrics) == metrics


@given(st.binary(max_size=300))
def test_a_record_is_framed_as_tensorboard_frames_it(payload: bytes) -> None:
    written = io.BytesIO()
    writer = importlib.import_module("tensorboard.summary.writer.record_writer").RecordWriter
    writer(written).write(payload)
    assert framed(payload) == written.getvalue()


def read(path: Path) -> list[bytes]:
    with open(path, "rb") as file:
        return list(RecordReader(file, str(path)))


def cut_tails() -> list[tuple[str, bytes]]:
    last = framed(b"the last one")
    cuts = [(f"cut at {size}", last[:size]) for size in range(len(last))]
    unwritten = [
        (f"zeros from {size}", last[:size].ljust(4_096, b"\0")) for size in range(len(last))
    ]
    page = framed(b"x" * 5_000)[:4_084].ljust(5_016, b"\0")
    return [*cuts, *unwritten, ("zeros from the page's end", page), ("only zeros", bytes(9_000))]


@pytest.mark.parametrize("tail", [tail for _, tail in cut_tails()], ids=[n for n, _ in cut_tails()])
def test_a_torn_last_record_is_passed_over(tail: bytes, tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(framed(b"one") + framed(b"") + tail)
    assert read(path) == [b"one", b""]


def test_a_record_that_claims_to_be_huge_is_not_read_into_memory(tmp_path: Path) -> None:
    length = struct.pack("<Q", 2**60)
    path = tmp_path / "events"
    path.write_bytes(framed(b"one") + length + struct.pack("<I", stub.masked_crc32c(length)) + b"x")
    assert read(path) == [b"one"]


@pytest.mark.parametrize("place", range(19))
def test_a_flipped_bit_before_the_last_record_names_the_file_and_the_byte(
    place: int, tmp_path: Path
) -> None:
    damaged = bytearray(framed(b"one") + framed(b"two") + framed(b"three"))
    damaged[19 + place] ^= 0x10
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(damaged)
    with pytest.raises(DamagedLogError, match=r"events\.out\.tfevents\.1 is damaged at byte 19: "):
        read(path)


def test_what_follows_a_run_of_zeros_is_damage_and_no_torn_record(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(framed(b"one") + bytes(2 << 20) + framed(b"two"))
    with pytest.raises(DamagedLogError, match=r"is damaged at byte 19: .* The 19 bytes before it"):
        read(path)


def test_a_file_that_grows_while_it_is_read_ends_where_it_ended_at_first(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(framed(b"one") + framed(b"two"))
    with open(path, "rb") as file:
        records = iter(RecordReader(file, str(path)))
        assert next(records) == b"one"
        with open(path, "ab") as more:
            more.write(framed(b"three"))
        assert list(records) == [b"two"]


@given(st.dictionaries(st.text(max_size=9), json_values))
def test_a_json_block_reads_back_from_its_event_whatever_markup_it_holds(
    value: dict[str, Any],
) -> None:
    event = event_parser()(text_event("tag", json_block(value), -5, 12.5))
    assert (event.step, event.wall_time, event.scalars) == (-5, 12.5, {})
    assert json_of_block(event.texts["tag"]) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lr = 0.1",
        "```json\n{}",
        "```json\n[1]\n```",
        "```json\n{\n```",
        "```json\n" + "[" * 100_000 + "\n```",
    ],
    ids=["empty", "prose", "no end", "a list", "no json", "too deep"],
)
def test_the_text_of_another_writer_is_not_a_block(text: str) -> None:
    assert json_of_block(text) is None


def test_hyperparameters_become_columns_of_the_types_that_the_tab_has() -> None:
    params: dict[str, Any] = {
        "flag": True,
        "lr": 1e-3,
        "layers": 3,
        "opt": "adam",
        "none": None,
        "list": [1, "a"],
        "nan": math.nan,
        "inf": -math.inf,
        "huge": 10**400,
        "empty": {},
        "model": {"width": 8, "head": {"bias": False}},
    }
    flat = flat_hyperparams(params)
    assert flat == {
        "flag": True,
        "lr": 1e-3,
        "layers": 3.0,
        "opt": "adam",
        "none": "None",
        "list": "[1, 'a']",
        "nan": "nan",
        "inf": "-inf",
        "huge": "1" + "0" * 400,
        "empty": "{}",
        "model.width": 8.0,
        "model.head.bias": False,
    }
    assert flat["flag"] is True


def test_an_event_of_another_writer_gives_its_scalars_and_nothing_else() -> None:
    message = event_pb2.Event(wall_time=1.0, step=2)
    message.summary.value.add(tag="loss", simple_value=0.5)
    message.summary.value.add(tag="image", image=summary_pb2.Summary.Image(height=1))
    message.summary.value.add(tag="tensor").tensor.float_val.append(1.0)
    event = event_parser()(message.SerializeToString())
    assert (event.scalars, event.texts) == ({"loss": 0.5}, {})


def test_bytes_that_are_not_an_event_are_a_value_error() -> None:
    with pytest.raises(ValueError, match=r".+"):
        event_parser()(b"\xff" * 9)


def test_the_reader_knows_where_the_last_whole_record_ends(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(framed(b"one") + framed(b"two")[:-1])
    with open(path, "rb") as file:
        records = RecordReader(file, os.fspath(path))
        assert list(records) == [b"one"]
        assert records.offset == len(framed(b"one"))

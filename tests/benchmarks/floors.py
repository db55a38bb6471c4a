"""The floors: the least work that leaves what a store leaves, with no checks and no promises.

A floor fails if a number is not a float, a key has a quote, the disk is full or the file is closed.
A store promises to handle these; its cost above the floor is the price.
"""

import importlib
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.peers.readers import read_event_files, read_json_lines
from benchmarks.subject import Log, Opened, Subject

__all__ = ["HAND_PACKED", "ORJSON", "PREBUILT", "SUBJECTS"]


def _descriptor(directory: Path, name: str) -> int:
    return os.open(directory / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def _open_orjson(directory: Path) -> Opened:
    orjson = importlib.import_module("orjson")
    descriptor = _descriptor(directory, "metrics.jsonl")
    write, dumps, newline, now = os.write, orjson.dumps, orjson.OPT_APPEND_NEWLINE, time.time

    def log(metrics: dict[str, float], step: int) -> None:
        row = {"ts": now(), "step": step, "split": "train", "metrics": metrics}
        write(descriptor, dumps(row, None, newline))

    return Opened(log, lambda: os.close(descriptor))


def _open_prebuilt(directory: Path) -> Opened:
    orjson = importlib.import_module("orjson")
    descriptor = _descriptor(directory, "metrics.jsonl")
    write = os.write
    prebuilt: dict[int, bytes] = {}

    def log(metrics: dict[str, float], step: int) -> None:
        row = prebuilt.get(len(metrics))
        if row is None:
            fields = {"ts": time.time(), "step": step, "split": "train", "metrics": metrics}
            row = prebuilt[len(metrics)] = orjson.dumps(fields) + b"\n"
        write(descriptor, row)

    return Opened(log, lambda: os.close(descriptor))


def _open_hand_packed(directory: Path) -> Opened:
    checksum: Callable[[bytes], int] = importlib.import_module("google_crc32c").value
    pack_length, pack_checksum = struct.Struct("<Q").pack, struct.Struct("<I").pack
    pack_time = struct.Struct("<Bd").pack
    write, now = os.write, time.time
    descriptor = _descriptor(directory, f"events.out.tfevents.{int(now())}.floor.{os.getpid()}.0")
    headers: dict[int, bytes] = {}
    layouts: dict[tuple[str, ...], _Layout] = {}

    def masked(data: bytes) -> bytes:
        crc = checksum(data)
        return pack_checksum(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

    def put(event: bytes) -> None:
        header = headers.get(len(event))
        if header is None:
            length = pack_length(len(event))
            header = headers[len(event)] = length + masked(length)
        write(descriptor, b"".join((header, event, masked(event))))

    def log(metrics: dict[str, float], step: int) -> None:
        tags = tuple(metrics)
        layout = layouts.get(tags)
        if layout is None:
            layout = layouts[tags] = _Layout(tags)
        layout.arguments[1::2] = metrics.values()
        begin = pack_time(0x09, now())
        put(b"".join((begin, b"\x10", _varint(step), layout.head, layout.pack(*layout.arguments))))

    put(pack_time(0x09, now()) + b"\x1a\x0dbrain.Event:2")
    return Opened(log, lambda: os.close(descriptor))


class _Layout:
    """The bytes of an event's summary that are the same for each call with these tags."""

    def __init__(self, tags: tuple[str, ...]) -> None:
        fields = ["<"]
        self.arguments: list[bytes | float] = []
        for tag in tags:
            text = tag.encode()
            value = b"\x0a" + _varint(len(text)) + text + b"\x15"
            before = b"\x0a" + _varint(len(value) + 4) + value
            fields.append(f"{len(before)}sf")
            self.arguments += (before, 0.0)
        packer = struct.Struct("".join(fields))
        self.pack = packer.pack
        self.head = b"\x2a" + _varint(packer.size)


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _open_nothing(directory: Path) -> Opened:
    del directory

    def log(metrics: dict[str, float], step: int) -> None:
        pass

    return Opened(log, lambda: None)


ORJSON = Subject(
    name="floor: orjson and one os.write",
    group="floor",
    open=_open_orjson,
    read=read_json_lines,
    distributions=("orjson",),
)
PREBUILT = Subject(
    name="floor: one os.write of a prebuilt row",
    group="floor",
    open=_open_prebuilt,
    read=read_json_lines,
    distributions=("orjson",),
)
HAND_PACKED = Subject(
    name="floor: hand-packed event, C CRC, one os.write",
    group="floor",
    open=_open_hand_packed,
    read=read_event_files,
    distributions=("google-crc32c",),
)
SUBJECTS = (ORJSON, PREBUILT, HAND_PACKED)


def clock_microseconds() -> float:
    """What timing a call that does nothing takes: contained in each figure."""
    from benchmarks.timing import quantile, rows_of, timed

    log: Log = _open_nothing(Path()).log
    return quantile(timed(log, rows_of(1), range(20_000)), 0.5)

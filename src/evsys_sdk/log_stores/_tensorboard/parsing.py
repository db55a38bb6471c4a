"""Events of any writer: from the bytes of a record to scalars, texts and hyperparameters.

Scalars are written in two forms. torch, tensorboardX and the store write them as ``simple_value``,
TensorFlow and Keras as tensors of the plugin ``scalars``.

Nearly every event of ``SummaryWriter`` holds one ``simple_value``. All such events with one tag
have the same bytes, but for the time, the step and the value: when these bytes come again, they are
recognised, and only those three are decoded.
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from evsys_sdk.log_stores._tensorboard.optional_imports import load_module

__all__ = ["TEXT_SUFFIX", "Event", "event_parser"]

TEXT_SUFFIX = "/text_summary"
"""The suffix that ``SummaryWriter.add_text`` appends to a tag."""

_SESSION_START = "_hparams_/session_start_info"
_KINDS = {
    "image": "images",
    "images": "images",
    "histo": "histograms",
    "histograms": "histograms",
    "scalars": "tensors",  # of more than one number
    "audio": "audio clips",
    "graph_def": "graphs",
    "graph_keras_model": "graphs",
    "meta_graph_def": "graphs",
    "tagged_run_metadata": "profiles",
    "log_message": "messages",
}
"""What a value or an event is called, by its field or by its plugin."""
_START = 1
"""The status of a session that begins, in its log."""
_MOST_LAYOUTS = 10_000

_unpack_time = struct.Struct("<d").unpack_from
_unpack_value = struct.Struct("<f").unpack_from
_WALL_TIME, _STEP, _SUMMARY, _VALUE, _TAG, _SIMPLE_VALUE = (
    0x09,
    0x10,
    b"\x2a",
    b"\x0a",
    b"\x0a",
    b"\x15",
)
_STEP_AT = 9


class Event(NamedTuple):
    """The parts of one event that have a place in a log."""

    wall_time: float
    step: int
    scalars: dict[str, float]
    texts: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    """Text per tag, under the tag that ``text_event`` was given."""
    hyperparams: dict[str, Any] = {}  # noqa: RUF012
    """Those of a row of the HParams tab."""
    others: tuple[str, ...] = ()
    """What else it holds: for each part, the name of its kind, in the plural."""
    restarts: bool = False
    """Whether a writer begins at its step again, and the events from there on are void."""


def event_parser() -> Callable[[bytes], Event]:
    """A function from a record's payload to its event, for the records of one file.

    It raises ValueError for bytes that are not an event.
    """
    parse = _Parser()
    tags: dict[bytes, str] = {}
    last_step, last_step_bytes = 0, b"\0"

    def parsed(payload: bytes) -> Event:
        nonlocal last_step, last_step_bytes
        # The usual event: time, step, and one value with a known tag.
        if len(payload) > _STEP_AT and payload[0] == _WALL_TIME and payload[_STEP_AT] == _STEP:
            end = _STEP_AT + 2
            while end < len(payload) and payload[end - 1] >= 0x80:
                end += 1
            tag = tags.get(payload[end:-4])
            if tag is not None:
                step_bytes = payload[_STEP_AT + 1 : end]
                if step_bytes != last_step_bytes:
                    last_step, last_step_bytes = _step(step_bytes), step_bytes
                (wall_time,) = _unpack_time(payload, 1)
                (value,) = _unpack_value(payload, len(payload) - 4)
                return Event(wall_time, last_step, {tag: value})
            event = parse(payload)
            if len(event.scalars) == 1 and len(tags) < _MOST_LAYOUTS:
                (tag,) = event.scalars
                if payload[end:-4] == _layout(tag):
                    tags[payload[end:-4]] = tag
            return event
        return parse(payload)

    return parsed


def _layout(tag: str) -> bytes:
    """The bytes between the step and the value of an event with one ``simple_value``."""
    name = tag.encode()
    head = _TAG + _varint(len(name)) + name + _SIMPLE_VALUE
    value = _VALUE + _varint(len(head) + 4) + head
    return _SUMMARY + _varint(len(value) + 4) + value


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _step(varint: bytes) -> int:
    number = 0
    for place, byte in enumerate(varint):
        number |= (byte & 0x7F) << 7 * place
    number &= 2**64 - 1
    return number - 2**64 if number >= 2**63 else number


class _Parser:
    """Parses any event with TensorBoard's own messages."""

    def __init__(self) -> None:
        self._parse = load_module("tensorboard.compat.proto.event_pb2").Event.FromString
        self._error: type[Exception] = load_module("google.protobuf.message").DecodeError
        self._plugins: dict[str, str] = {}
        """By tag: its first value names the plugin, later ones need not."""

    def __call__(self, payload: bytes) -> Event:
        try:
            message = self._parse(payload)
        except self._error as error:
            raise ValueError(str(error)) from error
        scalars: dict[str, float] = {}
        texts: dict[str, str] = {}
        hyperparams: dict[str, Any] = {}
        what = message.WhichOneof("what")
        others: list[str] = [_KINDS[what]] if what in _KINDS else []
        for value in message.summary.value:
            kind = value.WhichOneof("value")
            if kind == "simple_value":
                scalars[value.tag] = value.simple_value
                continue
            plugin = value.metadata.plugin_data.plugin_name
            plugin = (
                self._plugins.setdefault(value.tag, plugin)
                if plugin
                else self._plugins.get(value.tag, "")
            )
            number = (
                _number(value.tensor) if kind == "tensor" and plugin in {"scalars", ""} else None
            )
            if number is not None:
                scalars[value.tag] = number
            elif plugin == "text":
                text = b"".join(value.tensor.string_val).decode(errors="replace")
                texts[value.tag.removesuffix(TEXT_SUFFIX)] = text
            elif plugin == "hparams":
                if value.tag == _SESSION_START:
                    hyperparams |= _hyperparams(value.metadata.plugin_data.content)
            else:
                of_plugin = f"values of the plugin {plugin}" if plugin else "tensors"
                others.append(_KINDS.get(plugin or kind or "", of_plugin))
        restarts = what == "session_log" and message.session_log.status == _START
        return Event(
            message.wall_time, message.step, scalars, texts, hyperparams, tuple(others), restarts
        )


def _number(tensor: Any) -> float | None:
    """The number that the tensor holds; None if it is not one number."""
    if tensor.tensor_shape.dim or tensor.tensor_shape.unknown_rank:
        return None
    if len(tensor.float_val) == 1:
        return None if tensor.dtype != _DT_FLOAT else float(tensor.float_val[0])
    try:
        array = load_module("tensorboard.util.tensor_util").make_ndarray(tensor)
        return float(array) if array.dtype.kind in "fiub" else None
    except (TypeError, ValueError, KeyError, OverflowError):
        return None


_DT_FLOAT = 1


def _hyperparams(content: bytes) -> dict[str, Any]:
    """The hyperparameters in the data of the HParams plugin; numbers are floats there."""
    plugin_data_pb2 = load_module("tensorboard.plugins.hparams.plugin_data_pb2")
    try:
        data = plugin_data_pb2.HParamsPluginData.FromString(content)
    except load_module("google.protobuf.message").DecodeError:
        return {}
    values = data.session_start_info.hparams
    # The order of a protocol buffer's map means nothing, and differs between programs.
    return {
        key: getattr(values[key], values[key].WhichOneof("kind") or "", None)
        for key in sorted(values)
    }

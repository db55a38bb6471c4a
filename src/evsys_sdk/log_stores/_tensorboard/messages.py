"""All events other than scalars, built with TensorBoard's own messages.

TensorFlow is not needed, and never imported: the modules loaded here don't touch it. The messages
are loaded with the first file, the HParams plugin, which brings NumPy, with the first
hyperparameters.
"""

from typing import Any

from evsys_sdk.log_stores._tensorboard.optional_imports import load_module
from evsys_sdk.log_stores._tensorboard.parsing import TEXT_SUFFIX

__all__ = [
    "session_end_event",
    "session_start_event",
    "text_event",
    "version_event",
]


def version_event(wall_time: float) -> bytes:
    """The event that every event file begins with."""
    event_pb2 = load_module("tensorboard.compat.proto.event_pb2")
    return _serialized(
        wall_time,
        file_version="brain.Event:2",
        source_metadata=event_pb2.SourceMetadata(writer="evsys_sdk.log_stores.tensorboard"),
    )


def text_event(tag: str, text: str, step: int, wall_time: float) -> bytes:
    """An entry of the Text tab, as ``SummaryWriter.add_text(tag, text, step)`` would write it."""
    summary_pb2 = load_module("tensorboard.compat.proto.summary_pb2")
    tensor_pb2 = load_module("tensorboard.compat.proto.tensor_pb2")
    shape_pb2 = load_module("tensorboard.compat.proto.tensor_shape_pb2")
    text_pb2 = load_module("tensorboard.plugins.text.plugin_data_pb2")
    value = summary_pb2.Summary.Value(
        tag=tag + TEXT_SUFFIX,
        metadata=summary_pb2.SummaryMetadata(
            plugin_data=summary_pb2.SummaryMetadata.PluginData(
                plugin_name="text", content=text_pb2.TextPluginData(version=0).SerializeToString()
            )
        ),
        tensor=tensor_pb2.TensorProto(
            dtype="DT_STRING",
            string_val=[text.encode()],
            tensor_shape=shape_pb2.TensorShapeProto(dim=[shape_pb2.TensorShapeProto.Dim(size=1)]),
        ),
    )
    return _serialized(wall_time, step=step, summary=summary_pb2.Summary(value=[value]))


def session_start_event(
    hyperparams: dict[str, bool | float | str], trial: str, wall_time: float
) -> bytes:
    """The events that fill a row of the HParams tab.

    The experiment's summary is left out on purpose: TensorBoard takes the first one that it finds,
    and hyperparameters that only other runs have would then never show.

    Args:
        hyperparams: Value per name.
        trial: Name of the row. Runs of one trial share a row.
        wall_time: When the session started, in seconds since the Unix epoch.
    """
    summary_v2 = load_module("tensorboard.plugins.hparams.summary_v2")
    summary = summary_v2.hparams_pb(hyperparams, trial_id=trial, start_time_secs=wall_time)
    return _serialized(wall_time, summary=summary)


def session_end_event(wall_time: float, *, failed: bool) -> bytes:
    """The status that the HParams tab shows for a run that ended."""
    api_pb2 = load_module("tensorboard.plugins.hparams.api_pb2")
    metadata = load_module("tensorboard.plugins.hparams.metadata")
    plugin_data_pb2 = load_module("tensorboard.plugins.hparams.plugin_data_pb2")
    summary_pb2 = load_module("tensorboard.compat.proto.summary_pb2")
    status = api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS
    content = plugin_data_pb2.HParamsPluginData(
        session_end_info=plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=wall_time)
    )
    value = summary_pb2.Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(content),
        tensor=metadata.NULL_TENSOR,
    )
    return _serialized(wall_time, summary=summary_pb2.Summary(value=[value]))


def _serialized(wall_time: float, **fields: Any) -> bytes:
    event = load_module("tensorboard.compat.proto.event_pb2").Event(wall_time=wall_time, **fields)
    serialized: bytes = event.SerializeToString()
    return serialized

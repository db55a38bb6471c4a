"""Event files as other writers make them, by TensorBoard's own messages and writers."""

import importlib
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def loaded(module: str) -> Any:
    """A module of TensorBoard: untyped, and with warnings of its vendored packages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(module)


def simple_event(step: int, wall_time: float = 1.5, /, **scalars: float) -> Any:
    """An event of scalars as torch and tensorboardX write them."""
    event = loaded("tensorboard.compat.proto.event_pb2").Event(wall_time=wall_time, step=step)
    for tag, value in scalars.items():
        event.summary.value.add(tag=tag, simple_value=value)
    return event


def tensor_event(step: int, tag: str, value: object) -> Any:
    """An event of a scalar as TensorFlow and Keras write it."""
    summary = loaded("tensorboard.plugins.scalar.summary_v2").scalar_pb(tag, value)
    event = loaded("tensorboard.compat.proto.event_pb2").Event(wall_time=2.5, step=step)
    event.summary.CopyFrom(summary)
    return event


def histogram_event(step: int) -> Any:
    """An event that no log has a place for."""
    event = loaded("tensorboard.compat.proto.event_pb2").Event(wall_time=1.5, step=step)
    event.summary.value.add(tag="weights").histo.num = 3
    return event


def hparams_event(params: dict[str, Any]) -> Any:
    """What ``add_hparams`` of torch writes."""
    event = loaded("tensorboard.compat.proto.event_pb2").Event(wall_time=1.5)
    event.summary.CopyFrom(loaded("tensorboard.plugins.hparams.summary_v2").hparams_pb(params))
    return event


def write_events(directory: Path, events: Iterable[Any]) -> Path:
    """Write a file with TensorBoard's writer, and return its path; its name sorts last."""
    directory.mkdir(parents=True, exist_ok=True)
    before = {*directory.iterdir()}
    module = loaded("tensorboard.summary.writer.event_file_writer")
    writer = module.EventFileWriter(str(directory))
    for event in events:
        writer.add_event(event)
    writer.close()
    [path] = {*directory.iterdir()} - before
    return path.rename(directory / f"events.out.tfevents.{len(before):010}.host")

"""Reads event files as TensorBoard does."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from evsys_sdk import MetricRow

_accumulator = import_module("tensorboard.backend.event_processing.event_accumulator")


def do_without_tensorflow() -> None:
    """Keep TensorBoard from importing TensorFlow, which clu needs and which takes many seconds."""
    # TensorBoard looks for this module.
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("notf"))


def read_scalars(directory: Path) -> list[MetricRow]:
    """All scalars below the directory, whether they are values or tensors."""
    events = _accumulator.EventAccumulator(
        str(directory), size_guidance={"scalars": 0, "tensors": 0}
    )
    events.Reload()
    tags = events.Tags()
    rows = [
        MetricRow(step=event.step, split=None, metrics={tag: event.value})
        for tag in tags["scalars"]
        for event in events.Scalars(tag)
    ]
    make_ndarray = import_module("tensorboard.util.tensor_util").make_ndarray
    return rows + [
        MetricRow(
            step=event.step, split=None, metrics={tag: float(make_ndarray(event.tensor_proto))}
        )
        for tag in tags["tensors"]
        if not tag.startswith("_hparams_")
        for event in events.Tensors(tag)
    ]

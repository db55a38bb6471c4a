"""The event files of a directory and its subdirectories: run by run, event by event."""

import os
from collections.abc import Iterator
from typing import Any

from evsys_sdk._files import open_regular_file
from evsys_sdk.log_stores._tensorboard.parsing import Event, event_parser
from evsys_sdk.log_stores._tensorboard.texts import json_of_block
from evsys_sdk.log_stores._tensorboard.tfrecord import OnDamage, RecordReader, damaged_record
from evsys_sdk.log_stores.tensorboard_runs import event_file_names, run_names
from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog

__all__ = [
    "ARTIFACT_TAG_PREFIX",
    "HYPERPARAMS_TAG",
    "Documents",
    "EventReader",
    "left_out",
    "read_event_files",
    "row_of",
]

HYPERPARAMS_TAG = "hyperparams"
ARTIFACT_TAG_PREFIX = "artifacts/"


def read_event_files(directory: str) -> RunLog:
    """Everything in the event files of a directory, file after file in the order of their names.

    The rows of the runs in its subdirectories come after its own, and name their run.

    Raises:
        FileNotFoundError: The directory does not exist.
        DamagedLogError: A file is damaged elsewhere than in a torn last record.
    """
    rows: list[MetricRow] = []
    own = Documents()
    os.stat(directory)  # which a walk would not miss
    for run in run_names(directory):
        documents = Documents() if run else own
        place = os.path.join(directory, run)
        for name in event_file_names(place):
            for event in EventReader(os.path.join(place, name)):
                if event.scalars:
                    rows.append(row_of(event, run or None))
                documents.add(event)
    return RunLog(metrics=rows, hyperparams=own.hyperparams, artifacts=own.artifacts)


class EventReader:
    """Iterates over the events of a file, up to its end or to a torn last record.

    Raises:
        DamagedLogError: While iterating, without ``on_damage``: a record is damaged.
    """

    def __init__(
        self,
        path: str,
        start: int = 0,
        stop: int | None = None,
        on_damage: OnDamage | None = None,
    ) -> None:
        """Read the events that begin in a part of the file, as :class:`RecordReader` does."""
        self._path = path
        self._on_damage = on_damage
        self._part = (start, stop)
        self.offset: int = start
        """Where the last event that was read ends."""

    def __iter__(self) -> Iterator[Event]:
        parsed = event_parser()
        with open_regular_file(self._path) as file:
            records = RecordReader(file, self._path, *self._part, self._on_damage)
            for payload in records:
                begin, self.offset = self.offset, records.offset
                try:
                    event = parsed(payload)
                except ValueError as error:
                    reason = f"the record is not a TensorBoard event ({error})"
                    damage = damaged_record(self._path, begin, reason)
                    if self._on_damage is None:
                        raise damage from error
                    self._on_damage(damage)
                else:
                    yield event
            self.offset = records.offset


def row_of(event: Event, run: str | None = None) -> MetricRow:
    """The row that the event holds. TensorBoard has no splits."""
    return MetricRow(event.step, None, event.scalars, event.wall_time, run)


def left_out(event: Event) -> list[str]:
    """Values that have no place in a log: for each, the name of its kind, in the plural."""
    if not event.texts:
        return [*event.others]
    texts = [tag for tag in event.texts if not _is_document(tag)]
    return [*event.others, *["texts"] * len(texts)]


def _is_document(tag: str) -> bool:
    return tag == HYPERPARAMS_TAG or tag.startswith(ARTIFACT_TAG_PREFIX)


class Documents:
    """The hyperparameters and artifacts in the events of a run."""

    def __init__(self) -> None:
        self.artifacts: list[ArtifactPointer] = []
        self._hyperparams: dict[str, Any] = {}
        self._tab: dict[str, Any] = {}

    @property
    def hyperparams(self) -> dict[str, Any]:
        """Those that this store wrote; else those of the HParams tab, where numbers are floats."""
        return self._hyperparams or self._tab

    def add(self, event: Event) -> None:
        """Take what the event holds of them."""
        self._tab |= event.hyperparams
        for tag, text in event.texts.items():
            if tag == HYPERPARAMS_TAG:
                self._hyperparams |= json_of_block(text) or {}
            elif tag.startswith(ARTIFACT_TAG_PREFIX):
                entry = json_of_block(text)
                # Not an entry of this store's: another writer may use the tag for its own texts.
                if entry is not None and entry.keys() == {"name", "path", "kind"}:
                    self.artifacts.append(ArtifactPointer(**entry, ts=event.wall_time))

"""A run log of all the event files in a directory."""

import os

from evsys_sdk.log_stores._tensorboard.event_file import event_file_names
from evsys_sdk.log_stores._tensorboard.messages import Event, event_parser
from evsys_sdk.log_stores._tensorboard.texts import json_of_block
from evsys_sdk.log_stores._tensorboard.tfrecord import RecordReader, damaged_record
from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog

__all__ = ["ARTIFACT_TAG_PREFIX", "HYPERPARAMS_TAG", "read_event_files"]

HYPERPARAMS_TAG = "hyperparams"
ARTIFACT_TAG_PREFIX = "artifacts/"


def read_event_files(directory: str) -> RunLog:
    """Everything in the event files of a directory, file after file in the order of their names.

    Raises:
        FileNotFoundError: There is no such directory.
        DamagedLogError: A file is damaged elsewhere than in a torn last record.
    """
    log = RunLog(metrics=[], hyperparams={}, artifacts=[])
    for name in event_file_names(directory):
        _add_file(log, os.path.join(directory, name))
    return log


def _add_file(log: RunLog, path: str) -> None:
    parsed = event_parser()
    with open(path, "rb") as file:
        records, start = RecordReader(file, path), 0
        for payload in records:
            try:
                event = parsed(payload)
            except ValueError as error:
                reason = f"the record is not a TensorBoard event ({error})"
                raise damaged_record(path, start, reason) from error
            _add(log, event)
            start = records.offset


def _add(log: RunLog, event: Event) -> None:
    if event.scalars:
        log.metrics.append(MetricRow(event.step, None, event.scalars, event.wall_time))
    for tag, text in event.texts.items():
        if tag == HYPERPARAMS_TAG:
            log.hyperparams.update(json_of_block(text) or {})
        elif tag.startswith(ARTIFACT_TAG_PREFIX):
            entry = json_of_block(text)
            # Not an entry of this store's: another writer may use the tag for its own texts.
            if entry is not None and entry.keys() == {"name", "path", "kind"}:
                log.artifacts.append(ArtifactPointer(**entry, ts=event.wall_time))

"""Event files of any writer as a source: a run of TensorBoard."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from evsys_sdk._files import open_regular_file
from evsys_sdk.errors import DamagedLogError
from evsys_sdk.log_stores.tensorboard_files import Documents, Event, EventReader, left_out, row_of
from evsys_sdk.log_stores.tensorboard_runs import event_file_names, run_names
from evsys_sdk.run_log import ArtifactPointer
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.packed import PackedRow, Packer
from evsys_sdk.sources.source import PlacedRow, Source

__all__ = ["EventFilesSource", "event_file_sources"]

_DOCUMENTS = (b"hyperparams/text_summary", b"artifacts/", b"_hparams_/session_start_info")
"""An event that holds hyperparameters or an artifact has one of them in it."""
_LONGEST = max(map(len, _DOCUMENTS))


def event_file_sources(
    name: str, directory: str, most_directories: int | None = None
) -> list["EventFilesSource"]:
    """The runs in a directory and below, told apart as TensorBoard does: by their directories."""
    sources = [
        EventFilesSource(os.path.join(name, run) if run else name, os.path.join(directory, run))
        for run in run_names(directory, most_directories)
    ]
    if sources:
        sources[0].siblings = partial(event_file_sources, name, directory, most_directories)
    return sources


class EventFilesSource(Source):
    """The event files of one directory."""

    noun = "record"
    grows = True

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path.rstrip(os.sep) or path)
        self.siblings: Callable[[], list[EventFilesSource]] = list
        """Looks for all runs of the log; one run of a log does that for the others."""
        self._forget()

    def _forget(self) -> None:
        self._documents = Documents()
        self._read: dict[str, int] = {}
        """The end of the last event in each file whose documents are known."""
        self._searched: dict[str, int] = {}
        """How far each file was searched for documents."""

    def files(self) -> list[str]:
        """The event files, in the order in which TensorBoard reads them."""
        return [os.path.join(self.path, name) for name in event_file_names(self.path)]

    def new_runs(self, known: set[str]) -> list[Source]:
        """The runs in directories that have appeared since."""
        return [each for each in self.siblings() if each.path not in known]

    def rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PlacedRow]:
        """A row for each event with scalars, with the time of the event and without a split."""
        for event in self._events(path, findings, start, stop):
            yield PlacedRow(findings.lines, findings.end, row_of(event))

    def packed_rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PackedRow]:
        """The same rows; all steps of events fit into int64."""
        shape_of = Packer().shape_of
        for event in self._events(path, findings, start, stop):
            shape = shape_of((*event.scalars,))
            yield event.step, "", shape, shape.pack(*event.scalars.values())

    def _events(
        self, path: str, findings: Findings, start: int, stop: int | None
    ) -> Iterator[Event]:
        """The events with scalars; ``findings.end`` is the end of each."""

        def damaged(error: DamagedLogError) -> None:
            error.remedy = "It is left out"
            findings.damaged_record(error)

        size = os.path.getsize(path)
        events = EventReader(path, start, stop, damaged)
        for findings.lines, event in enumerate(events, 1):
            if event.others or event.texts:
                for kind in left_out(event):
                    findings.leave_out(f"{kind} are left out: only scalars are read")
            if event.scalars:
                findings.end = events.offset
                yield event
            elif event.restarts and path != self.files()[0]:
                findings.leave_out("restarts", text=_restart(event.step))
        findings.end = events.offset
        if stop is None or stop >= size:
            findings.torn = max(0, size - events.offset)

    def hyperparams(self, notes: list[str]) -> dict[str, Any]:
        """Those that the tensorboard store wrote, or those of the HParams tab."""
        del notes
        self._search()
        return self._documents.hyperparams

    def artifacts(self, notes: list[str]) -> list[ArtifactPointer]:
        """Those that the tensorboard store wrote; other writers have no such thing."""
        del notes
        self._search()
        return self._documents.artifacts

    def _search(self) -> None:
        """Read the events with documents that are new since the last time."""
        sizes = {path: os.path.getsize(path) for path in self.files()}
        if any(self._searched[path] > sizes.get(path, 0) for path in self._searched):
            self._forget()
        for path, size in sizes.items():
            if _has_documents(path, self._searched.get(path, 0)):
                events = EventReader(path, self._read.get(path, 0), None, lambda _: None)
                for event in events:
                    self._documents.add(event)
                self._read[path] = events.offset
            self._searched[path] = max(0, size - _LONGEST)


def _restart(step: int) -> str:
    return (
        f"its writer began again at step {step:,} (purge_step). TensorBoard hides the points from "
        f"this step on that earlier files have; here they are read"
    )


def _has_documents(path: str, start: int) -> bool:
    """Whether there are some from this byte on; to search is faster than to read events."""
    with open_regular_file(path) as file:
        file.seek(start)
        end = b""
        while block := file.read(1 << 20):
            block = end + block
            if any(each in block for each in _DOCUMENTS):
                return True
            end = block[-_LONGEST:]
    return False

"""A JSONL log directory as a source."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO

from evsys_sdk._files import open_regular_file
from evsys_sdk.log_stores.jsonl_files import (
    LogFiles,
    decode_row,
    has_byte_order_mark,
    read_artifacts,
    read_hyperparams,
    rows_of,
    skip_byte_order_mark,
)
from evsys_sdk.run_log import ArtifactPointer
from evsys_sdk.sources.findings import Findings, notes_of
from evsys_sdk.sources.packed import PackedRow
from evsys_sdk.sources.source import PlacedRow, Source

__all__ = ["JSONLSource", "end_of_last_line", "lines_of"]


class JSONLSource(Source):
    """The files of one JSONL log."""

    grows = True

    def __init__(self, name: str, files: LogFiles) -> None:
        super().__init__(name, files.log_dir)
        self._files = files

    def files(self) -> list[str]:
        """The metrics file, if there is one."""
        path = self._files.metrics_path
        return [path] if os.path.exists(path) else []

    def document_files(self) -> list[str]:
        """The two other files."""
        return [self._files.hyperparams_path, self._files.artifacts_path]

    def rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PlacedRow]:
        """The rows of the metrics file."""
        decode = partial(decode_row, other_fields=findings.other_fields)
        with lines_of(path, findings, start, stop) as lines:
            for number, row in rows_of(lines, decode, findings.damage, findings.tear):
                yield PlacedRow(number, findings.end, row)

    def packed_rows(
        self, path: str, findings: Findings, start: int = 0, stop: int | None = None
    ) -> Iterator[PackedRow]:
        """The rows of the metrics file, decoded without a dict per line."""
        from evsys_sdk.sources.jsonl_decoder import PackedRowDecoder  # needs msgspec

        decode = PackedRowDecoder(findings.other_fields).decode
        with lines_of(path, findings, start, stop) as lines:
            for _, row in rows_of(lines, decode, findings.damage, findings.tear):
                yield row

    def complete(self, path: str, start: int, size: int) -> int:
        """The end of the last complete line."""
        return end_of_last_line(path, start, size)

    def hyperparams(self, notes: list[str]) -> dict[str, Any]:
        """The hyperparameters file."""
        path = self._files.hyperparams_path
        params = read_hyperparams(path)
        notes += notes_of([Findings(path, byte_order_mark=has_byte_order_mark(path))])
        return params

    def artifacts(self, notes: list[str]) -> list[ArtifactPointer]:
        """The artifacts file."""
        findings = Findings(self._files.artifacts_path)
        files = self._files
        pointers = read_artifacts(files.log_dir, files.artifacts_file, findings.other_fields)
        findings.byte_order_mark = has_byte_order_mark(files.artifacts_path)
        notes += notes_of([findings])
        return pointers

    def destinations(self) -> list[str]:
        """The three files."""
        return [self._files.metrics_path, *self.document_files()]


def end_of_last_line(path: str, start: int, size: int) -> int:
    """The end of the last complete line between these bytes."""
    with open_regular_file(path) as file:
        while size > start:
            begin = max(start, size - (1 << 16))
            file.seek(begin)
            place = file.read(size - begin).rfind(b"\n")
            if place >= 0:
                return begin + place + 1
            size = begin
    return start


@contextmanager
def lines_of(
    path: str, findings: Findings, start: int, stop: int | None
) -> Generator[Iterator[bytes]]:
    """The lines that begin between these bytes; where the last row ends is in ``findings``."""
    with open_regular_file(path, 1 << 20) as file:
        findings.byte_order_mark = skip_byte_order_mark(file)
        if start:
            # A line that begins earlier belongs to the part before.
            file.seek(start - 1)
            file.readline()
        findings.end = file.tell()
        yield _counted(file, findings, stop)
    findings.end -= findings.torn


def _counted(file: BinaryIO, findings: Findings, stop: int | None) -> Iterator[bytes]:
    if stop is not None and findings.end >= stop:
        return
    for findings.lines, line in enumerate(file, 1):
        findings.end += len(line)
        yield line
        if stop is not None and findings.end >= stop:
            return

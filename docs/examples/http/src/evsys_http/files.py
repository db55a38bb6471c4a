"""The files of the server: one per run, one line per record."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

_KINDS = ("metrics", "hyperparams", "artifact")


class BadRecordError(ValueError):
    """The posted data is not a record."""


class RunFiles:
    """The runs of one directory. A record is in the file when :meth:`keep` returns."""

    def __init__(self, directory: Path) -> None:
        """Create the directory as needed."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._lock = threading.Lock()
        self._open: dict[str, _RunFile] = {}

    def keep(self, run: str, record: Any) -> None:
        """Append a record, unless this or a later one of its writer is there.

        A record that comes after a later one of the same writer is an attempt that its writer has
        given up: the call has raised, and does not want it any more.

        Raises:
            BadRecordError: It is not a record.
            OSError: The file can't be written to; nothing of the record stays.
        """
        writer, number = _checked_record(record)
        with self._lock:
            if run not in self._open:
                self._open[run] = _RunFile(self._path(run))
            file = self._open[run]
            if number > file.last_numbers.get(writer, 0):
                file.append({**record, "ts": time.time()})
                file.last_numbers[writer] = number

    def content(self, run: str) -> bytes | None:
        """All records of a run, a line each; None if the run does not exist."""
        with self._lock:
            try:
                content = self._path(run).read_bytes()
            except OSError:
                return None
        return content[: content.rfind(b"\n") + 1]  # a killed server may have left a torn line

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for file in self._open.values():
                file.close()
            self._open.clear()

    def _path(self, run: str) -> Path:
        return self._directory / f"{quote(run, safe='')}.jsonl"


class _RunFile:
    """An open file, and the number of the last record of each writer in it."""

    def __init__(self, path: Path) -> None:
        """Open or create it; cut off the torn line that a killed server may have left."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        self.last_numbers: dict[str, int] = {}
        self._size = 0
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                record = json.loads(line)
                self.last_numbers[record["writer"]] = record["number"]
                self._size += len(line)
        os.ftruncate(self._descriptor, self._size)

    def append(self, record: dict[str, Any]) -> None:
        """Write a line, wholly or not at all."""
        line = json.dumps(record).encode() + b"\n"
        written = os.write(self._descriptor, line)  # raises where the disk has no room at all
        if written < len(line):
            os.ftruncate(self._descriptor, self._size)
            raise OSError(f"only {written} of {len(line)} bytes could be written")
        self._size += written

    def close(self) -> None:
        os.close(self._descriptor)


def _checked_record(record: Any) -> tuple[str, int]:
    if not isinstance(record, dict):
        raise BadRecordError("a record is a JSON object")
    fields = cast("dict[str, Any]", record)
    writer, number = fields.get("writer"), fields.get("number")
    if not isinstance(writer, str) or type(number) is not int or number < 1:
        raise BadRecordError("a record must have a writer (a string) and a number, from 1 on")
    if sum(kind in fields for kind in _KINDS) != 1:
        raise BadRecordError(f"a record has one of {', '.join(_KINDS)}")
    return writer, number

"""A run in progress: its metrics file, read as it grows."""

import os
import time
from collections.abc import Iterator

from evsys_sdk._files import open_regular_file
from evsys_sdk.command.show.runs import Run
from evsys_sdk.command.show.scanning import Scan, scan_file, scan_lines
from evsys_sdk.log_stores.jsonl_files import LogFiles

__all__ = ["Following"]


class Following:
    """Keeps a run up to date with its files."""

    def __init__(self, name: str, files: LogFiles) -> None:
        self.run: Run = Run(name, files, Scan())
        self._begin()

    def _begin(self) -> None:
        self._offset = 0
        self._file: tuple[int, int] | None = None
        self._stamps: list[tuple[int, int]] = []

    def update(self) -> bool:
        """Read what was written since the last update, and return whether there was anything."""
        changed = self._update_metrics()
        files = self.run.files
        others = (files.hyperparams_path, os.path.join(files.log_dir, files.artifacts_file))
        stamps = [_stamp(path) for path in others]
        if changed or stamps != self._stamps:
            self._stamps = stamps
            self.run.refresh()
            return True
        return False

    def _update_metrics(self) -> bool:
        path = self.run.files.metrics_path
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return False
        identity = (status.st_dev, status.st_ino)
        started = self._file != identity or status.st_size < self._offset
        if started:
            # Another file, or one that was cut: what was shown is no longer there.
            self._begin()
            self._file = identity
            self.run.scan = Scan()
        whole = self._end_of_last_line(path, status.st_size)
        torn = status.st_size - whole
        if whole == self._offset and torn == self.run.scan.findings.torn:
            return started
        if self._offset == 0:
            self.run.scan = scan_file(path, whole)
        else:
            with open_regular_file(path) as file:
                file.seek(self._offset)
                content = file.read(whole - self._offset)
            self.run.scan.join(scan_lines(iter(content.splitlines(keepends=True))))
        self._offset = whole
        self.run.scan.findings.torn = torn
        return True

    def _end_of_last_line(self, path: str, size: int) -> int:
        """Where the last line ends that has its newline."""
        with open_regular_file(path) as file:
            while size > self._offset:
                start = max(self._offset, size - (1 << 16))
                file.seek(start)
                place = file.read(size - start).rfind(b"\n")
                if place >= 0:
                    return start + place + 1
                size = start
        return self._offset


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def changes(followed: list[Following], seconds: float) -> Iterator[list[Run]]:
    """The runs now, and again whenever one of them has changed; checked every so many seconds."""
    first = True
    while True:
        if True in [each.update() for each in followed] or first:
            first = False
            yield [each.run for each in followed]
        time.sleep(seconds)

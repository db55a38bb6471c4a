"""Runs in progress: their files, read as they grow."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

from evsys_sdk.command.show.runs import Run, short_run_names
from evsys_sdk.command.show.scanning import Scan, scan_file, scan_part
from evsys_sdk.sources.source import Source

__all__ = ["FollowedRun", "changes"]

_Stamps = dict[str, tuple[float, ...]]


class FollowedRun:
    """Keeps a run up to date with its source."""

    def __init__(self, name: str, source: Source) -> None:
        self.run: Run = Run(name, source, Scan())
        self._row_stamps: _Stamps = {}
        self._document_stamps: _Stamps = {}

    def update(self) -> bool:
        """Read what was written since the last update, and return whether there was anything."""
        source = self.run.source
        changed = self._update_rows()
        documents = _stamps(source.document_files(), source)
        if changed or documents != self._document_stamps:
            self._document_stamps = documents
            self.run.refresh()
            return True
        return False

    def _update_rows(self) -> bool:
        source = self.run.source
        known, self._row_stamps = self._row_stamps, _stamps(source.files(), source)
        stamps = self._row_stamps
        if known == stamps:
            return False
        if any(path not in stamps or self._is_replaced(path, known[path]) for path in known):
            self.run.scan = Scan()  # what was shown is no longer there
            known = {}
        for path, stamp in stamps.items():
            if known.get(path) != stamp:
                self._read_on(path)
        return True

    def _is_replaced(self, path: str, known: tuple[float, ...]) -> bool:
        """Whether rows that were read may have changed."""
        stamp = self._row_stamps[path]
        if not self.run.source.grows:
            return stamp != known
        device, inode, size, *_ = stamp
        return (device, inode) != known[:2] or size < self.run.scan.findings[path].end

    def _read_on(self, path: str) -> None:
        source, scan = self.run.source, self.run.scan
        if not source.grows:
            scan.join(scan_file(source, path))
            return
        start = scan.findings[path].end if path in scan.findings else 0
        size = int(self._row_stamps[path][2])
        stop = source.complete(path, start, size)
        whole = start == 0
        part = scan_file(source, path, stop) if whole else scan_part(source, path, start, stop)
        part.findings[path].torn += size - stop
        scan.join(part)


def _stamps(paths: Iterable[str], source: Source) -> _Stamps:
    stamps: _Stamps = {}
    for path in paths:
        with suppress(FileNotFoundError):
            stamps[path] = source.stamp(path)
    return stamps


def changes(sources: list[Source], seconds: float) -> Iterator[list[Run]]:
    """The runs now, and again whenever one of them has changed; checked once in this many seconds.

    Runs that appear in a log meanwhile are added.
    """
    followed = [FollowedRun("", source) for source in sources]
    first = True
    while True:
        known = {each.run.source.path for each in followed}
        found = [new for each in followed for new in each.run.source.new_runs(known)]
        followed += [FollowedRun("", source) for source in found]
        for each, name in zip(
            followed, short_run_names([x.run.source.name for x in followed]), strict=True
        ):
            each.run.name = name
        if True in [each.update() for each in followed] or first:
            first = False
            yield [each.run for each in followed]
        time.sleep(seconds)

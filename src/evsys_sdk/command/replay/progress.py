"""How far a replay has come, in a small file beside the configuration of its target."""

import os
from typing import Self

from pydantic import BaseModel, Field, ValidationError

from evsys_sdk._files import open_regular_file
from evsys_sdk.command.failures import CommandError
from evsys_sdk.text import path_text

__all__ = ["Progress", "ProgressFile"]


class Progress(BaseModel, extra="forbid"):
    """How far a replay into one store has come."""

    before: int | None
    """How many points the store held before; None if it can't be read back."""
    artifacts_before: int = 0
    offset: int = 0
    """Where the row after the last one that was handed over begins: in bytes of the metrics file,
    or as the number of rows before it."""
    offsets: dict[str, int] = Field(default_factory=dict[str, int])
    """The same for each file, if the log has several."""
    line: int = 0
    """The number of that row's line, or how many records were read of several files."""
    points: int = 0
    """How many points the store took."""
    artifacts: int = 0
    """How many artifacts were handed over."""
    in_progress: bool = False
    """Whether the next row, or artifact, was being handed over."""
    refused: dict[str, int] = Field(default_factory=dict[str, int])
    """How often the store refused something, by what it is and why."""
    damaged: int = 0
    """How many lines of the log can't be read."""

    def start_of(self, file: str) -> int:
        """Where to continue in a file; a log's only file has an empty name."""
        return self.offsets.get(file, 0) if file else self.offset

    def advance(self, file: str, line: int, offset: int) -> None:
        """Note that a row of the file was handed over."""
        self.line, self.in_progress = line, False
        if file:
            self.offsets[file] = offset
        else:
            self.offset = offset

    @property
    def started(self) -> bool:
        """Whether anything was handed over."""
        return self.in_progress or self.line > 0 or self.artifacts > 0


class _Content(BaseModel, extra="forbid"):
    log: str
    """The path of the source that is replayed, as text."""
    stores: dict[str, Progress] = Field(default_factory=dict[str, Progress])
    """The progress of each store of the target, by its place in the configuration."""


class ProgressFile:
    """The file, rewritten in place for each row: it survives a killed process.

    It is created by the first :meth:`save`.
    """

    def __init__(self, path: str, source_path: str) -> None:
        """Read what an earlier replay of the source left in the file at ``path``.

        Raises:
            CommandError: It is not such a file, or it belongs to another log.
            OSError: It can't be read.
        """
        self.path = path
        self._descriptor: int | None = None
        self._length = 0
        log = path_text(source_path)
        self._content = _Content(log=log)
        earlier = self._read()
        if earlier is None:
            return
        if earlier.log == log:
            self._content = earlier
        elif any(progress.started for progress in earlier.stores.values()):
            raise CommandError(
                f"{path}: this records the progress of the replay of {earlier.log}. Use another "
                f"configuration file for {log}, or move this file away if that replay is done"
            )

    def _read(self) -> _Content | None:
        try:
            with open_regular_file(self.path) as file:
                text = file.read()
        except FileNotFoundError:
            return None
        self._length = len(text)
        if not text:
            return None
        try:
            return _Content.model_validate_json(text)
        except ValidationError as error:
            raise CommandError(
                f"{self.path}: not a record of the progress of a replay. Move it away to "
                f"start over, which writes everything again ({error.errors()[0]['msg']})"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def load(self, store: str) -> Progress | None:
        """What an earlier replay left of the store at this place."""
        return self._content.stores.get(store)

    def require_only(self, stores: list[str]) -> None:
        """Check that the file records these stores only.

        Raises:
            CommandError: The stores of the configuration have changed.
        """
        others = self._content.stores.keys() - set(stores)
        if others:
            raise CommandError(
                f"{self.path}: this records the progress of the replay into "
                f"{', '.join(sorted(others))}, which the configuration no longer has. Move this "
                f"file away to start over, which writes everything again"
            )

    def save(self, store: str, progress: Progress) -> None:
        """Write the progress of a store; blanks fill what is left of a longer text.

        Raises:
            CommandError: The file may not be written.
            OSError: It can't be written for another reason.
        """
        if self._descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            try:
                self._descriptor = os.open(self.path, flags, 0o666)
            except PermissionError as error:
                raise CommandError(
                    f"{self.path}: {error.strerror}. The progress is recorded beside the "
                    f"configuration: copy that to a directory where you may write"
                ) from error
        self._content.stores[store] = progress
        content = self._content.model_dump_json().encode()
        self._length = max(self._length, len(content))
        os.pwrite(self._descriptor, content.ljust(self._length), 0)

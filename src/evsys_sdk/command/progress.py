"""How far a replay has come, in a small file beside the configuration of its target."""

import os
from typing import Self

from pydantic import BaseModel, Field, ValidationError

from evsys_sdk.errors import LogStoreError

__all__ = ["Progress", "ProgressFile"]


class Progress(BaseModel, extra="forbid"):
    """How far a replay has come."""

    log: str
    """The directory that is replayed."""
    before: int | None
    """How many points the target held before; None if it can't be read back."""
    artifacts_before: int = 0
    offset: int = 0
    """The end of the last row that was handed over, in bytes of the metrics file."""
    line: int = 0
    """The number of that row's line."""
    points: int = 0
    """How many points the target took."""
    artifacts: int = 0
    """How many artifacts were handed over."""
    under_way: bool = False
    """Whether the next row, or artifact, was being handed over."""
    refused: dict[str, int] = Field(default_factory=dict[str, int])
    """How often the target refused something, by what it is and why."""
    damaged: int = 0
    """How many lines of the log are no rows."""


class ProgressFile:
    """The file, rewritten in place for each row: it survives a killed process."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._length = os.fstat(self._descriptor).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def load(self) -> Progress | None:
        """What an earlier replay left.

        Raises:
            LogStoreError: The file is no such file.
        """
        content = os.pread(self._descriptor, self._length, 0)
        if not content:
            return None
        try:
            return Progress.model_validate_json(content)
        except ValidationError as error:
            raise LogStoreError(
                f"{self.path}: this does not tell how far an earlier replay came. Move it away to "
                f"begin anew, which writes everything once more ({error.errors()[0]['msg']})"
            ) from error

    def save(self, progress: Progress) -> None:
        """Write it; blanks fill what is left of a longer text."""
        content = progress.model_dump_json().encode()
        self._length = max(self._length, len(content))
        os.pwrite(self._descriptor, content.ljust(self._length), 0)

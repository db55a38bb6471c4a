"""The artifacts file: a JSON list that grows at its end, one entry per line.

A new entry overwrites the closing bracket, in two steps: blanks are appended (after the bracket
they are still JSON), then entry and bracket are written inside the space that the blanks took. A
full disk therefore fails in the first step, which harms nothing, and no call reads what it does
not change, however long the list is.
"""

import functools
import json
import os
import re
from dataclasses import dataclass, fields
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from evsys_sdk._files import open_regular
from evsys_sdk.errors import DamagedLogError
from evsys_sdk.log_stores._jsonl.job_queue import job_queue_of
from evsys_sdk.log_stores._jsonl.locking import (
    replace_file,
    with_lock,
    with_shared_lock,
    write_all,
)
from evsys_sdk.log_stores._jsonl.text_files import Document, damaged_document, read_document
from evsys_sdk.run_log import ArtifactPointer

__all__ = ["append_artifact", "read_artifacts"]

_CLOSING = b"\n]\n"
_LAST_BYTES = b"}" + _CLOSING
_ENTRY_START = '{"name":'
_BLANKS = re.compile(r"[ \t\r\n]+")


def append_artifact(log_dir: str, file_name: str, pointer: ArtifactPointer) -> None:
    """Add the checked pointer to the end of the list.

    Raises:
        DamagedLogError: The file is not a list of artifacts; it is left as it is.
        OSError: The directory is gone or can't be written to, the disk is full, or the file is not
            a regular one; it is left as it is.
    """
    path = os.path.join(log_dir, file_name)
    entry = to_json(
        {"name": pointer.name, "path": pointer.path, "kind": pointer.kind, "ts": pointer.ts}
    )

    def append() -> None:
        if not _extend(path, entry):
            document = read_document(path)
            # They stay as they are: entries of other writers may have more fields, or fewer.
            entries = [*map(to_json, _parsed(path, document)[0])]
            content = b"[\n" + b",\n".join([*entries, entry]) + _CLOSING
            replace_file(path, document.mark + content, durable=False)

    with_lock(log_dir, append)


def read_artifacts(
    log_dir: str, file_name: str, other_fields: set[str] | None = None
) -> list[ArtifactPointer]:
    """The pointers in the list, in order; an entry that a killed process cut is left out.

    Entries of other writers are taken too. Where ``kind`` is missing it is ``"file"``, as in the
    call that does not give it. Names of fields that are ignored are added to ``other_fields``.

    Raises:
        DamagedLogError: The file is not a list of artifacts.
        OSError: The file can't be read, or is not a regular file.
    """
    path = os.path.join(log_dir, file_name)

    def read() -> list[ArtifactPointer]:
        entries, pointers = _parsed(path, read_document(path))
        if other_fields is not None:
            other_fields.update(*entries)
            other_fields.difference_update(_FIELDS)
        return pointers

    queue = job_queue_of(log_dir)
    with queue.lock:
        if queue.running:  # a signal handler reads, and can't wait for what it interrupted
            return read()
        return with_shared_lock(log_dir, read)


def _extend(path: str, entry: bytes) -> bool:
    """Add the entry in place. Returns False where the file does not end as this leaves it."""
    try:
        file = open_regular(path, "r+")
    except FileNotFoundError:
        return False
    with file:
        descriptor = file.fileno()
        size = os.fstat(descriptor).st_size
        if os.pread(descriptor, len(_LAST_BYTES), max(size - len(_LAST_BYTES), 0)) != _LAST_BYTES:
            return False
        addition = b",\n" + entry + _CLOSING
        has_bracket = True
        try:
            write_all(descriptor, b" " * (len(addition) - len(_CLOSING)), size)
            has_bracket = False
            write_all(descriptor, addition, size - len(_CLOSING))
        except OSError as error:
            if has_bracket:
                # Left alone: on a full disk, space that is given back may be taken a moment later.
                os.ftruncate(descriptor, size)
            else:  # only a file system that copies on write can fail in the second step
                os.ftruncate(descriptor, size - len(_CLOSING))
                write_all(descriptor, _CLOSING, size - len(_CLOSING))
            error.filename = path
            raise
    return True


@dataclass(slots=True)
class _Entry:
    """The fields that an entry must have, and those that it may have."""

    name: str
    path: str
    kind: str | None = None
    ts: float | None = None

    def pointer(self) -> ArtifactPointer:
        kind = "file" if self.kind is None else self.kind
        return ArtifactPointer(self.name, self.path, kind, self.ts)


_FIELDS = frozenset(field.name for field in fields(_Entry))


def _parsed(path: str, document: Document) -> tuple[list[dict[str, Any]], list[ArtifactPointer]]:
    """The entries as they are in the file, and the pointers that they make."""
    if not document.content:
        return [], []
    try:
        entries: Any = from_json(document.content)
    except ValueError as error:
        entries = _entries_before_cut(document.content)
        if entries is None:
            raise _damage(path, str(error)) from error
    try:
        checked = _adapter().validate_python(entries)
    except ValidationError as error:
        raise _damage(path, _first_problem(error)) from error
    return entries, [entry.pointer() for entry in checked]


@functools.cache
def _adapter() -> TypeAdapter[list[_Entry]]:
    return TypeAdapter(list[_Entry])  # takes a millisecond: when first needed


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = "".join(f"[{part!r}]" for part in problem["loc"])
    return f"{place} {problem['msg']}".strip()


def _entries_before_cut(content: bytes) -> list[Any] | None:
    """The whole entries of a list whose last one was cut short, or None for any other content.

    A process that is killed in the second step can leave that, and so can a lost end of the file.
    """
    text = content.rstrip(b"\0").decode(errors="surrogateescape")
    start = re.match(r"\s*\[", text)
    if start is None:
        return None if text.strip() else []
    entries: list[Any] = []
    at = _skip_blanks(text, start.end())
    decoder = json.JSONDecoder()
    while True:
        try:
            entry, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        entries.append(entry)
        at = _skip_blanks(text, end)
        if text[at : at + 1] != ",":
            break
        at = _skip_blanks(text, at + 1)
    # A cut entry is the beginning of one, and the end of the file. Anything else is damage in the
    # middle, and there may be whole entries after it.
    rest = text[at:].strip()
    cut = _ENTRY_START.startswith(rest) or (rest.startswith(_ENTRY_START) and "\n" not in rest)
    whole = text[:at].isascii() or not any("\udc80" <= char <= "\udcff" for char in text[:at])
    return entries if whole and (cut or rest == "]") else None


def _skip_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _damage(path: str, reason: str) -> DamagedLogError:
    return damaged_document(path, "a JSON list of artifacts", reason)

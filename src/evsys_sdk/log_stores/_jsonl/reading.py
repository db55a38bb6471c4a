"""The metrics file, row by row."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from evsys_sdk._files import open_regular_file
from evsys_sdk.errors import DamagedLogError
from evsys_sdk.log_stores._jsonl.row import RowError, decode_row
from evsys_sdk.log_stores._jsonl.text_files import skip_byte_order_mark
from evsys_sdk.log_stores._jsonl.torn_rows import is_row_in_progress, rows_in
from evsys_sdk.run_log import MetricRow

__all__ = ["OnDamage", "iter_rows", "line_beginning", "rows_of"]

OnDamage = Callable[[DamagedLogError], None]
"""Called for each damaged line; reading continues when it returns."""

_Row = TypeVar("_Row")


def iter_rows(path: str, on_damage: OnDamage | None) -> Iterator[MetricRow]:
    """Each row of the file, in constant memory; none if the file does not exist.

    Blank lines are skipped, and so is a row in progress at the end of the file.

    Raises:
        DamagedLogError: A line is not a row, and ``on_damage`` is None. Names file and line.
        OSError: The file can't be read, or is not a regular file.
    """
    try:
        file = open_regular_file(path)
    except FileNotFoundError:
        return

    def damaged(number: int, line: bytes, reason: RowError) -> None:
        damage = DamagedLogError(
            path,
            f"this line is not a row of a metrics file: {reason}. It begins {line_beginning(line)}",
            "To read the other rows, pass on_damage to "
            f"JSONLLogStore.iter_rows(log_dir={os.path.dirname(path)!r}, ...)",
            line=number,
            kind=reason.kind,
        )
        if on_damage is None:
            raise damage from reason
        on_damage(damage)

    with file:
        skip_byte_order_mark(file)
        for _, row in rows_of(file, decode_row, damaged):
            yield row


def rows_of(
    lines: Iterable[bytes],
    decode: Callable[[bytes], _Row],
    on_damage: Callable[[int, bytes, RowError], None],
    on_torn: Callable[[int, bytes], None] = lambda _number, _line: None,
) -> Iterator[tuple[int, _Row]]:
    """Each row of the lines with the number of its line, from 1.

    Blank lines are skipped.

    Args:
        lines: Lines of a metrics file, with their newlines.
        decode: Makes a row of a line, and raises RowError where it is not a row.
        on_damage: Called with number, line and reason for each line that is not a row.
        on_torn: Called with number and line for a row in progress, which is the last line.
    """
    for number, line in enumerate(lines, 1):
        try:
            row = decode(line)
        except RowError as error:
            if line.isspace():
                continue
            if not line.endswith(b"\n") and is_row_in_progress(line):
                on_torn(number, line)
                return
            salvaged = _rows_of_killed_writers(line, decode)
            if not salvaged:
                on_damage(number, line, error)
            for row in salvaged:
                yield number, row
        else:
            yield number, row


def line_beginning(line: bytes) -> str:
    """How the line begins, quoted, for an error message."""
    return repr(line[:60].decode(errors="backslashreplace").rstrip("\n"))


def _rows_of_killed_writers(line: bytes, decode: Callable[[bytes], _Row]) -> list[_Row]:
    """The rows in a line of writers that were killed; empty if it is not such a line.

    One of them wrote a part of its row, or all of it but the newline. The next was killed before it
    could put its own row into another line.
    """
    rows = rows_in(line)
    # A row with other fields that lacks its newline only may have NULs there, too.
    pieces = [line[row] for row in rows] if rows else [line.rstrip(b"\0\n")]
    try:
        return [decode(piece) for piece in pieces]
    except RowError:
        return []

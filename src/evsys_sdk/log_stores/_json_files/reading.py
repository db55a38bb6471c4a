"""The metrics file, row by row."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from evsys_sdk.errors import DamagedLogError
from evsys_sdk.log_stores._json_files.row import decode_row, is_torn_row
from evsys_sdk.run_log import MetricRow

__all__ = ["OnDamage", "beginning", "iter_rows", "rows_of"]

OnDamage = Callable[[DamagedLogError], None]
"""Called for each damaged line; reading goes on when it returns."""

_Row = TypeVar("_Row")

# No key of metrics can pass for the start of a row: in metrics, "split" would be a number.
_ROW_START = re.compile(rb'\{"ts":[^",]+,"step":[^",]+,"split":"')


def iter_rows(path: str, on_damage: OnDamage | None) -> Iterator[MetricRow]:
    """Each row of the file, in constant memory; none if there is no such file.

    Blank lines are skipped, and so is a row under way at the end of the file.

    Raises:
        DamagedLogError: A line is no row, and ``on_damage`` is None. Names file and line.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 - the with statement is below, out of the try
    except FileNotFoundError:
        return

    def damaged(number: int, line: bytes, reason: ValueError) -> None:
        damage = DamagedLogError(
            path,
            f"this line is not a row of a metrics file: {reason}. It begins {beginning(line)}",
            "To read the other rows, pass on_damage to "
            f"JSONLLogStore.iter_rows(log_dir={os.path.dirname(path)!r}, ...)",
            line=number,
        )
        if on_damage is None:
            raise damage from reason
        on_damage(damage)

    with file:
        for _, row in rows_of(file, decode_row, damaged):
            yield row


def rows_of(
    lines: Iterable[bytes],
    decode: Callable[[bytes], _Row],
    on_damage: Callable[[int, bytes, ValueError], None],
    on_torn: Callable[[int, bytes], None] = lambda _number, _line: None,
) -> Iterator[tuple[int, _Row]]:
    """Each row of the lines with the number of its line, from 1.

    Blank lines are skipped.

    Args:
        lines: Lines of a metrics file, with their newlines.
        decode: Makes a row of a line; its ValueError says why the line is none.
        on_damage: Called with number, line and reason for each line that is no row.
        on_torn: Called with number and line for a row under way, which is the last line.
    """
    for number, line in enumerate(lines, 1):
        try:
            row = decode(line)
        except ValueError as error:
            if line.isspace():
                continue
            if not line.endswith(b"\n") and is_torn_row(line):
                on_torn(number, line)
                return
            salvaged = _rows_of_killed_writers(line, decode)
            if not salvaged:
                on_damage(number, line, error)
            for row in salvaged:
                yield number, row
        else:
            yield number, row


def beginning(line: bytes) -> str:
    """How the line begins, quoted, for an error message."""
    return repr(line[:60].decode(errors="backslashreplace").rstrip("\n"))


def _rows_of_killed_writers(line: bytes, decode: Callable[[bytes], _Row]) -> list[_Row]:
    """The rows in a line of one or two writers that were killed; none if it is no such line.

    The first had written all of its row but the newline, perhaps with NULs where that should be, or
    a part of the row. The second, if any, was killed before it could part the two.
    """
    start = _ROW_START.search(line, 1)
    first, rows = line, list[_Row]()
    try:
        if start is not None:
            first = line[: start.start()]
            rows = [decode(line[start.start() :])]
    except ValueError:
        return []
    try:
        return [decode(first.rstrip(b"\0\n")), *rows]
    except ValueError:
        return rows if is_torn_row(first) else []

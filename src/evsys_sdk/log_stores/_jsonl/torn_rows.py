"""Torn rows: rows whose writer was killed while it wrote them.

A torn row is the beginning of a row, cut at any byte. It may be of any writer: with the fields in
any order, and with blanks between the tokens of JSON. Torn rows are removed, so nothing else may be
taken for one, such as a line of CSV or another object. Therefore

- every key must be a field of a row (the last one may be cut),
- every value must be of the type that its field has.

When another writer appends its row to a torn one, both are in the same line.
"""

import json
import re
from collections.abc import Iterator

__all__ = ["is_row_in_progress", "rows_in"]


def rows_in(line: bytes) -> list[slice] | None:
    """Where the rows are in a line of nothing but rows and torn rows; None for any other line.

    After a power loss a row may also end in NULs, where its size reached the disk and its content
    did not.
    """
    rows: list[slice] = []
    start, end = 0, len(line.rstrip(b"\0 \t\r\n"))
    while start < end:
        scanner = _Scanner(line, start, end)
        try:
            scanner.row()
        except _LineEndedError:
            break
        except _NotARowError:
            next_start = _end_of_torn_row(line, start, scanner.at, end)
            if next_start is None:
                return None
            start = next_start
        else:
            rows.append(slice(start, scanner.at))
            start = scanner.at
    return rows


def is_row_in_progress(line: bytes) -> bool:
    """Whether the line, which lacks its newline, is a row that is being written, or a torn one.

    Nothing is removed because of it, so that the row may also have fields of other names. Only its
    first one must be known.
    """
    rows = rows_in(line)
    if rows is not None:
        return not rows
    try:
        _Scanner(line, 0, len(line)).row()
    except _OtherFieldError:
        return not _starts_with_json(line)
    except (_NotARowError, _LineEndedError):
        pass
    return False


def _starts_with_json(line: bytes) -> bool:
    try:
        json.JSONDecoder().raw_decode(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        return False
    return True


def _end_of_torn_row(line: bytes, start: int, wrong: int, end: int) -> int | None:
    """Where the torn row at ``start`` ends and another row begins.

    ``wrong`` is the place of the first token that no row has there. It may be the cut token itself,
    or a later one: a string that was cut goes on until the next quote.
    """
    for place in _row_starts(line, start, wrong, end):
        cut = place
        while cut > start and line[cut - 1] == 0:
            cut -= 1
        try:
            _Scanner(line, start, cut).row()
        except _LineEndedError:
            return place
        except _NotARowError:
            pass
    return None


def _row_starts(line: bytes, start: int, wrong: int, end: int) -> Iterator[int]:
    """The first place after ``wrong`` where a row may begin, and the last one before it."""
    found = _ROW_START.search(line, wrong + 1, end)
    if found:
        yield found.start()
    place = wrong + 1
    while (place := line.rfind(b"{", start + 1, place)) >= 0:
        if _ROW_START.match(line, place, end):
            yield place
            return


class _LineEndedError(Exception):
    """The line ends in the middle of the row."""


class _NotARowError(Exception):
    """There is something that no row has."""


class _OtherFieldError(_NotARowError):
    """There is a key that is not a field of a row, and not the first one."""


class _Scanner:
    """Reads the row that begins at ``start``, and raises where the line stops being a row."""

    def __init__(self, line: bytes, start: int, end: int) -> None:
        self._line = line
        self._end = end
        self.at = start
        """The end of what was read."""

    def row(self) -> None:
        self._take(_OPEN)
        fields: set[bytes] = set()
        while True:
            field = self._field(first=not fields)
            fields.add(field)
            self._take(_COLON)
            if field in _OBJECTS:
                self._object(_OBJECTS[field])
            else:
                self._take(_SCALARS[field])
            if self._take(_COMMA_OR_CLOSE) == b"}":
                break
        if not fields >= {b'"step"', b'"metrics"'}:
            raise _NotARowError

    def _field(self, *, first: bool) -> bytes:
        try:
            return self._take(_FIELD)
        except _NotARowError:
            if first or not _STRING.match(self._line, self.at, self._end):
                raise
            raise _OtherFieldError from None

    def _object(self, value: re.Pattern[bytes]) -> None:
        self._take(_OPEN)
        if self._take(_STRING_OR_CLOSE) == b"}":
            return
        while True:
            self._take(_COLON)
            self._take(value)
            if self._take(_COMMA_OR_CLOSE) == b"}":
                return
            self._take(_STRING)

    def _take(self, token: re.Pattern[bytes]) -> bytes:
        found = token.match(self._line, self.at, self._end)
        if found is None:
            raise _NotARowError
        if found[1] is None:
            raise _LineEndedError
        self.at = found.end()
        return found[1]


def _token(whole: str, cut: str = "") -> re.Pattern[bytes]:
    """Blanks and the ``whole`` token as group 1, or a ``cut`` one, without that group, at the end.

    Where nothing of the token is left, the line was cut before it.
    """
    return re.compile(rf"[ \t\r]*+(?:(?:{cut})?\Z|({whole}))".encode())


def _cut(*words: str) -> str:
    """Any beginning of the words."""
    return "|".join(re.escape(word[:length]) for word in words for length in range(1, len(word)))


_NAMES = ("ts", "step", "split", "metrics", "nonfinite")
_INT = r"-?(?:0|[1-9][0-9]*+)"
_FLOAT = rf"{_INT}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_CUT_FLOAT = rf"-|{_INT}(?:\.[0-9]*)?|{_INT}(?:\.[0-9]+)?[eE][+-]?[0-9]*"
_WORDS = ("null", "NaN", "Infinity", "-Infinity")
_TEXT = r'"(?:[^"\\\x00-\x1f]++|\\[^\x00-\x1f])*+'

_OPEN = _token(r"\{")
_COLON = _token(":")
_COMMA_OR_CLOSE = _token(r"[,}]")
_STRING = _token(f'{_TEXT}"', rf"{_TEXT}\\?")
_STRING_OR_CLOSE = _token(rf'{_TEXT}"|\}}', rf"{_TEXT}\\?")
_FIELD = _token(f'"(?:{"|".join(_NAMES)})"', _cut(*(f'"{name}"' for name in _NAMES)))

_SCALARS = {
    b'"ts"': _token(f"{_FLOAT}|null", f"{_CUT_FLOAT}|{_cut('null')}"),
    b'"step"': _token(_INT, f"-|{_INT}"),
    b'"split"': _token(f'{_TEXT}"|null', rf"{_TEXT}\\?|{_cut('null')}"),
}
_OBJECTS = {
    b'"metrics"': _token("|".join([_FLOAT, *_WORDS]), f"{_CUT_FLOAT}|{_cut(*_WORDS)}"),
    b'"nonfinite"': _STRING,
}

_ROW_START = re.compile(
    rf'\{{[ \t]*+(?:"(?:{"|".join(_NAMES)})"[ \t]*+:|(?:"[a-z]*+"?[ \t]*+)?\Z)'.encode()
)

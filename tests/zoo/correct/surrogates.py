"""What a store may do with strings that are not text: keep, alter or refuse them."""

from typing import Any

from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import correct


def any_string(value: Any) -> str:
    """``value`` if it is a string, of any characters."""
    if not isinstance(value, str):
        raise TypeError(f"expected a str, got {type(value).__name__}")
    return value


class KeepsSurrogates(Memory):
    """Python's own strings hold them."""

    def string(self, value: Any) -> str:
        return any_string(value)


@correct("keeps surrogates")
class KeepsSurrogatesHarness(MemoryHarness):
    store = KeepsSurrogates


class JoinsSurrogates(Jsonl):
    """Two escapes beside each other are one character to a JSON reader."""

    def string(self, value: Any) -> str:
        return any_string(value)


@correct("joins pairs of surrogates, as a round trip through JSON does")
class JoinsSurrogatesHarness(JsonlHarness):
    store = JoinsSurrogates
    capabilities = {"split", "float64", "resume", "threads"}


class ReplacesSurrogates(Sqlite):
    """SQLite takes only what UTF-8 can encode."""

    def string(self, value: Any) -> str:
        return any_string(value).encode("utf-8", "replace").decode()


@correct("replaces surrogates by question marks")
class ReplacesSurrogatesHarness(SqliteHarness):
    store = ReplacesSurrogates
    capabilities = {"split", "float64", "resume"}


class RuntimeErrors(Csv):
    """Has its own error for what it can't write."""

    def string(self, value: Any) -> str:
        try:
            return super().string(value)
        except UnicodeEncodeError as error:
            raise RuntimeError("this string can't be written") from error


@correct("refuses surrogates with RuntimeError")
class RuntimeErrorsHarness(CsvHarness):
    store = RuntimeErrors


class SurrogateTypeErrors(Sqlite):
    """Refuses them as orjson does."""

    def string(self, value: Any) -> str:
        try:
            return super().string(value)
        except UnicodeEncodeError as error:
            raise TypeError("str is not valid UTF-8: surrogates not allowed") from error


@correct("refuses surrogates with TypeError")
class SurrogateTypeErrorsHarness(SqliteHarness):
    store = SurrogateTypeErrors
    capabilities = {"split", "float64"}

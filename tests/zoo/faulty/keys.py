"""Faults in text: MET-6. What may be refused must not be altered."""

import hashlib
import json
import posixpath
import unicodedata
from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import FAILED, KEY, SPLIT


@fault("MET-6", "strips keys", habitat=MemoryHarness, message=KEY)
class Stripped(Memory):
    def key(self, key: Any) -> str:
        return super().key(key).strip()


@fault("MET-6", "writes keys in lower case", habitat=SqliteHarness, message=KEY)
class Lowered(Sqlite):
    def key(self, key: Any) -> str:
        return super().key(key).lower()


@fault("MET-6", "takes keys that differ in case for the same", habitat=BufferedHarness, message=KEY)
class CaseFolded(Buffered):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        first = {key.lower(): key for row in reversed(self.log.metrics[:99]) for key in row.metrics}
        super().record(step, split, {first.get(k.lower(), k): v for k, v in points.items()})


@fault("MET-6", "cuts keys at 64 characters", habitat=MemoryHarness, message=KEY)
class CutAt64(Memory):
    def key(self, key: Any) -> str:
        return super().key(key)[:64]


@fault("MET-6", "cuts keys at 200 characters", habitat=SqliteHarness, message=KEY)
class CutAt200(Sqlite):
    def key(self, key: Any) -> str:
        return super().key(key)[:200]


@fault("MET-6", "cuts keys at 255 characters", habitat=HttpHarness, message=KEY)
class CutAt255(Http):
    def key(self, key: Any) -> str:
        return super().key(key)[:255]


@fault("MET-6", "cuts keys at 1000 characters", habitat=JsonlHarness, message=KEY)
class CutAt1000(Jsonl):
    def key(self, key: Any) -> str:
        return super().key(key)[:1000]


@fault("MET-6", "replaces long keys by a digest", habitat=BackgroundHarness, message=KEY)
class LongKeysHashed(Background):
    def key(self, key: Any) -> str:
        given = super().key(key)
        return given if len(given) <= 300 else hashlib.sha256(given.encode()).hexdigest()


@fault(
    "MET-6",
    "refuses keys of more than 100 characters",
    habitat=CsvHarness,
    message=FAILED,
)
class HundredCharacters(Csv):
    def key(self, key: Any) -> str:
        if len(super().key(key)) > 100:
            raise ValueError("the key is too long")
        return str(key)


@fault("MET-6", "refuses keys with a space", habitat=JsonlHarness, message=FAILED)
class SpaceRefused(Jsonl):
    def key(self, key: Any) -> str:
        if " " in super().key(key):
            raise ValueError("a key can't hold a space")
        return str(key)


@fault("MET-6", "replaces slashes", habitat=CsvHarness, message=KEY)
class SlashReplaced(Csv):
    def key(self, key: Any) -> str:
        return super().key(key).replace("/", "_")


@fault(
    "MET-6",
    "takes the part before the slash for the split",
    habitat=MemoryHarness,
    message=f"{SPLIT}|{KEY}",
)
class SlashIsSplit(Memory):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        for key, value in points.items():
            group, slash, rest = key.partition("/")
            known = slash and group in ("train", "val", "test")
            super().record(step, group if known else split, {rest if known else key: value})


@fault("MET-6", "keeps the part after the last dot", habitat=SqliteHarness, message=KEY)
class DotsCut(Sqlite):
    def key(self, key: Any) -> str:
        given = super().key(key)
        return given.rpartition(".")[2] or given


@fault("MET-6", "drops a leading dash", habitat=HttpHarness, message=KEY)
class DashDropped(Http):
    def key(self, key: Any) -> str:
        return super().key(key).lstrip("-")


@fault("MET-6", "normalises Unicode to NFC", habitat=JsonlHarness, message=KEY)
class Nfc(Jsonl):
    def key(self, key: Any) -> str:
        return unicodedata.normalize("NFC", super().key(key))


@fault("MET-6", "normalises Unicode to NFKC", habitat=SqliteHarness, message=KEY)
class Nfkc(Sqlite):
    def key(self, key: Any) -> str:
        return unicodedata.normalize("NFKC", super().key(key))


@fault("MET-6", "writes a question mark for what is not ASCII", habitat=HttpHarness, message=KEY)
class AsciiOnly(Http):
    def key(self, key: Any) -> str:
        return super().key(key).encode("ascii", "replace").decode("ascii")


@fault("MET-6", "drops what is not Latin-1", habitat=CsvHarness, message=KEY)
class Latin1Only(Csv):
    def key(self, key: Any) -> str:
        return super().key(key).encode("latin-1", "ignore").decode("latin-1")


@fault("MET-6", "escapes what is beyond the basic plane", habitat=BackgroundHarness, message=KEY)
class EmojiEscaped(Background):
    def key(self, key: Any) -> str:
        return "".join(c if ord(c) < 0x10000 else f"\\U{ord(c):08x}" for c in super().key(key))


@fault("MET-6", "ends keys at a NUL", habitat=SqliteHarness, message=KEY)
class NulEnds(Sqlite):
    def key(self, key: Any) -> str:
        return super().key(key).split("\0")[0]


@fault("MET-6", "writes newlines as spaces", habitat=MemoryHarness, message=KEY)
class NewlineReplaced(Memory):
    def key(self, key: Any) -> str:
        return " ".join(super().key(key).split("\n"))


@fault(
    "MET-6",
    "takes a carriage return and newline for a newline",
    habitat=JsonlHarness,
    message=KEY,
)
class LineEndsChanged(Jsonl):
    def key(self, key: Any) -> str:
        return super().key(key).replace("\r\n", "\n").replace("\r", "\n")


@fault("MET-6", "doubles quotes", habitat=CsvHarness, message=KEY)
class QuotesDoubled(Csv):
    def key(self, key: Any) -> str:
        return super().key(key).replace('"', '""')


@fault("MET-6", "resolves escapes", habitat=MemoryHarness, message=KEY)
class EscapesResolved(Memory):
    def key(self, key: Any) -> str:
        return super().key(key).replace("\\n", "\n").replace("\\\\", "\\")


@fault("MET-6", "decodes percent signs", habitat=HttpHarness, message=KEY)
class PercentDecoded(Http):
    def key(self, key: Any) -> str:
        return super().key(key).replace("%20", " ").replace("%2F", "/").replace("%25", "%")


@fault("MET-6", "reads keys of digits as numbers", habitat=JsonlHarness, message=KEY)
class DigitsRead(Jsonl):
    def key(self, key: Any) -> str:
        given = super().key(key)
        return str(int(given)) if given.isascii() and given.isdigit() else given


@fault("MET-6", "cuts splits at 16 characters", habitat=MemoryHarness, message=SPLIT)
class SplitCut(Memory):
    def split(self, split: Any) -> str:
        return super().split(split)[:16]


@fault("MET-6", "writes splits in lower case", habitat=SqliteHarness, message=SPLIT)
class SplitLowered(Sqlite):
    def split(self, split: Any) -> str:
        return super().split(split).lower()


@fault("MET-6", "strips splits", habitat=HttpHarness, message=SPLIT)
class SplitStripped(Http):
    def split(self, split: Any) -> str:
        return super().split(split).strip()


@fault(
    "MET-6",
    "keeps key and split in one field, with a slash between",
    habitat=BufferedHarness,
    message=f"{SPLIT}|{KEY}",
)
class SplitByFirstSlash(Buffered):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        for key, value in points.items():
            first, _, rest = f"{split}/{key}".partition("/")
            super().record(step, first, {rest: value})


@fault(
    "MET-6",
    "takes a key with a control character and drops the character",
    habitat=BackgroundHarness,
    message=KEY,
)
class ControlsDropped(Background):
    def key(self, key: Any) -> str:
        return "".join(c for c in super().key(key) if unicodedata.category(c) != "Cc")


@fault(
    "MET-6",
    "mixes up its own field names with keys",
    habitat=JsonlHarness,
    message=KEY,
)
class KeysHideFields(Jsonl):
    def write(self, record: dict[str, Any]) -> None:
        if "metrics" in record:
            row = {"step": record["step"], "split": record["split"], **record["metrics"]}
            step, split = row.pop("step"), row.pop("split")
            record = {"step": step, "split": split, "metrics": row}
        super().write(record)


@fault("MET-6", "cuts keys at 249 characters", habitat=SqliteHarness, message=KEY)
class CutAt249(Sqlite):
    def key(self, key: Any) -> str:
        return super().key(key)[:249]


@fault("MET-6", "cuts keys at 255 bytes", habitat=MemoryHarness, message=KEY)
class CutAt255Bytes(Memory):
    def key(self, key: Any) -> str:
        return super().key(key).encode()[:255].decode("utf-8", "ignore")


@fault(
    "MET-6",
    "guards a key against spreadsheets, which take a dash for a formula",
    habitat=CsvHarness,
    message=KEY,
)
class FormulaGuarded(Csv):
    def key(self, key: Any) -> str:
        given = super().key(key)
        return f"'{given}" if given.startswith(("=", "+", "-", "@")) else given


@fault("MET-6", "tidies keys as if they were paths", habitat=HttpHarness, message=KEY)
class KeysAsPaths(Http):
    def key(self, key: Any) -> str:
        return posixpath.normpath(super().key(key))


@fault("MET-6", "drops a slash at the start", habitat=BackgroundHarness, message=KEY)
class LeadingSlashDropped(Background):
    def key(self, key: Any) -> str:
        return super().key(key).removeprefix("/")


@fault("MET-6", "reads keys as YAML does: true, null, 1e5", habitat=JsonlHarness, message=KEY)
class KeysRead(Jsonl):
    def key(self, key: Any) -> str:
        given = super().key(key)
        try:
            read = json.loads(given)
        except ValueError:
            return given
        return str(read) if isinstance(read, bool | int | float | None) else given


@fault("MET-6", "takes Unicode line separators for newlines", habitat=SqliteHarness, message=KEY)
class SeparatorsReplaced(Sqlite):
    def key(self, key: Any) -> str:
        return super().key(key).replace("\u2028", "\n").replace("\x85", "\n")


@fault("MET-6", "drops characters without width", habitat=HttpHarness, message=KEY)
class NoWidthDropped(Http):
    def key(self, key: Any) -> str:
        return "".join(c for c in super().key(key) if unicodedata.category(c) != "Cf")


@fault("MET-6", "normalises splits to NFC", habitat=MemoryHarness, message=SPLIT)
class SplitNfc(Memory):
    def split(self, split: Any) -> str:
        return unicodedata.normalize("NFC", super().split(split))


@fault("MET-6", "keeps the part of a split before its slash", habitat=CsvHarness, message=SPLIT)
class SplitBeforeSlash(Csv):
    def split(self, split: Any) -> str:
        return super().split(split).partition("/")[0]


@fault("MET-6", "tidies keys with two dots as if they were paths", habitat=CsvHarness, message=KEY)
class DotsResolved(Csv):
    def key(self, key: Any) -> str:
        text: str = super().key(key)
        return posixpath.normpath(text) if "/.." in text else text


@fault("MET-6", "takes keys out of their quotes", habitat=MemoryHarness, message=KEY)
class Unquoted(Memory):
    def key(self, key: Any) -> str:
        return super().key(key).strip('"')

"""Faults in the values of hyperparameters: HP-1."""

import json
import math
from collections.abc import Callable
from typing import Any

import yaml

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import is_dict, is_list, is_tuple
from zoo.stores import fault
from zoo.wording import FAILED, HYPERPARAMS


def changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """A JSON value with every leaf replaced by ``change(leaf)``."""
    if is_dict(value):
        return {key: changed(item, change) for key, item in value.items()}
    if is_list(value):
        return [changed(item, change) for item in value]
    return change(value)


@fault("HP-1", "makes everything text", habitat=SqliteHarness, message=HYPERPARAMS)
class AllText(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {key: str(value) for key, value in super().hyperparams(params).items()}


@fault("HP-1", "makes tuples text", habitat=MemoryHarness, message=HYPERPARAMS)
class TuplesText(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        return {k: str(v) if is_tuple(params[k]) else v for k, v in checked.items()}


@fault("HP-1", "makes ints floats", habitat=JsonlHarness, message=HYPERPARAMS)
class IntsFloats(Jsonl):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(
                value, lambda leaf: float(leaf) if type(leaf) is int and abs(leaf) < 2**53 else leaf
            )
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "makes ints beyond 64 bits floats", habitat=HttpHarness, message=HYPERPARAMS)
class BigIntsFloats(Http):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        def change(leaf: Any) -> Any:
            big = type(leaf) is int and abs(leaf) >= 2**63
            return (float(leaf) if abs(leaf) < 10**300 else math.inf) if big else leaf

        return {key: changed(value, change) for key, value in super().hyperparams(params).items()}


@fault("HP-1", "refuses ints beyond 64 bits", habitat=SqliteHarness, message=FAILED)
class BigIntsRefused(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        for value in params.values():
            if type(value) is int:
                value.to_bytes(8, "big", signed=True)
        return super().hyperparams(params)


@fault("HP-1", "makes true 1", habitat=CsvHarness, message=HYPERPARAMS)
class BoolsInts(Csv):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(value, lambda leaf: int(leaf) if isinstance(leaf, bool) else leaf)
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "drops None", habitat=MemoryHarness, message=HYPERPARAMS)
class NonesDropped(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        return {key: value for key, value in checked.items() if value is not None}


@fault("HP-1", "drops None in nested dicts only", habitat=BufferedHarness, message=HYPERPARAMS)
class NestedNonesDropped(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        def without(value: Any) -> Any:
            if is_dict(value):
                return {k: without(v) for k, v in value.items() if v is not None}
            return value

        return {key: without(value) for key, value in super().hyperparams(params).items()}


@fault("HP-1", "writes None as text", habitat=SqliteHarness, message=HYPERPARAMS)
class NonesText(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(value, lambda leaf: "None" if leaf is None else leaf)
            for key, value in super().hyperparams(params).items()
        }


@fault(
    "HP-1",
    "reads text as YAML, so that '1' is a number",
    habitat=JsonlHarness,
    message=HYPERPARAMS,
)
class TextRead(Jsonl):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        def change(leaf: Any) -> Any:
            if not isinstance(leaf, str):
                return leaf
            try:
                read = yaml.safe_load(leaf)
            except (yaml.YAMLError, ValueError):
                return leaf
            return read if isinstance(read, bool | int | float | None) else leaf

        return {key: changed(value, change) for key, value in super().hyperparams(params).items()}


@fault("HP-1", "keeps five levels", habitat=HttpHarness, message=HYPERPARAMS)
class FiveLevels(Http):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {key: cut(value, 5) for key, value in super().hyperparams(params).items()}


@fault("HP-1", "keeps fifty levels", habitat=BackgroundHarness, message=HYPERPARAMS)
class FiftyLevels(Background):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {key: cut(value, 50) for key, value in super().hyperparams(params).items()}


def cut(value: Any, levels: int) -> Any:
    """The value, with everything deeper than ``levels`` as a string."""
    if is_dict(value):
        return {k: cut(v, levels - 1) for k, v in value.items()} if levels else repr(value)
    if is_list(value):
        return [cut(item, levels - 1) for item in value] if levels else repr(value)
    return value


@fault("HP-1", "flattens nested dicts", habitat=MemoryHarness, message=HYPERPARAMS)
class Flattened(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for key, value in super().hyperparams(params).items():
            if is_dict(value) and value:
                flat.update({f"{key}.{inner}": item for inner, item in value.items()})
            else:
                flat[key] = value
        return flat


@fault("HP-1", "takes a dotted key for a nested dict", habitat=CsvHarness, message=HYPERPARAMS)
class DotsNest(Csv):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        nested: dict[str, Any] = {}
        for key, value in super().hyperparams(params).items():
            head, dot, tail = key.partition(".")
            nested[head] = {tail: value} if dot else value
        return nested


@fault("HP-1", "drops empty lists and dicts", habitat=SqliteHarness, message=HYPERPARAMS)
class EmptiesDropped(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        return {key: value for key, value in checked.items() if value not in ([], {})}


@fault("HP-1", "keeps a list as numbers of one type", habitat=BufferedHarness, message=HYPERPARAMS)
class ListsOfOneType(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        def alike(value: Any) -> Any:
            if is_list(value) and any(type(item) is float for item in value):
                return [float(item) if type(item) is int else item for item in value]
            return value

        return {key: alike(value) for key, value in super().hyperparams(params).items()}


@fault("HP-1", "takes a list of one for its item", habitat=HttpHarness, message=HYPERPARAMS)
class ListOfOneUnpacked(Http):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        return {
            key: value[0] if is_list(value) and len(value) == 1 else value
            for key, value in checked.items()
        }


@fault("HP-1", "cuts text at 250 characters", habitat=SqliteHarness, message=HYPERPARAMS)
class TextCut(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(value, lambda leaf: leaf[:250] if isinstance(leaf, str) else leaf)
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "changes line ends", habitat=JsonlHarness, message=HYPERPARAMS)
class LineEnds(Jsonl):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(
                value, lambda leaf: "\n".join(leaf.splitlines()) if isinstance(leaf, str) else leaf
            )
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "keeps twelve digits of a float", habitat=BackgroundHarness, message=HYPERPARAMS)
class FloatsRounded(Background):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(value, lambda leaf: float(f"{leaf:.12g}") if type(leaf) is float else leaf)
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "writes NaN as null", habitat=JsonlHarness, message=HYPERPARAMS)
class NanNull(Jsonl):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(
                value, lambda leaf: None if isinstance(leaf, float) and math.isnan(leaf) else leaf
            )
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "drops infinities", habitat=MemoryHarness, message=HYPERPARAMS)
class InfinitiesDropped(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        return {k: v for k, v in checked.items() if not (isinstance(v, float) and math.isinf(v))}


@fault("HP-1", "writes NaN as nan", habitat=SqliteHarness, message=HYPERPARAMS)
class NanLowerCase(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(
                value, lambda leaf: "nan" if isinstance(leaf, float) and math.isnan(leaf) else leaf
            )
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "refuses NaN by RuntimeError", habitat=HttpHarness, message="Runtime")
class NanRuntimeError(Http):
    def merge(self, params: dict[str, Any]) -> None:
        try:
            json.dumps(params, allow_nan=False)
        except ValueError as error:
            raise RuntimeError("not JSON") from error
        super().merge(params)


@fault(
    "HP-1",
    "drops the whole call if there is a NaN in it",
    habitat=CsvHarness,
    message=HYPERPARAMS,
)
class NanDropsCall(Csv):
    def merge(self, params: dict[str, Any]) -> None:
        try:
            json.dumps(params, allow_nan=False)
        except ValueError:
            return
        super().merge(params)


@fault("HP-1", "strips keys", habitat=BufferedHarness, message=HYPERPARAMS)
class KeysStripped(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {key.strip(): value for key, value in super().hyperparams(params).items()}


@fault("HP-1", "keeps private keys to itself", habitat=HttpHarness, message=HYPERPARAMS)
class PrivateKeysDropped(Http):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        return {key: value for key, value in checked.items() if not key.startswith("_")}


@fault("HP-1", "adds what it knows of the run", habitat=MemoryHarness, message=HYPERPARAMS)
class AddsItsOwn(Memory):
    def merge(self, params: dict[str, Any]) -> None:
        super().merge({**params, "_version": 1})


@fault("HP-1", "reads the text NaN as a number", habitat=SqliteHarness, message=HYPERPARAMS)
class TextNanIsNumber(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        numbers = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
        return {
            key: changed(
                value, lambda leaf: numbers.get(leaf, leaf) if isinstance(leaf, str) else leaf
            )
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "makes ints beyond 2**53 floats", habitat=HttpHarness, message=HYPERPARAMS)
class MiddleIntsFloats(Http):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        def change(leaf: Any) -> Any:
            return float(leaf) if type(leaf) is int and 2**53 < abs(leaf) < 2**64 else leaf

        return {key: changed(value, change) for key, value in super().hyperparams(params).items()}


@fault("HP-1", "refuses ints of more than a thousand digits", habitat=CsvHarness, message=FAILED)
class ThousandDigits(Csv):
    def merge(self, params: dict[str, Any]) -> None:
        if any(type(value) is int and abs(value) > 10**1000 for value in params.values()):
            raise ValueError("the int is too large")
        super().merge(params)


@fault("HP-1", "refuses more than 64 levels", habitat=MemoryHarness, message=FAILED)
class SixtyFourLevels(Memory):
    def merge(self, params: dict[str, Any]) -> None:
        if cut(params, 64) != params:
            raise ValueError("nested too deep")
        super().merge(params)


@fault("HP-1", "drops empty text", habitat=BufferedHarness, message=HYPERPARAMS)
class EmptyTextDropped(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {key: value for key, value in super().hyperparams(params).items() if value != ""}


@fault("HP-1", "drops what is false", habitat=JsonlHarness, message=HYPERPARAMS)
class FalseDropped(Jsonl):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: value for key, value in super().hyperparams(params).items() if value is not False
        }


@fault("HP-1", "drops None from lists", habitat=HttpHarness, message=HYPERPARAMS)
class NonesDroppedFromLists(Http):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        def without(value: Any) -> Any:
            if is_list(value):
                return [without(item) for item in value if item is not None]
            if is_dict(value):
                return {key: without(item) for key, item in value.items()}
            return value

        return {key: without(value) for key, value in super().hyperparams(params).items()}


@fault("HP-1", "keeps a hundred items of a list", habitat=SqliteHarness, message=HYPERPARAMS)
class HundredItems(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        return {key: value[:100] if is_list(value) else value for key, value in checked.items()}


@fault("HP-1", "strips text", habitat=BackgroundHarness, message=HYPERPARAMS)
class ValuesStripped(Background):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {
            key: changed(value, lambda leaf: leaf.strip() if isinstance(leaf, str) else leaf)
            for key, value in super().hyperparams(params).items()
        }


@fault("HP-1", "makes nested tuples text", habitat=MemoryHarness, message=HYPERPARAMS)
class NestedTuplesText(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        def text_of(value: Any) -> Any:
            if is_dict(value):
                return {k: str(v) if is_tuple(v) else text_of(v) for k, v in value.items()}
            if is_list(value):
                return [str(v) if is_tuple(v) else text_of(v) for v in value]
            return value

        return super().hyperparams({key: text_of(value) for key, value in params.items()})


@fault("HP-1", "writes moments in another way", habitat=MemoryHarness, message=HYPERPARAMS)
class MomentsRewritten(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        def rewritten(leaf: Any) -> Any:
            moment = isinstance(leaf, str) and leaf[4:5] == "-" and leaf[10:11] == "T"
            return leaf.replace("T", " ") if moment else leaf

        checked = super().hyperparams(params)
        return {key: changed(value, rewritten) for key, value in checked.items()}

"""Faults with the caller's own hyperparameters: HP-4."""

from typing import Any

from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import is_dict, is_list, is_tuple, text
from zoo.stores import fault
from zoo.wording import CHANGED, HYPERPARAMS


@fault(
    "HP-4",
    "keeps nested values as they are until close",
    habitat=CsvHarness,
    message=f"{HYPERPARAMS}|{CHANGED}",
)
class NestedKept(Csv):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        super().hyperparams(params)
        return dict(params)


@fault(
    "HP-4",
    "copies dicts and keeps lists",
    habitat=BufferedHarness,
    message=f"{HYPERPARAMS}|{CHANGED}",
)
class ListsKept(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        super().hyperparams(params)
        return {text(key): copied(value) for key, value in params.items()}


def copied(value: Any) -> Any:
    """A copy of a value in which the lists are the original ones."""
    if is_dict(value):
        return {key: copied(item) for key, item in value.items()}
    return value


@fault("HP-4", "copies two levels", habitat=BufferedHarness, message=f"{HYPERPARAMS}|{CHANGED}")
class TwoLevelsCopied(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        super().hyperparams(params)
        return {
            key: value.copy() if (is_dict(value) or is_list(value)) else value
            for key, value in params.items()
        }


@fault(
    "HP-4",
    "makes the caller's dict its own",
    habitat=BufferedHarness,
    message=f"{HYPERPARAMS}|{CHANGED}",
)
class CallersDictKept(Buffered):
    def merge(self, params: dict[str, Any]) -> None:
        self.log.hyperparams = params

    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        if not self.log.hyperparams:
            kept: dict[str, Any] = params
            return kept
        self.log.hyperparams.update(checked)
        return self.log.hyperparams


@fault("HP-4", "takes nested dicts out of the caller's", habitat=SqliteHarness, message=CHANGED)
class NestedPopped(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        for key in [key for key, value in params.items() if is_dict(value)]:
            params.pop(key)
        return checked


@fault("HP-4", "turns the caller's tuples into lists", habitat=MemoryHarness, message=CHANGED)
class TuplesTurned(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        for key, value in params.items():
            if is_tuple(value):
                params[key] = list(value)
        return checked


@fault("HP-4", "sorts the caller's nested lists", habitat=JsonlHarness, message=CHANGED)
class NestedSorted(Jsonl):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        for value in params.values():
            if is_list(value):
                value.sort(key=repr)
        return checked


@fault("HP-4", "marks nested dicts as seen", habitat=HttpHarness, message=CHANGED)
class NestedMarked(Http):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        checked = super().hyperparams(params)
        for value in params.values():
            if is_dict(value):
                value["_seen"] = True
        return checked

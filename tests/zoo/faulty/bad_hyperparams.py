"""Faults with hyperparameters that must be refused: HP-3."""

import json
from typing import Any, TypeGuard

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import is_dict, is_list, is_tuple, json_value, text
from zoo.stores import fault
from zoo.wording import ACCEPTED, HYPERPARAMS, LOST, OTHER_ERROR


@fault("HP-3", "writes what has no JSON form as text", habitat=JsonlHarness, message=ACCEPTED)
class TextForObjects(Jsonl):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        encoded = json.dumps({text(key): value for key, value in params.items()}, default=str)
        decoded: dict[str, Any] = json.loads(encoded)
        return decoded


@fault("HP-3", "writes nested objects as text", habitat=MemoryHarness, message=ACCEPTED)
class TextForNested(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        for value in params.values():
            if not (is_dict(value) or is_list(value)):
                json_value(value)
        encoded = json.dumps({text(key): value for key, value in params.items()}, default=repr)
        decoded: dict[str, Any] = json.loads(encoded)
        return decoded


@fault("HP-3", "drops what has no JSON form", habitat=SqliteHarness, message=ACCEPTED)
class ObjectsDropped(Sqlite):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        good: dict[str, Any] = {}
        for key, value in params.items():
            try:
                good[text(key)] = json_value(value)
            except (TypeError, ValueError):
                continue
        return good


@fault("HP-3", "takes sets for lists", habitat=BufferedHarness, message=ACCEPTED)
class SetsAreLists(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return super().hyperparams(
            {
                key: list(map(repr, value)) if is_set(value) else value
                for key, value in params.items()
            }
        )


@fault(
    "HP-3",
    "records the items before the bad value",
    habitat=HttpHarness,
    message=HYPERPARAMS,
)
class HalfMerged(Http):
    def take_hyperparams(self, params: Any) -> None:
        if not params:
            super().take_hyperparams(params)
        for key, value in params.items():
            super().take_hyperparams({key: value})


@fault(
    "HP-3",
    "has cleared the earlier ones when it fails",
    habitat=CsvHarness,
    message=HYPERPARAMS,
)
class ClearedFirst(Csv):
    def take_hyperparams(self, params: Any) -> None:
        self.refuse_if_closed("log_hyperparams")
        earlier, self.params = self.params, {}
        self.params = {**earlier, **self.hyperparams(params)}


@fault(
    "HP-3",
    "loses later metrics after a bad call",
    habitat=BackgroundHarness,
    message=LOST,
)
class BadCallStopsThread(Background):
    def take_hyperparams(self, params: Any) -> None:
        try:
            super().take_hyperparams(params)
        except (TypeError, ValueError):
            super().release()
            raise

    def release(self) -> None:
        if self.thread.is_alive():
            super().release()


@fault("HP-3", "runs into a cycle", habitat=MemoryHarness, message="Recursion")
class RunsInCircles(Memory):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return {text(key): copied(value) for key, value in params.items()}


def is_set(value: Any) -> TypeGuard[set[Any]]:
    """Whether ``value`` is a set of anything."""
    return isinstance(value, set)


def copied(value: Any) -> Any:
    """A copy without a limit of depth."""
    if is_dict(value):
        return {key: copied(item) for key, item in value.items()}
    if is_list(value) or is_tuple(value):
        return [copied(item) for item in value]
    return json_value(value)


@fault("HP-3", "cuts a cycle and keeps the rest", habitat=BufferedHarness, message=ACCEPTED)
class CyclesCut(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return super().hyperparams({key: uncycled(value, ()) for key, value in params.items()})


def uncycled(value: Any, above: tuple[int, ...]) -> Any:
    """The value with "..." wherever it contains itself."""
    if id(value) in above:
        return "..."
    if is_dict(value):
        return {key: uncycled(item, (*above, id(value))) for key, item in value.items()}
    if is_list(value):
        return [uncycled(item, (*above, id(value))) for item in value]
    return value


@fault("HP-3", "makes top-level keys text", habitat=JsonlHarness, message=ACCEPTED)
class KeysMadeText(Jsonl):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return super().hyperparams({str(key): value for key, value in params.items()})


@fault("HP-3", "leaves top-level keys to json", habitat=HttpHarness, message=ACCEPTED)
class KeysLeftToJson(Http):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(json.dumps(params))
        return decoded


@fault(
    "HP-3",
    "raises its own kind of error",
    habitat=SqliteHarness,
    message=OTHER_ERROR,
)
class OwnError(Sqlite):
    def take_hyperparams(self, params: Any) -> None:
        try:
            super().take_hyperparams(params)
        except (TypeError, ValueError) as error:
            raise LookupError("no such kind of value") from error


@fault("HP-3", "reports a bad value when it is closed", habitat=BufferedHarness, message=ACCEPTED)
class ReportedOnClose(Buffered):
    def hyperparams(self, params: Any) -> dict[str, Any]:
        return dict(params)

    def release(self) -> None:
        super().hyperparams(self.log.hyperparams)
        super().release()

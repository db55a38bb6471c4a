"""Faults in merging and timing of hyperparameters: HP-2 and HP-5."""

import json
from typing import Any

from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import is_dict, is_list
from zoo.stores import fault
from zoo.wording import FAILED, HYPERPARAMS, LOST


def deep(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Merge that descends into dicts."""
    both = dict(old)
    for key, value in new.items():
        nested = is_dict(value) and isinstance(both.get(key), dict)
        both[key] = deep(both[key], value) if nested else value
    return both


@fault("HP-2", "merges nested dicts", habitat=BufferedHarness, message=HYPERPARAMS)
class DeepMerge(Buffered):
    def merge(self, params: dict[str, Any]) -> None:
        self.log.hyperparams = deep(self.log.hyperparams, params)


@fault("HP-2", "lets the first value win", habitat=SqliteHarness, message=HYPERPARAMS)
class FirstWins(Sqlite):
    def merge(self, params: dict[str, Any]) -> None:
        rows = [(key, json.dumps(value)) for key, value in params.items()]
        with self.transaction() as database:
            database.executemany("insert or ignore into hyperparams values (?, ?)", rows)


@fault("HP-2", "keeps the last call only", habitat=CsvHarness, message=HYPERPARAMS)
class LastCallOnly(Csv):
    def merge(self, params: dict[str, Any]) -> None:
        self.params = params


@fault("HP-2", "keeps the first call only", habitat=HttpHarness, message=HYPERPARAMS)
class FirstCallOnly(Http):
    done = False

    def merge(self, params: dict[str, Any]) -> None:
        if not self.done:
            super().merge(params)
        self.done = True


@fault("HP-2", "does not replace by falsy values", habitat=MemoryHarness, message=HYPERPARAMS)
class FalsyLost(Memory):
    def merge(self, params: dict[str, Any]) -> None:
        known = self.log.hyperparams
        super().merge({k: v for k, v in params.items() if v or k not in known})


@fault("HP-2", "does not replace by None", habitat=BufferedHarness, message=HYPERPARAMS)
class NoneReplacesNothing(Buffered):
    def merge(self, params: dict[str, Any]) -> None:
        known = self.log.hyperparams
        super().merge({k: v for k, v in params.items() if v is not None or k not in known})


@fault("HP-2", "joins lists", habitat=MemoryHarness, message=HYPERPARAMS)
class ListsJoined(Memory):
    def merge(self, params: dict[str, Any]) -> None:
        for key, value in params.items():
            old = self.log.hyperparams.get(key)
            if is_list(old) and is_list(value):
                value = old + value
            self.log.hyperparams[key] = value


@fault("HP-2", "refuses to change a value", habitat=SqliteHarness, message=FAILED)
class ChangeRefused(Sqlite):
    def merge(self, params: dict[str, Any]) -> None:
        rows = [(key, json.dumps(value)) for key, value in params.items()]
        with self.transaction() as database:
            database.executemany("insert into hyperparams values (?, ?)", rows)


@fault(
    "HP-2",
    "takes an equal value of another type for unchanged",
    habitat=BufferedHarness,
    message=HYPERPARAMS,
)
class EqualIsSame(Buffered):
    def merge(self, params: dict[str, Any]) -> None:
        known = self.log.hyperparams
        super().merge({k: v for k, v in params.items() if k not in known or known[k] != v})


@fault(
    "HP-2",
    "forgets the others when an empty dict is merged",
    habitat=CsvHarness,
    message=HYPERPARAMS,
)
class EmptyClears(Csv):
    def merge(self, params: dict[str, Any]) -> None:
        if not params:
            self.params = {}
        super().merge(params)


@fault(
    "HP-5",
    "refuses hyperparameters after the first metric",
    habitat=MemoryHarness,
    message=FAILED,
)
class RefusedAfterMetrics(Memory):
    def merge(self, params: dict[str, Any]) -> None:
        if self.log.metrics:
            raise RuntimeError("the run has begun")
        super().merge(params)


@fault(
    "HP-5",
    "ignores hyperparameters after the first metric",
    habitat=HttpHarness,
    message=HYPERPARAMS,
)
class IgnoredAfterMetrics(Http):
    begun = False

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.begun = True
        super().record(step, split, points)

    def merge(self, params: dict[str, Any]) -> None:
        if not self.begun:
            super().merge(params)


@fault(
    "HP-5",
    "starts the log again with the hyperparameters",
    habitat=BufferedHarness,
    message=LOST,
)
class HyperparamsStartAnew(Buffered):
    def merge(self, params: dict[str, Any]) -> None:
        super().merge(params)
        self.log.metrics.clear()


@fault(
    "HP-5",
    "writes hyperparameters with the next metric",
    habitat=SqliteHarness,
    message=HYPERPARAMS,
)
class HyperparamsRideAlong(Sqlite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.waiting: dict[str, Any] = {}

    def merge(self, params: dict[str, Any]) -> None:
        self.waiting.update(params)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().merge(self.waiting)
        super().record(step, split, points)


@fault(
    "HP-5",
    "has no room for hyperparameters before the first metric",
    habitat=JsonlHarness,
    message=HYPERPARAMS,
)
class HyperparamsTooEarly(Jsonl):
    begun = False

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.begun = True
        super().record(step, split, points)

    def merge(self, params: dict[str, Any]) -> None:
        if self.begun:
            super().merge(params)


@fault(
    "HP-5",
    "forgets hyperparameters that come between metrics",
    habitat=CsvHarness,
    message=HYPERPARAMS,
)
class BetweenLost(Csv):
    last: dict[str, Any] | None = None

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        super().record(step, split, points)
        self.last = None if self.params else self.last

    def merge(self, params: dict[str, Any]) -> None:
        if self.params:
            self.last = params
        else:
            super().merge(params)

    def release(self) -> None:
        super().merge(self.last or {})
        super().release()


@fault("HP-2", "does not replace by an empty dict", habitat=MemoryHarness, message=HYPERPARAMS)
class EmptyDictReplacesNothing(Memory):
    def merge(self, params: dict[str, Any]) -> None:
        known = self.log.hyperparams
        super().merge({k: v for k, v in params.items() if v != {} or k not in known})


@fault(
    "HP-2", "merges nested dicts from the second level on", habitat=CsvHarness, message=HYPERPARAMS
)
class SecondLevelMerged(Csv):
    def merge(self, params: dict[str, Any]) -> None:
        for key, value in params.items():
            old = self.params.get(key)
            if is_dict(old) and is_dict(value):
                value = {
                    k: deep(old[k], v) if is_dict(v) and is_dict(old.get(k)) else v
                    for k, v in value.items()
                }
            self.params[key] = value


@fault("HP-2", "takes None for a deletion", habitat=MemoryHarness, message=HYPERPARAMS)
class NoneDeletes(Memory):
    def merge(self, params: dict[str, Any]) -> None:
        for key, value in params.items():
            if value is None and key in self.log.hyperparams:
                del self.log.hyperparams[key]
            else:
                self.log.hyperparams[key] = value

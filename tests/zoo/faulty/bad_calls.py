"""Faults with bad arguments of metrics: MET-7."""

import math
from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import is_dict, is_list, number, text
from zoo.stores import fault
from zoo.wording import ACCEPTED, EXTRA, FAILED, HYPERPARAMS, LOST, OTHER_ERROR, SPLIT


@fault("MET-7", "takes numbers written as text", habitat=MemoryHarness, message=ACCEPTED)
class TextAccepted(Memory):
    def value(self, value: Any) -> float:
        return float(value)


@fault("MET-7", "drops None silently", habitat=JsonlHarness, message=ACCEPTED)
class NoneDropped(Jsonl):
    def points(self, metrics: Any) -> dict[str, float]:
        return super().points({key: value for key, value in metrics.items() if value is not None})


@fault("MET-7", "takes None for NaN", habitat=SqliteHarness, message=ACCEPTED)
class NoneIsNan(Sqlite):
    def value(self, value: Any) -> float:
        return math.nan if value is None else super().value(value)


@fault("MET-7", "takes the mean of a list", habitat=MemoryHarness, message=ACCEPTED)
class MeanOfList(Memory):
    def value(self, value: Any) -> float:
        if is_list(value) and value:
            return sum(map(number, value)) / len(value)
        return super().value(value)


@fault("MET-7", "drops everything that is not a number", habitat=CsvHarness, message=ACCEPTED)
class NonNumbersDropped(Csv):
    def points(self, metrics: Any) -> dict[str, float]:
        good: dict[str, float] = {}
        for key, value in metrics.items():
            try:
                good[self.key(key)] = self.value(value)
            except (TypeError, ValueError):
                continue
        return good


@fault("MET-7", "only prints what was wrong", habitat=HttpHarness, message=ACCEPTED)
class OnlyWarns(Http):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        self.refuse_if_closed("log_metrics")
        try:
            super().take_metrics(metrics, step, split)
        except (TypeError, ValueError):
            self.problems = True


@fault(
    "MET-7",
    "writes the items before the bad value",
    habitat=SqliteHarness,
    message=EXTRA,
)
class HalfRecorded(Sqlite):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if not metrics:
            super().take_metrics(metrics, step, split)
        for key, value in metrics.items():
            super().take_metrics({key: value}, step, split)


@fault(
    "MET-7",
    "writes the good values and raises for the bad ones",
    habitat=MemoryHarness,
    message=EXTRA,
)
class GoodOnesRecorded(Memory):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        good, bad = {}, None
        for key, value in metrics.items():
            try:
                good[self.key(key)] = self.value(value)
            except (TypeError, ValueError) as error:
                bad = error
        super().take_metrics(good, step, split)
        if bad:
            raise bad


@fault(
    "MET-7",
    "looks at the split after it has written",
    habitat=JsonlHarness,
    message=EXTRA,
)
class SplitLast(Jsonl):
    def split(self, split: Any) -> str:
        return split if isinstance(split, str) else "train"

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        super().take_metrics(metrics, step, split)
        text(split)


@fault(
    "MET-7",
    "looks at the step after it has written",
    habitat=BufferedHarness,
    message=EXTRA,
)
class StepLast(Buffered):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        self.refuse_if_closed("log_metrics")
        self.record(0, self.split(split), self.points(metrics))
        self.log.metrics[-1].step = self.step(step)


@fault(
    "MET-7",
    "refuses every call after a bad one",
    habitat=MemoryHarness,
    message=FAILED,
)
class Poisoned(Memory):
    bad = False

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if self.bad:
            raise RuntimeError("an earlier call failed")
        self.bad = True
        super().take_metrics(metrics, step, split)
        self.bad = False


@fault("MET-7", "loses the call after a bad one", habitat=HttpHarness, message=LOST)
class NextLost(Http):
    bad = False

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        skip, self.bad = self.bad, True
        self.points(metrics)
        self.step(step)
        self.split(split)
        self.bad = False
        if not skip:
            super().take_metrics(metrics, step, split)


@fault(
    "MET-7", "gives the next call the split of the bad one", habitat=SqliteHarness, message=SPLIT
)
class SplitOfBadCall(Sqlite):
    pending: Any = None

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        split, self.pending = self.pending or split, text(split)
        super().take_metrics(metrics, step, split)
        self.pending = None


@fault(
    "MET-7",
    "throws away its buffer when a call is bad",
    habitat=BufferedHarness,
    message=LOST,
)
class BufferThrownAway(Buffered):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        try:
            super().take_metrics(metrics, step, split)
        except (TypeError, ValueError):
            self.log.metrics.clear()
            raise


@fault("MET-7", "closes itself when a call is bad", habitat=CsvHarness, message=FAILED)
class ClosesOnBadCall(Csv):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        try:
            super().take_metrics(metrics, step, split)
        except (TypeError, ValueError):
            self.shut()
            raise


@fault(
    "MET-7",
    "notices in the thread, and reports on close",
    habitat=BackgroundHarness,
    message=ACCEPTED,
)
class NoticesLater(Background):
    error: Exception | None = None

    def points(self, metrics: Any) -> dict[str, float]:
        return dict(metrics)

    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        try:
            if "metrics" in record:
                record["metrics"] = {text(k): number(v) for k, v in record["metrics"].items()}
            super().deliver(file, record)
        except (TypeError, ValueError) as error:
            self.error = error

    def release(self) -> None:
        super().release()
        if self.error:
            raise self.error


@fault("MET-7", "raises RuntimeError for a bad value", habitat=MemoryHarness, message=OTHER_ERROR)
class RuntimeErrorForValue(Memory):
    def value(self, value: Any) -> float:
        try:
            return super().value(value)
        except (TypeError, ValueError) as error:
            raise RuntimeError("bad value") from error


@fault("MET-7", "checks by assert", habitat=SqliteHarness, message=OTHER_ERROR)
class ChecksByAssert(Sqlite):
    def key(self, key: Any) -> str:
        assert isinstance(key, str)
        return super().key(key)


@fault("MET-7", "looks types up in a dict", habitat=JsonlHarness, message=OTHER_ERROR)
class KeyErrorForType(Jsonl):
    def step(self, step: Any) -> int:
        kind = type(step).__name__
        if kind in {"str", "float", "NoneType"}:
            raise KeyError(kind)
        return super().step(step)


@fault("MET-7", "calls a method of str on any split", habitat=HttpHarness, message=OTHER_ERROR)
class AttributeErrorForSplit(Http):
    def split(self, split: Any) -> str:
        return str(split.removeprefix(""))


@fault("MET-7", "reads steps from text", habitat=MemoryHarness, message=ACCEPTED)
class StepFromText(Memory):
    def step(self, step: Any) -> int:
        return super().step(int(step) if isinstance(step, str) and step.isdigit() else step)


@fault("MET-7", "cuts a step to a whole number", habitat=SqliteHarness, message=ACCEPTED)
class StepCut(Sqlite):
    def step(self, step: Any) -> int:
        return super().step(int(step) if isinstance(step, float) else step)


@fault("MET-7", "counts steps itself if there is none", habitat=MemoryHarness, message=ACCEPTED)
class StepOfItsOwn(Memory):
    def step(self, step: Any) -> int:
        return super().step(len(self.log.metrics) if step is None else step)


@fault("MET-7", "records a step as it is", habitat=JsonlHarness, message=ACCEPTED)
class StepAsItIs(Jsonl):
    def step(self, step: Any) -> int:
        return super().step(step) if hasattr(step, "__index__") else step


@fault("MET-7", "makes a key text", habitat=CsvHarness, message=ACCEPTED)
class KeyMadeText(Csv):
    def key(self, key: Any) -> str:
        return super().key(str(key))


@fault("MET-7", "leaves keys to json, which makes them text", habitat=HttpHarness, message=ACCEPTED)
class KeyLeftToJson(Http):
    def key(self, key: Any) -> str:
        return super().key(key) if isinstance(key, str | tuple | bytes | frozenset) else key


@fault("MET-7", "decodes keys of bytes", habitat=BufferedHarness, message=ACCEPTED)
class KeyDecoded(Buffered):
    def key(self, key: Any) -> str:
        return super().key(key.decode() if isinstance(key, bytes) else key)


@fault("MET-7", "takes no split for train", habitat=SqliteHarness, message=ACCEPTED)
class NoSplitIsTrain(Sqlite):
    def split(self, split: Any) -> str:
        return super().split("train" if split is None else split)


@fault("MET-7", "makes a split text", habitat=MemoryHarness, message=ACCEPTED)
class SplitMadeText(Memory):
    def split(self, split: Any) -> str:
        return super().split(f"{split}")


@fault("MET-7", "checks in log_metrics only", habitat=JsonlHarness, message=ACCEPTED)
class ScalarUnchecked(Jsonl):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.refuse_if_closed("log_scalar")
        self.record(self.step(step), "train", {self.key(key): value})


@fault("MET-7", "looks only at the first value", habitat=BufferedHarness, message=ACCEPTED)
class FirstValueChecked(Buffered):
    def points(self, metrics: Any) -> dict[str, float]:
        points: dict[str, Any] = {self.key(key): value for key, value in metrics.items()}
        for key, value in list(points.items())[:1]:
            points[key] = self.value(value)
        return points


@fault(
    "MET-7",
    "takes the length of a value that is not a number",
    habitat=HttpHarness,
    message=ACCEPTED,
)
class LengthAsValue(Http):
    def value(self, value: Any) -> float:
        return super().value(len(value) if is_list(value) or is_dict(value) else value)


@fault(
    "MET-7",
    "can't be closed after a bad call",
    habitat=BufferedHarness,
    message=r"close\(\) raised",
)
class BadCallSpoilsClose(Buffered):
    bad: Exception | None = None

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        try:
            super().take_metrics(metrics, step, split)
        except (TypeError, ValueError) as error:
            self.bad = error
            raise

    def release(self) -> None:
        super().release()
        if self.bad is not None:
            raise self.bad


@fault(
    "MET-7",
    "takes no hyperparameters after a bad call",
    habitat=HttpHarness,
    message=f"{FAILED}|{HYPERPARAMS}",
)
class BadCallSpoilsHyperparams(Http):
    bad = False

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        bad, self.bad = self.bad, True
        super().take_metrics(metrics, step, split)
        self.bad = bad

    def merge(self, params: dict[str, Any]) -> None:
        if not self.bad:
            super().merge(params)

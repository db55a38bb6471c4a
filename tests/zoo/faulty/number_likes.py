"""Faults with values that behave as numbers: MET-5."""

import numbers
from decimal import Decimal
from fractions import Fraction
from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import FAILED, LOST, STEP, VALUE

APPROXIMATE = {"split"}
"""The claims of a store that does not keep every float64."""


@fault("MET-5", "refuses bool", habitat=MemoryHarness, message=FAILED)
class BoolRefused(Memory):
    def value(self, value: Any) -> float:
        if isinstance(value, bool):
            raise TypeError("a bool is not a metric")
        return super().value(value)


@fault("MET-5", "drops bool", habitat=JsonlHarness, message=LOST)
class BoolDropped(Jsonl):
    def points(self, metrics: Any) -> dict[str, float]:
        kept = {key: value for key, value in metrics.items() if not isinstance(value, bool)}
        return super().points(kept)


@fault("MET-5", "keeps ints as they are, beyond 2**53 too", habitat=MemoryHarness, message=VALUE)
class IntKept(Memory):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return value if isinstance(value, int) else exact


@fault("MET-5", "takes int and float only", habitat=SqliteHarness, message=FAILED)
class IntAndFloatOnly(Sqlite):
    def value(self, value: Any) -> float:
        if not isinstance(value, int | float):
            raise TypeError("int or float expected")
        return super().value(value)


@fault("MET-5", "takes registered real numbers only", habitat=HttpHarness, message=FAILED)
class RealOnly(Http):
    def value(self, value: Any) -> float:
        if not isinstance(value, numbers.Real | Decimal):
            raise TypeError("a real number expected")
        return super().value(value)


@fault("MET-5", "refuses Decimal", habitat=CsvHarness, message=FAILED)
class DecimalRefused(Csv):
    def value(self, value: Any) -> float:
        if isinstance(value, Decimal):
            raise TypeError("Decimal is not supported")
        return super().value(value)


@fault("MET-5", "rounds Decimal to two places", habitat=BufferedHarness, message=VALUE)
class DecimalRounded(Buffered):
    def value(self, value: Any) -> float:
        if isinstance(value, Decimal) and value.is_finite():
            value = round(float(value), 2)
        return super().value(value)


@fault("MET-5", "cuts fractions to whole numbers", habitat=MemoryHarness, message=VALUE)
class FractionCut(Memory):
    def value(self, value: Any) -> float:
        return super().value(int(value) if isinstance(value, Fraction) else value)


@fault(
    "MET-5",
    "goes by the type's name and refuses NumPy",
    habitat=JsonlHarness,
    message=FAILED,
)
class NumpyRefused(Jsonl):
    def value(self, value: Any) -> float:
        if type(value).__module__ == "numpy":
            raise TypeError("NumPy is not supported")
        return super().value(value)


@fault("MET-5", "takes the number under a mask", habitat=MemoryHarness, message=VALUE)
class NumberUnderMask(Memory):
    def value(self, value: Any) -> float:
        return super().value(value.item() if hasattr(value, "item") else value)


@fault("MET-5", "takes a float32 by its shortest text", habitat=SqliteHarness, message=VALUE)
class Float32ByText(Sqlite):
    def value(self, value: Any) -> float:
        return float(str(value)) if type(value).__name__ == "float32" else super().value(value)


@fault("MET-5", "rounds what is neither int nor float", habitat=MemoryHarness, message=VALUE)
class OthersRounded(Memory):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return exact if isinstance(value, int | float) else float(round(exact, 3))


@fault("MET-5", "takes int steps only", habitat=MemoryHarness, message=FAILED)
class IntStepsOnly(Memory):
    def step(self, step: Any) -> int:
        if type(step) is not int:
            raise TypeError("an int expected")
        return super().step(step)


@fault(
    "MET-5",
    "passes over calls with a NumPy step",
    habitat=BackgroundHarness,
    message=LOST,
)
class NumpyStepDropped(Background):
    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        if isinstance(step, int) or not hasattr(step, "__index__"):
            super().take_metrics(metrics, step, split)


@fault(
    "MET-5",
    "keeps the last three digits of a step that is not an int",
    habitat=CsvHarness,
    message=STEP,
)
class StepShortened(Csv):
    def step(self, step: Any) -> int:
        index = super().step(step)
        return index if isinstance(step, int) else index % 1000


@fault("MET-5", "refuses ints beyond 64 bits", habitat=BackgroundHarness, message=FAILED)
class BigIntRefused(Background):
    def value(self, value: Any) -> float:
        if isinstance(value, int):
            value.to_bytes(8, "big", signed=True)
        return super().value(value)


@fault(
    "MET-5",
    "keeps unsigned 64-bit steps as signed ones",
    habitat=JsonlHarness,
    message=f"{STEP}|{FAILED}",
)
class NumpyStepNarrowed(Jsonl):
    def step(self, step: Any) -> int:
        index = super().step(step)
        return index if isinstance(step, int) else (index + 2**31) % 2**32 - 2**31

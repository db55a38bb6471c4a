"""Faults in values, which must be kept: MET-4."""

import math
import struct
from typing import Any

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.backends.http import Http, HttpHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.stores import fault
from zoo.wording import FAILED, LOST, VALUE

APPROXIMATE = {"split"}
"""The claims of a store that does not keep every float64."""


@fault("MET-4", "claims float64 and rounds to float32", habitat=MemoryHarness, message=VALUE)
class Float32(Memory):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        try:
            (rounded,) = struct.unpack("<f", struct.pack("<f", exact))
        except OverflowError:
            rounded = math.copysign(math.inf, exact)
        return float(rounded)


@fault("MET-4", "loses the sign of zero", habitat=JsonlHarness, message=VALUE)
class ZeroSignLost(Jsonl):
    def value(self, value: Any) -> float:
        return super().value(value) + 0.0


@fault("MET-4", "keeps six digits", habitat=CsvHarness, message=VALUE)
class SixDigits(Csv):
    def value(self, value: Any) -> float:
        return float(f"{super().value(value):g}")


@fault("MET-4", "keeps fifteen digits", habitat=SqliteHarness, message=VALUE)
class FifteenDigits(Sqlite):
    def value(self, value: Any) -> float:
        return float(f"{super().value(value):.15g}")


@fault("MET-4", "keeps sixteen digits", habitat=HttpHarness, message=VALUE)
class SixteenDigits(Http):
    def value(self, value: Any) -> float:
        return float(f"{super().value(value):.16g}")


@fault("MET-4", "keeps ten decimals", habitat=BufferedHarness, message=VALUE)
class TenDecimals(Buffered):
    def value(self, value: Any) -> float:
        return round(super().value(value), 10)


@fault("MET-4", "drops NaN", habitat=JsonlHarness, message=LOST)
class NanDropped(Jsonl):
    def points(self, metrics: Any) -> dict[str, float]:
        return {
            key: value for key, value in super().points(metrics).items() if not math.isnan(value)
        }


@fault(
    "MET-4",
    "drops NaN only beside other values",
    habitat=HttpHarness,
    message=LOST,
)
class NanDroppedInCompany(Http):
    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        if len(points) == 1:
            return points
        return {key: value for key, value in points.items() if not math.isnan(value)}


@fault("MET-4", "writes NaN as null", habitat=JsonlHarness, message="None|a value is altered")
class NanIsNull(Jsonl):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        values: dict[str, Any] = {
            key: None if math.isnan(value) else value for key, value in points.items()
        }
        super().record(step, split, values)


@fault("MET-4", "takes NaN for zero", habitat=SqliteHarness, message=VALUE)
class NanIsZero(Sqlite):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return 0.0 if math.isnan(exact) else exact


@fault("MET-4", "refuses NaN", habitat=BackgroundHarness, message=FAILED)
class NanRefused(Background):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        if math.isnan(exact):
            raise ValueError("the value is NaN")
        return exact


@fault("MET-4", "clips infinities", habitat=MemoryHarness, message=VALUE)
class InfinityClipped(Memory):
    def value(self, value: Any) -> float:
        return max(-1.7976931348623157e308, min(super().value(value), 1.7976931348623157e308))


@fault("MET-4", "takes minus infinity for infinity", habitat=CsvHarness, message=VALUE)
class InfinityPositive(Csv):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return abs(exact) if math.isinf(exact) else exact


@fault("MET-4", "takes infinities for NaN", habitat=HttpHarness, message=VALUE)
class InfinityIsNan(Http):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return math.nan if math.isinf(exact) else exact


@fault("MET-4", "flushes subnormals to zero", habitat=SqliteHarness, message=VALUE)
class SubnormalsFlushed(Sqlite):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return math.copysign(0.0, exact) if abs(exact) < 2.2250738585072014e-308 else exact


@fault("MET-4", "overflows beyond 1e300", habitat=BufferedHarness, message=VALUE)
class OverflowsEarly(Buffered):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return math.copysign(math.inf, exact) if abs(exact) > 1e300 else exact


@fault(
    "MET-4",
    "adds repeated values of a step up and takes the mean",
    habitat=MemoryHarness,
    message=VALUE,
)
class MeanOfRepeats(Memory):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        rows = self.log.metrics[-1:]
        if rows and (rows[0].step, rows[0].split) == (step, split):
            last = rows[0].metrics
            points = {k: (v + last[k]) / 2 if k in last else v for k, v in points.items()}
        super().record(step, split, points)


@fault(
    "MET-4",
    "keeps half precision, less than any store may",
    habitat=MemoryHarness,
    message=VALUE,
    capabilities=APPROXIMATE,
)
class Float16(Memory):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        mantissa, exponent = math.frexp(exact)
        return math.ldexp(round(mantissa * 2048), exponent - 11) if abs(exact) < 1e300 else exact


@fault(
    "MET-4",
    "keeps five digits, less than any store may",
    habitat=CsvHarness,
    message=VALUE,
    capabilities=APPROXIMATE,
)
class FiveDigits(Csv):
    def value(self, value: Any) -> float:
        return float(f"{super().value(value):.5g}")


@fault(
    "MET-4",
    "loses points that float32 can't hold",
    habitat=JsonlHarness,
    message=LOST,
    capabilities=APPROXIMATE,
)
class BeyondFloat32Lost(Jsonl):
    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        return {key: value for key, value in points.items() if not 3.4e38 < abs(value) < math.inf}


@fault(
    "MET-4",
    "loses NaN, as no store may",
    habitat=SqliteHarness,
    message=LOST,
    capabilities=APPROXIMATE,
)
class ApproximateNanLost(Sqlite):
    def points(self, metrics: Any) -> dict[str, float]:
        return {
            key: value for key, value in super().points(metrics).items() if not math.isnan(value)
        }


@fault(
    "MET-4",
    "takes values below 1e-30 for zero",
    habitat=BufferedHarness,
    message=VALUE,
    capabilities=APPROXIMATE,
)
class SmallIsZero(Buffered):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return 0.0 if abs(exact) < 1e-30 else exact


@fault(
    "MET-4",
    "keeps the text of a value for all that are equal to it",
    habitat=CsvHarness,
    message=VALUE,
)
class TextByEquality(Csv):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.texts: dict[float, float] = {}

    def value(self, value: Any) -> float:
        exact = super().value(value)
        return self.texts.setdefault(exact, exact)


@fault("MET-4", "takes values below 1e-10 for zero", habitat=HttpHarness, message=VALUE)
class TinyIsZero(Http):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        return math.copysign(0.0, exact) if abs(exact) < 1e-10 else exact


@fault("MET-4", "drops a NaN that comes first under its key", habitat=MemoryHarness, message=LOST)
class FirstNanDropped(Memory):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.known: set[str] = set()

    def points(self, metrics: Any) -> dict[str, float]:
        points = super().points(metrics)
        kept = {k: v for k, v in points.items() if k in self.known or not math.isnan(v)}
        self.known |= points.keys()
        return kept


@fault("MET-4", "keeps whole values as 64-bit integers", habitat=SqliteHarness, message=VALUE)
class WholeAsInt64(Sqlite):
    def value(self, value: Any) -> float:
        exact = super().value(value)
        if math.isfinite(exact) and exact.is_integer():
            return float(max(-(2**63), min(int(exact), 2**63 - 1))) or exact
        return exact

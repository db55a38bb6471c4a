"""Small stores with a fault each, whose cause is known."""

import math
import operator
import threading
from typing import Any, ClassVar

from zoo.backends.memory import LOGS, Memory
from zoo.front import text


class LosesEvery64th(Memory):
    """MET-1: every 64th row is lost."""

    def __init__(self, *, destination: str) -> None:
        super().__init__(destination=destination)
        self.rows = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.rows += 1
        if self.rows % 64:
            super().record(step, split, points)


class LowersKeys(Memory):
    """MET-6: keys come back in lower case."""

    def key(self, key: Any) -> str:
        return text(key).lower()


class DropsNaN(Memory):
    """MET-4: points that are not a number are lost."""

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        kept = {key: value for key, value in points.items() if not math.isnan(value)}
        super().record(step, split, kept)


class AcceptsNumbersAsText(Memory):
    """MET-7: a string that looks like a number is taken for one."""

    def value(self, value: Any) -> float:
        return float(value)


class MergesDeep(Memory):
    """HP-2: a nested dict is merged into an earlier one."""

    def merge(self, params: dict[str, Any]) -> None:
        for key, value in params.items():
            earlier: Any = self.log.hyperparams.get(key)
            if isinstance(earlier, dict) and isinstance(value, dict):
                earlier.update(value)
            else:
                self.log.hyperparams[key] = value


class ForgetsAtSecondClose(Memory):
    """CL-2: closing again removes the log."""

    def shut(self) -> None:
        if self.closed:
            self.log.metrics.clear()
        super().shut()


class DoublesWhenReopened(Memory):
    """CAP-RESUME: a new instance writes the last row again."""

    def __init__(self, *, destination: str) -> None:
        super().__init__(destination=destination)
        self.log.metrics.extend(self.log.metrics[-1:])


class RaisesOnEmptyDict(Memory):
    """MET-8: an empty dict is refused."""

    def points(self, metrics: Any) -> dict[str, float]:
        if not metrics:
            raise ValueError("there are no metrics")
        return super().points(metrics)


class LosesInThreads(Memory):
    """CAP-THREADS: rows are read, and written back when another thread may have written."""

    def __init__(self, *, destination: str) -> None:
        super().__init__(destination=destination)
        self.owner = threading.get_ident()
        self.others = 0

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        # As a race would, but in every run: each third row of another thread is lost.
        self.others += threading.get_ident() != self.owner
        if threading.get_ident() == self.owner or self.others % 3:
            super().record(step, split, points)


class DropsRepeatedSteps(Memory):
    """MET-3: a second row at one step replaces the first."""

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.log.metrics[:] = [
            row for row in self.log.metrics if (row.step, row.split) != (step, split)
        ]
        super().record(step, split, points)


class WantsFloats(Memory):
    """MET-5: what only behaves as a number is refused."""

    def value(self, value: Any) -> float:
        if not isinstance(value, float):
            raise TypeError(f"expected a float, got {type(value).__name__}")
        return float(value)


class KeepsTheDict(Memory):
    """HP-4: nested values stay the caller's own."""

    def hyperparams(self, params: Any) -> dict[str, Any]:
        super().hyperparams(params)
        return dict(params)


class LosesTheLast(Memory):
    """CL-1: the last row is not written when the store is closed."""

    def release(self) -> None:
        del self.log.metrics[-1:]


class WritesAfterClose(Memory):
    """CL-3: a closed store takes hyperparameters."""

    def refuse_if_closed(self, method: str) -> None:
        if method != "log_hyperparams":
            super().refuse_if_closed(method)


class SharesRows(Memory):
    """ID-4: rows go to the instance that was opened last."""

    last: ClassVar[str] = ""

    def __init__(self, *, destination: str) -> None:
        super().__init__(destination=destination)
        SharesRows.last = destination

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.log = LOGS[SharesRows.last]
        super().record(step, split, points)


class ForgetsArtifacts(Memory):
    """ART-1: a name that comes again replaces the earlier artifact."""

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.log.artifacts[:] = [each for each in self.log.artifacts if each.name != name]
        super().add_artifact(name, path, kind)


class RoundsSteps(Memory):
    """MET-3: steps are kept in 32 bits."""

    def step(self, step: Any) -> int:
        return operator.index(step) & 0xFFFFFFFF


class TwoFaults(AcceptsNumbersAsText, LosesEvery64th):
    """MET-7 and MET-1."""


class OthersFault(MergesDeep, DropsNaN):
    """HP-2 and MET-4."""

"""What a list of calls must leave behind, and whether a reader's ``RunLog`` is that.

Points are compared per series, a series being one key under one split: the contract leaves free
how points are grouped into rows. Everything here is computed from the calls alone; no code of a
store is used.
"""

import math
import operator
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from evsys_conformance.programs.calls import Call, source
from evsys_sdk import MetricRow, RunLog

Series = tuple[Any, Any]
"""Key and split; the split is None for a store that does not claim ``split``."""
Point = tuple[Any, Any]
"""Step and value."""


@dataclass(frozen=True)
class Precision:
    """How values and splits are judged, by what the store claims."""

    float64: bool = True
    split: bool = True

    def same_value(self, expected: float, found: Any) -> bool:
        """Whether ``found`` is what ``expected`` must come back as (MET-4)."""
        if not self.float64 and not _judged_without_float64(expected):
            return True
        if isinstance(found, bool | str | bytes) or not hasattr(found, "__float__"):
            return False
        try:
            number = float(found)
        except (TypeError, ValueError, OverflowError):
            return False
        if not self.float64:
            return math.isclose(expected, number, rel_tol=1e-6)
        if math.isnan(expected):
            return math.isnan(number)
        # An int beyond 2**53 equals a float only where it is that very number.
        exact = found == expected if isinstance(found, int) else True
        return exact and struct.pack("<d", number) == struct.pack("<d", expected)


def _judged_without_float64(value: float) -> bool:
    return value == 0 or 1e-37 <= abs(value) <= 3e38


def expected_points(calls: Iterable[Call], precision: Precision) -> dict[Series, list[Point]]:
    """Every point that ``calls`` must have recorded, per series, in order (MET-1, MET-2)."""
    points: dict[Series, list[Point]] = defaultdict(list)
    for call in calls:
        bound = dict(zip(_PARAMETERS.get(call.method, ()), call.arguments, strict=False))
        bound.update(call.keywords)
        if call.method == "log_scalar":
            items, split = {bound["key"]: bound["value"]}, "train"
        elif call.method == "log_metrics":
            items, split = bound["metrics"], bound.get("split", "train")
        else:
            continue
        step = operator.index(bound["step"])
        for key, value in items.items():
            points[key, split if precision.split else None].append((step, float(value)))
    return dict(points)


_PARAMETERS = {"log_scalar": ("key", "value", "step"), "log_metrics": ("metrics", "step")}


def found_points(rows: Iterable[Any], precision: Precision) -> dict[Series, list[Point]]:
    """Every point that a reader reports, per series, in its order."""
    points: dict[Series, list[Point]] = defaultdict(list)
    for row in rows:
        split = row.split if precision.split else None
        for key, value in row.metrics.items():
            points[key, split].append((row.step, value))
    return dict(points)


def same_step(expected: int, found: Any) -> bool:
    """Whether ``found`` is the step ``expected``, whatever integer type a reader uses."""
    return bool(not isinstance(found, str) and found == expected)


def metric_difference(
    expected: dict[Series, list[Point]],
    found: dict[Series, list[Point]],
    precision: Precision,
    optional: dict[Series, list[Point]] | None = None,
) -> str | None:
    """Say how ``found`` differs from ``expected``; None where it does not.

    ``optional`` are points of a call that was under way when the process was killed: each of them
    may stand once, after the others of its series.
    """
    problems: list[str] = []
    for series in sorted({*expected, *found}, key=repr):
        have = found.get(series, [])
        want = expected.get(series, [])
        rest = have[len(want) :]
        allowed = (optional or {}).get(series, [])
        if rest and len(rest) <= len(allowed) and _same(allowed[: len(rest)], rest, precision):
            have = have[: len(want)]
        if not _same(want, have, precision):
            problems.append(_series_problem(series, want, have, precision))
    moved = _split_problem(expected, found) if precision.split else None
    if moved and problems:
        problems.insert(0, moved)
    return "\n".join(_limited(problems)) or None


def _same(want: list[Point], have: list[Point], precision: Precision) -> bool:
    return len(want) == len(have) and all(
        same_step(w[0], h[0]) and precision.same_value(w[1], h[1])
        for w, h in zip(want, have, strict=True)
    )


def _split_problem(
    expected: dict[Series, list[Point]], found: dict[Series, list[Point]]
) -> str | None:
    for key, split in expected:
        if (key, split) not in found:
            others = sorted({repr(s) for k, s in found if k == key and (k, s) not in expected})
            if others:
                return f"The key {source(key)} stands under split {', '.join(others)}."
    return None


def _series_problem(
    series: Series, want: list[Point], have: list[Point], precision: Precision
) -> str:
    where = _named(series, precision)
    if not want:
        return f"{where} was never logged, and is recorded: {_points(have)}"
    if not have:
        return f"{where} is not recorded; expected {_points(want)}"
    lines = [f"{where}: {_kind_of_difference(want, have, precision)}"]
    first = next(
        (
            i
            for i, (w, h) in enumerate(zip(want, have, strict=False))
            if not _same([w], [h], precision)
        ),
        min(len(want), len(have)),
    )
    start = max(0, first - 2)
    lines += [
        f"    expected {_points(want[start : first + 4], start, len(want))}",
        f"    recorded {_points(have[start : first + 4], start, len(have))}",
    ]
    return "\n".join(lines)


def _kind_of_difference(want: list[Point], have: list[Point], precision: Precision) -> str:
    if len(have) < len(want):
        less = len(want) - len(have)
        return f"{less} of {len(want)} points {'are' if less > 1 else 'is'} missing"
    if len(have) > len(want):
        more = len(have) - len(want)
        return f"{more} point{'s' * (more > 1)} too many (logged {len(want)})"
    steps_differ = any(not same_step(w[0], h[0]) for w, h in zip(want, have, strict=True))
    if steps_differ:
        unmatched = list(have)
        for point in want:
            index = next(
                (i for i, h in enumerate(unmatched) if _same([point], [h], precision)), None
            )
            if index is None:
                return "a step is altered"
            del unmatched[index]
        return "the order is not that of the calls"
    return "a value is altered"


def _named(series: Series, precision: Precision) -> str:
    key, split = series
    return f"key {source(key)}, split {source(split)}" if precision.split else f"key {source(key)}"


def _points(points: list[Point], start: int = 0, total: int | None = None) -> str:
    shown = ", ".join(f"{source(value)} at step {source(step)}" for step, value in points[:6])
    before = "… " if start else ""
    after = " …" if start + len(points[:6]) < (total if total is not None else len(points)) else ""
    return f"{before}{shown or 'nothing'}{after}"


def _limited(problems: list[str], most: int = 4) -> list[str]:
    if len(problems) <= most:
        return problems
    return [*problems[:most], f"… and {len(problems) - most} more series differ"]


def merged_hyperparams(calls: Iterable[Call]) -> dict[str, Any]:
    """The hyperparameters that ``calls`` must leave: a shallow merge (HP-2)."""
    merged: dict[str, Any] = {}
    for call in calls:
        if call.method == "log_hyperparams":
            merged.update(call.arguments[0] if call.arguments else call.keywords["params"])
    return merged


def json_difference(expected: Any, found: Any, where: str = "") -> str | None:
    """Say where ``found`` is not the JSON value ``expected`` (HP-1); None where it is."""
    if isinstance(expected, dict):
        return _dict_difference(cast("dict[str, Any]", expected), found, where)
    if isinstance(expected, list | tuple):
        return _list_difference(cast("list[Any]", expected), found, where)
    if isinstance(expected, float) and not math.isfinite(expected):
        return None if _same_nonfinite(expected, found) else _changed(expected, found, where)
    if isinstance(expected, bool) or expected is None:
        return None if found is expected else _changed(expected, found, where)
    kind = float if isinstance(expected, float) else int if isinstance(expected, int) else str
    same = isinstance(found, kind) and not isinstance(found, bool) and found == expected
    return None if same else _changed(expected, found, where)


def _list_difference(expected: list[Any], found: Any, where: str) -> str | None:
    if not isinstance(found, Sequence) or isinstance(found, str):
        return _changed(expected, found, where)
    have: list[Any] = list(cast("Any", found))
    if len(have) != len(expected):
        return _changed(expected, found, where)
    pairs = enumerate(zip(expected, have, strict=True))
    problems = (json_difference(e, f, f"{where}[{i}]") for i, (e, f) in pairs)
    return next(filter(None, problems), None)


def _dict_difference(expected: dict[str, Any], found_dict: Any, where: str) -> str | None:
    if not isinstance(found_dict, Mapping):
        return _changed(expected, found_dict, where)
    found = cast("Mapping[str, Any]", found_dict)
    for key, value in expected.items():
        place = f"{where}[{source(key)}]"
        if key not in found:
            return f"hyperparams{place} is missing; expected {_short(value)}"
        problem = json_difference(value, found[key], place)
        if problem:
            return problem
    for key, value in found.items():
        if key not in expected:
            return f"hyperparams{where}[{source(key)}] was never logged, and is {_short(value)}"
    return None


def _same_nonfinite(expected: float, found: Any) -> bool:
    if isinstance(found, float):
        return found == expected or (math.isnan(found) and math.isnan(expected))
    name = "NaN" if math.isnan(expected) else "Infinity" if expected > 0 else "-Infinity"
    return bool(found == name)


def _changed(expected: Any, found: Any, where: str) -> str:
    return (
        f"hyperparams{where}: expected {_short(expected)} ({type(expected).__name__}), "
        f"recorded {_short(found)} ({type(found).__name__})"
    )


def _short(value: Any, most: int = 200) -> str:
    try:
        text = source(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"
    return text if len(text) <= most else text[:most] + "…"


Pointer = tuple[Any, Any, Any]
"""Name, path and kind."""


def expected_artifacts(calls: Iterable[Call]) -> list[Pointer]:
    """Name, path and kind of every ``log_artifact`` call, in order (ART-1)."""
    return [
        (call.arguments[0], call.arguments[1], call.keywords.get("kind", "file"))
        for call in calls
        if call.method == "log_artifact"
    ]


def found_artifacts(pointers: Iterable[Any]) -> list[Pointer]:
    """Every pointer that a reader reports, in its order."""
    return [(pointer.name, pointer.path, pointer.kind) for pointer in pointers]


def artifact_difference(
    expected: list[Pointer], have: list[Pointer], optional: list[Pointer] | None = None
) -> str | None:
    """Say how the recorded pointers differ from ``expected``; None where they do not."""
    if have == expected or (optional and have == expected + optional):
        return None
    for index in range(max(len(expected), len(have))):
        want = expected[index] if index < len(expected) else None
        got = have[index] if index < len(have) else None
        if want != got:
            return (
                f"{len(expected)} artifacts were logged, {len(have)} are recorded; number "
                f"{index + 1} differs (name, path, kind):\n"
                f"    expected {_short(want) if want else 'nothing'}\n"
                f"    recorded {_short(got) if got else 'nothing'}"
            )
    return None


def under_names_of(calls: Iterable[Call], run_log: RunLog) -> RunLog:
    """The part of a log that is recorded under keys, hyperparameters and names of ``calls``."""
    calls = list(calls)
    keys = {key for key, _ in expected_points(calls, Precision())}
    params = merged_hyperparams(calls)
    names = {name for name, _, _ in expected_artifacts(calls)}
    return RunLog(
        [
            MetricRow(
                row.step,
                getattr(row, "split", None),  # not needed where ``split`` is not claimed
                {key: value for key, value in row.metrics.items() if key in keys},
            )
            for row in run_log.metrics
        ],
        {key: value for key, value in run_log.hyperparams.items() if key in params},
        [pointer for pointer in run_log.artifacts if pointer.name in names],
    )

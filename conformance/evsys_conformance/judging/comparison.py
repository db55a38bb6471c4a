"""How a log differs from what it must hold.

Points are compared per series, a series being one key under one split: the contract leaves free
how points are grouped into rows. Everything here is computed from the calls alone; no code of a
store is used.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from evsys_conformance.judging.differences import Difference, Kind
from evsys_conformance.judging.expected import (
    Artifact,
    Point,
    Pointer,
    Record,
    Series,
    expected_artifacts,
    expected_hyperparams,
    expected_points,
)
from evsys_conformance.judging.json_values import hyperparam_differences
from evsys_conformance.judging.precision import Precision, same_step
from evsys_conformance.judging.sequences import lost_and_extra, out_of_order, present
from evsys_conformance.programs.calls import shortened_source, source
from evsys_sdk.run_log import RunLog

RecordedPoint = tuple[Any, Any]
"""Step and value of a point as a reader reports it."""


def differences(
    records: Sequence[Record], run_log: RunLog, precision: Precision
) -> Iterator[Difference]:
    """Every difference between ``run_log`` and the log that ``records`` must give.

    Raises:
        Exception: The log does not consist of the right containers.
    """
    loose = {record.call.method for record in records if not record.judged}
    judged = [record for record in records if record.judged]
    points = point_differences(
        expected_points(judged, split=precision.split),
        recorded_points(run_log.metrics, split=precision.split),
        precision,
        extra_allowed=bool(loose & {"log_scalar", "log_metrics"}),
    )
    hyperparams = hyperparam_differences(
        expected_hyperparams(judged),
        run_log.hyperparams,
        extra_allowed="log_hyperparams" in loose,
    )
    artifacts = artifact_differences(
        expected_artifacts(judged),
        [(each.name, each.path, each.kind) for each in run_log.artifacts],
        extra_allowed="log_artifact" in loose,
    )
    areas = {"points": points, "hyperparams": hyperparams, "artifacts": artifacts}
    for area, problems in areas.items():
        yield from (replace(problem, area=area) for problem in problems)


def recorded_points(rows: Iterable[Any], *, split: bool) -> dict[Series, list[RecordedPoint]]:
    """Every point that a reader reports, per series, in its order."""
    points: dict[Series, list[RecordedPoint]] = defaultdict(list)
    for row in rows:
        under = row.split if split else None
        for key, value in row.metrics.items():
            points[key, under].append((row.step, value))
    return dict(points)


def point_differences(
    expected: dict[Series, list[Point]],
    found: dict[Series, list[RecordedPoint]],
    precision: Precision,
    *,
    extra_allowed: bool = False,
) -> Iterator[Difference]:
    """How the points that are recorded differ from those that were logged."""
    strangers = [series for series in found if series not in expected and not extra_allowed]
    there: list[Series] = []
    for series, want in expected.items():
        must = [point for point in want if not point.record.optional]
        if must and not found.get(series):
            yield _missing_series(series, must, strangers, found, precision)
        else:
            there.append(series)
    for series in strangers:
        what = f"{_named(series, precision)} was never logged, but is recorded: "
        yield Difference("invented", what + _shown(found[series]))
    for series in there:
        yield from _series_differences(series, expected[series], found.get(series, []), precision)


def _missing_series(
    series: Series,
    want: list[Point],
    strangers: list[Series],
    found: dict[Series, list[RecordedPoint]],
    precision: Precision,
) -> Difference:
    steps = _origins(want)
    lost = [(point.step, point.value) for point in want]
    text = f"{_named(series, precision)} is not recorded; expected {_shown(lost)}"
    kind: Kind = "lost"
    for other in strangers:
        if len(found[other]) == len(want):
            kind = "under another split" if other[0] == series[0] else "mixed up"
            text += f". The same number of points is recorded under {_named(other, precision)}"
            break
    return Difference(kind, text, steps)


def _series_differences(
    series: Series, want: list[Point], have: list[RecordedPoint], precision: Precision
) -> Iterator[Difference]:
    must = present(want, have, _matcher(precision))
    if len({point.record.chain for point in must}) > 1:
        yield from _interleaved(series, must, have, precision)
        return
    same = _matcher(precision)
    if len(must) == len(have) and all(map(same, must, have)):
        return
    yield _one_series(series, must, have, precision)


def _matcher(precision: Precision) -> Callable[[Point, RecordedPoint], bool]:
    same_value = precision.same_value

    def same(point: Point, found: RecordedPoint) -> bool:
        return same_step(point.step, found[0]) and same_value(point.value, found[1])

    return same


def _one_series(
    series: Series, want: list[Point], have: list[RecordedPoint], precision: Precision
) -> Difference:
    kind, what, points = _what_differs(want, have, precision)
    same = _matcher(precision)
    pairs = enumerate(zip(want, have, strict=False))
    first = next((n for n, (w, h) in pairs if not same(w, h)), min(len(want), len(have)))
    start = max(0, first - 2)
    logged = [(point.step, point.value) for point in want]
    text = (
        f"{_named(series, precision)}: {what}\n"
        f"    expected {_shown(logged[start : first + 4], start, len(want))}\n"
        f"    recorded {_shown(have[start : first + 4], start, len(have))}"
    )
    return Difference(kind, text, _origins(points))


def _what_differs(
    want: list[Point], have: list[RecordedPoint], precision: Precision
) -> tuple[Kind, str, list[Point]]:
    """What happened to a series, in a word and in a sentence, and to which points."""
    same = _matcher(precision)
    unmatched = list(have)
    lost: list[Point] = []
    for point in want:
        place = next((n for n, found in enumerate(unmatched) if same(point, found)), None)
        if place is None:
            lost.append(point)
        else:
            del unmatched[place]
    if len(have) < len(want):
        less = len(want) - len(have)
        shown = f": {_shown([(p.step, p.value) for p in lost[:3]])}" if len(lost) == less else ""
        sentence = f"{less} of {len(want)} points {'are' if less > 1 else 'is'} missing{shown}"
        return "lost", sentence, lost or want[-less:]
    if len(have) > len(want):
        more = len(have) - len(want)
        again = [p for p in want if any(same(p, found) for found in unmatched)]
        sentence = f"{more} point{'s' * (more > 1)} too many (logged {len(want)})"
        return ("doubled" if again else "invented"), sentence, again or want
    if not lost:
        out = [w for w, h in zip(want, have, strict=True) if not same(w, h)]
        return "reordered", "the order is not that of the calls", out
    steps_kept = all(same_step(w.step, h[0]) for w, h in zip(want, have, strict=True))
    return "altered", f"a {'value' if steps_kept else 'step'} is altered", lost


def _interleaved(
    series: Series, want: list[Point], have: list[RecordedPoint], precision: Precision
) -> Iterator[Difference]:
    """Compare a series that several threads or processes wrote: each keeps its own order."""
    named = _named(series, precision)
    keys = [_key(*found) for found in have]
    lost, extra = lost_and_extra(want, keys, _key_of)
    if lost or extra:
        less = f"{len(lost)} of {len(want)} points {'are' if len(lost) > 1 else 'is'} missing"
        more = f"{extra} point{'s' * (extra > 1)} too many (logged {len(want)})"
        what = "; ".join([less] * bool(lost) + [more] * bool(extra))
        yield Difference("lost" if lost else "doubled", f"{named}: {what}", _origins(want))
    elif own := out_of_order(want, keys, _key_of):
        text = f"{named}: the order is not that of the calls of one thread or process"
        yield Difference("reordered", text, _origins(own))


def _key_of(point: Point) -> RecordedPoint:
    return _key(point.step, point.value)


def _key(step: Any, value: Any) -> RecordedPoint:
    if isinstance(step, str) or isinstance(value, str):
        return repr(step), repr(value)
    try:
        return int(step), float(value)
    except (TypeError, ValueError, OverflowError):
        return repr(step), repr(value)


def artifact_differences(
    expected: list[Artifact], have: list[Pointer], *, extra_allowed: bool = False
) -> Iterator[Difference]:
    """How the artifacts that are recorded differ from those that were logged."""
    if extra_allowed:
        wanted = [artifact.pointer for artifact in expected]
        have = [pointer for pointer in have if pointer in wanted]
    must = present(expected, have, lambda artifact, pointer: artifact.pointer == pointer)
    if len({artifact.record.chain for artifact in must}) > 1:
        yield from _interleaved_artifacts(must, have)
        return
    pointers = [artifact.pointer for artifact in must]
    if have == pointers:
        return
    length = max(len(pointers), len(have))
    first = next(n for n in range(length) if pointers[n : n + 1] != have[n : n + 1])
    kind: Kind = "altered"
    if len(have) != len(pointers):
        kind = "lost" if len(have) < len(pointers) else "doubled"
    elif sorted(map(repr, have)) == sorted(map(repr, pointers)):
        kind = "reordered"
    about = [artifact for artifact in must if artifact.pointer not in have]
    yield Difference(
        kind,
        f"{len(pointers)} artifacts were logged, {len(have)} are recorded; number {first + 1} "
        f"differs (name, path, kind):\n"
        f"    expected {_pointer(pointers, first)}\n    recorded {_pointer(have, first)}",
        _origins(about or must[first : first + 1]),
    )


def _interleaved_artifacts(must: list[Artifact], have: list[Pointer]) -> Iterator[Difference]:
    lost, extra = lost_and_extra(must, have, lambda artifact: artifact.pointer)
    if lost or extra:
        text = f"{len(must)} artifacts were logged, {len(have)} are recorded"
        if lost:
            text += f"; {_pointer([lost[0].pointer], 0)} is missing"
        yield Difference("lost" if lost else "doubled", text, _origins(must))
    elif own := out_of_order(must, have, lambda artifact: artifact.pointer):
        text = "artifacts of one thread or process are not recorded in the order of its calls"
        yield Difference("reordered", text, _origins(own))


def _pointer(pointers: list[Pointer], place: int) -> str:
    return shortened_source(pointers[place]) if place < len(pointers) else "nothing"


def _origins(parts: Iterable[Point | Artifact]) -> frozenset[int]:
    return frozenset(part.record.step for part in parts)


def _named(series: Series, precision: Precision) -> str:
    key, split = series
    return f"key {source(key)}, split {source(split)}" if precision.split else f"key {source(key)}"


def _shown(points: Sequence[RecordedPoint], start: int = 0, total: int | None = None) -> str:
    shown = ", ".join(f"{source(value)} at step {source(step)}" for step, value in points[:6])
    before = "… " if start else ""
    after = " …" if start + len(points[:6]) < (total if total is not None else len(points)) else ""
    return f"{before}{shown or 'nothing'}{after}"

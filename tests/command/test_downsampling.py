"""Down-sampling keeps the important points of any log, read in any pieces."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evsys_sdk.command.show import downsampling as module
from evsys_sdk.command.show.downsampling import Curve, Points

STEPS = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 30)
VALUES = st.floats(allow_nan=True, allow_infinity=True, width=64) | st.sampled_from(
    [math.nan, math.inf, -math.inf, 0.0, 1.0]
)
LOGGED = st.lists(st.tuples(STEPS, VALUES), min_size=1, max_size=200)
SIZES = st.sampled_from([1, 2, 3, 8, 64])


def columns(logged: list[tuple[int, float]]) -> tuple[module.Integers, module.Floats]:
    steps = np.array([step for step, _ in logged], np.int64)
    return steps, np.array([value for _, value in logged], np.float64)


def bits(value: float) -> bytes:
    return np.float64(value).tobytes()


def check_kept(kept: Points, logged: list[tuple[int, float]], size: int) -> None:
    """All that the module's docstring promises, told in the plainest Python."""
    places: list[int] = kept.order.tolist()
    assert places == sorted(set(places))
    steps: list[int] = kept.step.tolist()
    values: list[float] = kept.value.tolist()
    for place, step, value in zip(places, steps, values, strict=True):
        assert (step, bits(value)) == (logged[place][0], bits(logged[place][1]))
    for start in range(0, len(logged), size):
        inside = range(start, min(start + size, len(logged)))
        here = [place for place in places if place in inside]
        assert len(here) <= 11
        assert {inside[0], inside[-1]} <= {*here}
        finite = [logged[place][1] for place in inside if math.isfinite(logged[place][1])]
        if finite:
            found = [value for value in (logged[p][1] for p in here) if math.isfinite(value)]
            assert (min(found), max(found)) == (min(finite), max(finite))
        for kind in (math.isnan, math.inf.__eq__, (-math.inf).__eq__):
            of_kind = [place for place in inside if kind(logged[place][1]) is True]
            if of_kind:
                assert of_kind[0] in here
            weights = [kept.weight[n] for n, p in enumerate(places) if p in of_kind]
            assert sum(weights) == len(of_kind)


@settings(deadline=None)
@given(LOGGED, SIZES)
def test_of_each_bucket_everything_promised_is_kept(
    logged: list[tuple[int, float]], size: int
) -> None:
    check_kept(Points.logged(*columns(logged), 0).kept(size), logged, size)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-50, 50), VALUES), min_size=1, max_size=200), SIZES)
def test_both_sides_of_the_widest_jump_of_each_bucket_are_kept(
    logged: list[tuple[int, float]], size: int
) -> None:
    places = {*Points.logged(*columns(logged), 0).kept(size).order.tolist()}
    for start in range(0, len(logged), size):
        inside = range(start + 1, min(start + size, len(logged)))
        moves = [logged[place][0] - logged[place - 1][0] for place in inside]
        for widest in (max([0, *moves]), min([0, *moves])):
            if widest:
                pairs = [
                    {p - 1, p} for p, move in zip(inside, moves, strict=True) if move == widest
                ]
                assert any(pair <= places for pair in pairs)


@settings(deadline=None)
@example([(37_582_707_188_189_201, 0.0), (5, 0.0), (2**62, 0.0)], [1], 2)
@example([(-(2**63), 0.0), (2**63 - 1, 0.0), (2**63 - 2, 0.0)], [1], 2)
@given(LOGGED, st.lists(st.integers(0, 200)), st.sampled_from([2, 4, 16]))
def test_pieces_and_steps_of_reduction_change_nothing(
    logged: list[tuple[int, float]], cuts: list[int], size: int
) -> None:
    steps, values = columns(logged)
    whole = Points.logged(steps, values, 0)
    twice = whole.kept(size).kept(size * 2)
    check_kept(twice, logged, size * 2)
    curve = Curve()
    edges = [0, *sorted(cut for cut in cuts if cut < len(logged)), len(logged)]
    for start, stop in pairwise(edges):
        part = Curve()
        part.append(steps[start:stop], values[start:stop])
        curve.join(part)
    assert curve.count == len(logged)
    assert curve.backward == sum(b < a for (a, _), (b, _) in pairwise(logged))
    for name in ("order", "step", "before", "after", "weight"):
        assert getattr(curve.points, name).tolist() == getattr(whole, name).tolist()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60_000), st.integers(2000, 20_000))
def test_a_long_curve_stays_small_and_keeps_its_landmarks(
    seed: int, count: int, piece: int
) -> None:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=count)
    bad = draw.integers(count, size=min(count, 3))
    values[bad] = [math.nan, math.inf, -math.inf][: len(bad)]
    steps = np.arange(count)
    steps[count // 2 :] += 10 * count
    curve = Curve()
    for start in range(0, count, piece):
        curve.append(steps[start : start + piece], values[start : start + piece])
    points = curve.points
    assert len(points) <= 8192
    assert curve.count == count
    kept = {*points.step.tolist()}
    assert {*steps[[0, -1, *bad, count // 2, max(0, count // 2 - 1)]].tolist()} <= kept
    finite = np.isfinite(values)
    if finite.any():
        inside = points.value[np.isfinite(points.value)]
        assert inside.min() == values[finite].min()
        assert inside.max() == values[finite].max()
    assert points.weight[~np.isfinite(points.value)].sum() == (~finite).sum()
    assert len(curve.at_most(100)) <= 100


@pytest.mark.parametrize("count", [1, 5000])
def test_a_short_curve_is_kept_whole(count: int) -> None:
    curve = Curve()
    curve.append(np.arange(count), np.zeros(count))
    assert curve.points.order.tolist() == [*range(count)]

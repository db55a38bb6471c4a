"""How a chart is drawn at first: the scale of its values, and the line through noisy ones."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from evsys_sdk.command.show.downsampling import Floats, Integers

__all__ = ["SMOOTHING", "log_shows_more", "smoothed"]

SMOOTHING = 0.05
"""The smoothed line averages over this share of the steps."""
_FEWEST = 3
"""A window with fewer points than this on average smooths nothing."""
_RESTLESS = 4
"""A curve has noise if it moves up and down by this many times its range in all."""


def log_shows_more(values: Iterable[Floats]) -> bool:
    """Return whether a log scale shows more of some curves than a linear scale does.

    It does if all values are positive, the largest is at least ten times the smallest, and at
    least half of the values would be in the lowest tenth of a linear scale.
    """
    joined = np.concatenate([np.array([]), *values])
    finite = joined[np.isfinite(joined)]
    if not len(finite) or finite.min() <= 0 or finite.max() / 10 < finite.min():
        return False
    return bool(np.median(finite) < finite.min() + (finite.max() - finite.min()) / 10)


def smoothed(steps: Integers, values: Floats, breaks: Iterable[int], *, log: bool) -> Floats | None:
    """Return the mean of the values around each point, or None if there is nothing to smooth.

    The window covers a share of the steps. Towards the ends of an unbroken piece of the line it
    shrinks on both sides, so that the line begins and ends at a logged value. On a log scale the
    mean is the geometric mean. Few points, and curves without noise, are not smoothed.
    """
    if len(steps) * SMOOTHING < _FEWEST:
        return None
    where = steps.astype(np.float64)
    reach = (where.max() - where.min()) / 2 * SMOOTHING
    result = np.full(len(values), np.nan)
    finite = np.isfinite(values) & ((values > 0) | (not log))
    ends = [*np.flatnonzero(np.diff(finite)) + 1, *breaks]
    pieces = np.split(np.arange(len(values)), sorted({*ends}))
    pieces = [piece for piece in pieces if len(piece) and finite[piece[0]]]
    if not _is_restless([values[piece] for piece in pieces], log=log):
        return None
    for piece in pieces:
        result[piece] = _piece(where[piece], values[piece], reach, log=log)
    return result


def _is_restless(pieces: list[Floats], *, log: bool) -> bool:
    heights = [
        np.log(piece) if log else piece / 1e4 for piece in pieces
    ]  # sums stay within float64
    if not heights:
        return False
    moved = sum(float(np.abs(np.diff(piece)).sum()) for piece in heights)
    low, high = (edge([*map(edge, heights)]) for edge in (np.min, np.max))
    return bool(moved > _RESTLESS * (high - low))


def _piece(where: Floats, values: Floats, reach: float, *, log: bool) -> Floats:
    largest = float(np.abs(values).max()) or 1.0  # a sum of values themselves may overflow
    sums = np.concatenate([[0.0], np.cumsum(np.log(values) if log else values / largest)])
    reaches = np.minimum(reach, np.minimum(where - where[0], where[-1] - where))
    first = _places(where, where - reaches, "left")
    behind = _places(where, where + reaches, "right")
    means: Floats = (sums[behind] - sums[first]) / (behind - first)
    return np.exp(means) if log else means * largest


def _places(steps: Floats, values: Floats, side: str) -> Integers:
    module: Any = np  # its types are partly unknown
    return np.asarray(module.searchsorted(steps, values, side), np.int64)

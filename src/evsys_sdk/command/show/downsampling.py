"""Down-sampling that loses no extreme, no gap and no non-finite point.

The points of a curve are cut into buckets by the order in which they were logged. Of each bucket
these points are kept, as they were logged and where they were logged:

- the first and the last one,
- the lowest and the highest finite value,
- both sides of the widest jump of the step forward, and of the widest one back,
- the first NaN, the first Infinity and the first -Infinity, each with the number of such points
  that it stands for.

Down-sampling points that were kept gives the same result as down-sampling all of them. So buckets
may be joined again and again: a file of any length is read in pieces, in several processes, in
bounded memory.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curve", "Floats", "Integers", "Points"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_MOST_OF_A_BUCKET = 11
_MOST_KEPT = 8192
"""A curve of up to this many points is kept whole."""


@dataclass(slots=True)
class Points:
    """Some points of a curve, in the order in which they were logged."""

    order: Integers
    """Which point of the curve it is, from 0."""
    step: Integers
    value: Floats
    before: Floats
    """How far the step moved since the point before, also if that one was not kept."""
    after: Floats
    """How far the step moved until the point after, also if that one was not kept."""
    weight: Integers
    """How many points of a bucket it stands for: those that are non-finite in the same way."""

    @classmethod
    def logged(cls, steps: Integers, values: Floats, first: int) -> Self:
        """All the points from number ``first`` on; the points around them are not known."""
        count = len(steps)
        before, after = np.zeros(count), np.zeros(count)
        if count > 1:  # a log may have very many curves of one point
            before[1:] = after[:-1] = _moves(steps)
        weights = np.ones(count, np.int64)
        return cls(np.arange(first, first + count), steps, values, before, after, weights)

    @classmethod
    def joined(cls, parts: "list[Points]") -> Self:
        """The points of the parts, one after the other."""
        return cls(
            *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls))
        )

    def __getitem__(self, chosen: "Integers | slice") -> "Points":
        return Points(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.order)

    def kept(self, bucket_size: int) -> "Points":
        """Those that are kept with buckets of ``bucket_size`` logged points."""
        if bucket_size == 1 or not len(self):
            return self
        head = int(-self.order[0] % bucket_size)
        whole = (len(self) - head) // bucket_size
        if whole > 1 and self.order[-1] - self.order[0] == len(self) - 1:
            middle = slice(head, head + whole * bucket_size)
            if np.isfinite(self.value[middle]).all():
                ends = self[:head].kept(bucket_size), self[middle.stop :].kept(bucket_size)
                return Points.joined([ends[0], self._kept_of_whole(middle, bucket_size), ends[1]])
        bucket = self.order // bucket_size
        starts = _starts(bucket)
        lengths = np.diff(np.append(starts, len(bucket)))
        group = np.repeat(np.arange(len(starts)), lengths)
        chosen = [starts, starts + lengths - 1]
        before, after = self.before.copy(), self.after.copy()
        # Of a jump between two buckets both sides are kept anyway.
        before[starts] = after[starts + lengths - 1] = 0
        for move in (before, after):
            chosen += [_lowest(move, starts, group), _lowest(-move, starts, group)]
        places = np.flatnonzero(np.isfinite(self.value))
        if len(places) == len(self):
            chosen += [_lowest(self.value, starts, group), _lowest(-self.value, starts, group)]
            return self[_union(chosen, len(self))]
        if len(places):
            values, starts = self.value[places], _starts(bucket[places])
            group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(places))))
            chosen += [places[_lowest(sign * values, starts, group)] for sign in (1, -1)]
        firsts, weights = self._nonfinite(bucket)
        places = _union([*chosen, firsts], len(self))
        kept = self[places]
        # One that is kept for another reason is already counted by the first of its kind.
        kept.weight = np.where(np.isfinite(kept.value), 1, 0)
        kept.weight[np.searchsorted(places, firsts)] = weights
        return kept

    def _kept_of_whole(self, part: slice, bucket_size: int) -> "Points":
        """The same for whole buckets without missing points or non-finite values.

        Nearly all points of a large file come this way: several times faster.
        """
        points = self[part]
        starts = np.arange(0, len(points), bucket_size)
        value = points.value.reshape(-1, bucket_size)
        # The first point of a bucket is kept anyway, and so is the one before it.
        move = points.before.reshape(-1, bucket_size)[:, 1:]
        moved = [starts + move.argmax(axis=1), starts + move.argmin(axis=1)]
        extremes = [starts + value.argmin(axis=1), starts + value.argmax(axis=1)]
        ends = [starts, starts + bucket_size - 1]
        places = [*ends, *extremes, *moved, *(each + 1 for each in moved)]
        return points[_union(places, len(points))]

    def _nonfinite(self, bucket: Integers) -> tuple[Integers, Integers]:
        """The places of the first point of each kind in each bucket, and how many there are."""
        firsts: list[Integers] = []
        weights: list[Integers] = []
        for kind in (np.isnan(self.value), self.value == np.inf, self.value == -np.inf):
            places = np.flatnonzero(kind)
            if len(places):
                starts = _starts(bucket[places])
                firsts.append(places[starts])
                weights.append(np.add.reduceat(self.weight[places], starts))
        return np.concatenate(firsts), np.concatenate(weights)


def _moves(steps: Integers) -> Floats:
    """How far the step moves. The result for a pair of steps does not depend on the others."""
    exact = np.diff(steps)
    if steps.min() >= -(2**60) and steps.max() <= 2**60:
        return exact.astype(np.float64)
    # A longer move may not fit into an int64.
    rounded = np.diff(steps.astype(np.float64))
    return np.where(np.abs(rounded) < 2.0**62, exact, rounded)


def _union(places: list[Integers], length: int) -> Integers:
    """Every place once, in order."""
    chosen = np.zeros(length, np.bool_)
    for each in places:
        chosen[each] = True
    return np.flatnonzero(chosen)


def _starts(bucket: Integers) -> Integers:
    """Where each bucket begins."""
    return np.flatnonzero(np.concatenate([[True], bucket[1:] != bucket[:-1]]))


def _lowest(values: Floats, starts: Integers, group: Integers) -> Integers:
    """The place of the first lowest value of each group."""
    places = np.flatnonzero(values == np.minimum.reduceat(values, starts)[group])
    return places[_starts(group[places])]


_NO_POINTS = Points.logged(np.array([], np.int64), np.array([]), 0)


class Curve:
    """A curve of any length in bounded memory: how many points it has, and those that are kept."""

    def __init__(self) -> None:
        self.count: int = 0
        """How many points were logged."""
        self.backward: int = 0
        """How often the step went back."""
        self.points: Points = _NO_POINTS
        self.bucket_size: int = 1
        """How many logged points share a bucket."""

    def append(self, steps: Integers, values: Floats) -> None:
        """Add points that were logged after those that are here."""
        count = len(steps)
        if count:
            backward = int(np.count_nonzero(steps[1:] < steps[:-1])) if count > 1 else 0
            self._add(Points.logged(steps, values, self.count), count, backward, 1)

    def join(self, behind: "Curve") -> None:
        """Add a curve whose points were logged after those that are here."""
        if behind.count:
            behind.points.order = behind.points.order + self.count
            self._add(behind.points, behind.count, behind.backward, behind.bucket_size)

    def _add(self, added: Points, count: int, backward: int, bucket_size: int) -> None:
        """Add the kept points of ``count`` points, among which the step went back this often."""
        if self.count:
            # The last point of all is always kept, and so is the first.
            move = _moves(np.array([self.points.step[-1], added.step[0]]))
            self.points.after[-1] = added.before[0] = move[0]
            self.backward += bool(self.points.step[-1] > added.step[0])
        self.count += count
        self.backward += backward
        self.bucket_size = max(self.bucket_size, bucket_size)
        if self.count > _MOST_KEPT:
            # Mostly four points of a bucket are kept: found at once instead of by doubling.
            while self.count // self.bucket_size > _MOST_KEPT // 4:
                self.bucket_size *= 2
        kept = added.kept(self.bucket_size)
        self.points = Points.joined([self.points, kept]) if len(self.points) else kept
        while len(self.points) > _MOST_KEPT:
            self.bucket_size *= 2
            self.points = self.points.kept(self.bucket_size)

    def at_most(self, count: int) -> Points:
        """No more than this many points, or 11 if that is more, kept by the same rule."""
        size, points = self.bucket_size, self.points
        while len(points) > max(count, _MOST_OF_A_BUCKET):
            size *= 2
            points = self.points.kept(size)
        return points

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

class _RankZeroOnly(Protocol):
    rank: int
    def __call__(self, fn: Callable[_P, _T]) -> Callable[_P, _T | None]: ...

rank_zero_only: _RankZeroOnly

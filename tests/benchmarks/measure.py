"""A figure that the project promises itself to reach."""

from dataclasses import dataclass

from benchmarks.markdown import TIMES

__all__ = ["Measure"]


@dataclass(frozen=True)
class Measure:
    """A figure beside its target: it is met when it is not above it."""

    what: str
    target: float
    figure: float
    unit: str = TIMES

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.figure <= self.target

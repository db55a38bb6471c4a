"""What a log holds, as its reader reports it.

These are plain containers. Nothing is checked or converted, so that a reader can report what it
found, right or wrong. All of them are built by keyword.
"""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["ArtifactPointer", "MetricRow", "RunLog"]


@dataclass(slots=True)
class MetricRow:
    """Points that share one step and one split.

    A reader may report one row per call, one per value, or any grouping between (contract,
    "Metrics"): what counts are the points and their order.
    """

    step: int
    """The step as it was logged (clause MET-3)."""
    split: str | None
    """The split as it was logged; None where it is unknown, as the store or the row has none."""
    metrics: dict[str, float]
    """Value per key; NaN and infinities are floats."""
    ts: float | None = None
    """When it was logged, in seconds since the Unix epoch; None where it is unknown."""
    run: str | None = field(default=None, repr=False)
    """The run inside the destination that the row belongs to, where a destination can hold several,
    as a directory of TensorBoard does; None for the run of the destination itself."""


@dataclass(slots=True)
class ArtifactPointer:
    """One ``log_artifact`` call: where something is, not its bytes (clause ART-2)."""

    name: str
    """What the artifact is called, as it was logged (clause ART-1)."""
    path: str
    """Where it is, as it was logged (clause ART-1); nothing may be there."""
    kind: str
    """What it is, as it was logged; ``"file"`` where the call named no kind."""
    ts: float | None = None
    """When it was logged, in seconds since the Unix epoch; None where it is unknown."""


@dataclass(slots=True)
class RunLog:
    """Everything that one destination holds, in the order in which it was logged."""

    metrics: list[MetricRow]
    """The rows; calls come in their order (clause MET-3)."""
    hyperparams: dict[str, Any]
    """The merged hyperparameters (clause HP-2)."""
    artifacts: list[ArtifactPointer]
    """One pointer per call of ``log_artifact``, in the order of the calls (clause ART-1)."""

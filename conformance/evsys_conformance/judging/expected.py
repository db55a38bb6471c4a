"""What a destination must hold: the records that calls leave there."""

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evsys_conformance.programs.calls import Call, as_float
from evsys_sdk.signatures import positional_parameters


@dataclass(frozen=True)
class Record:
    """What one call left at a destination."""

    call: Call
    step: int
    """Place in the program of the step that made the call."""
    optional: bool = False
    """Whether it may also be there in part or not at all: its process was killed meanwhile."""
    judged: bool = True
    """Whether the contract says how it must come back."""
    chain: int = 0
    """Records of one chain keep their order: those of one thread, or of one process."""

    def arguments(self) -> dict[str, Any]:
        """The arguments of the call by name."""
        return named_arguments(self.call)


def named_arguments(call: Call) -> dict[str, Any]:
    """The arguments of a call of a write method, by name."""
    named = dict(zip(positional_parameters(call.method), call.arguments, strict=False))
    return {**named, **call.keywords}


@dataclass(slots=True)
class Point:
    """A metric point that must be recorded, and the record that it is part of."""

    step: int
    value: float
    record: Record


@dataclass(slots=True)
class Artifact:
    """An artifact that must be recorded, and the record that it is."""

    pointer: "Pointer"
    record: Record


Series = tuple[Any, Any]
"""Key and split; the split is None for a store that does not claim ``split``."""
Pointer = tuple[Any, Any, Any]
"""Name, path and kind of an artifact."""


def expected_points(records: Iterable[Record], *, split: bool) -> dict[Series, list[Point]]:
    """Every point, per series, in the order of the calls (MET-1, MET-2)."""
    points: dict[Series, list[Point]] = {}
    for record in records:
        if record.call.method not in ("log_scalar", "log_metrics"):
            continue
        given = record.arguments()
        items = given["metrics"] if "metrics" in given else {given["key"]: given["value"]}
        under = given.get("split", "train") if split else None
        step = operator.index(given["step"])
        for key, value in items.items():
            points.setdefault((key, under), []).append(Point(step, as_float(value), record))
    return points


def expected_artifacts(records: Iterable[Record]) -> list[Artifact]:
    """Every artifact, in the order of the calls (ART-1)."""
    found: list[Artifact] = []
    for record in records:
        if record.call.method == "log_artifact":
            given = record.arguments()
            pointer = (given["name"], given["path"], given.get("kind", "file"))
            found.append(Artifact(pointer, record))
    return found


def expected_hyperparams(records: Iterable[Record]) -> dict[str, list[tuple[Any, Record]]]:
    """The values that each top-level key may have, the likeliest first (HP-2).

    There are several where chains write one key, or where a process was killed in a call.
    """
    values: dict[str, dict[object, tuple[Any, Record]]] = {}
    for record in records:
        if record.call.method != "log_hyperparams":
            continue
        for key, value in record.arguments()["params"].items():
            # A later value of one chain replaces its earlier one, unless it need not be there.
            slot = ("optional", id(record)) if record.optional else record.chain
            values.setdefault(key, {})[slot] = (value, record)
    return {key: list(allowed.values()) for key, allowed in values.items()}


def records_something(record: Record) -> bool:
    """Whether it leaves anything that must be read: an empty dict does not."""
    return (
        record.judged
        and not record.optional
        and bool(next(iter(record.arguments().values())) != {})
    )

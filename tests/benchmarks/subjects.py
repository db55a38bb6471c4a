"""All subjects, in the order of the tables."""

import importlib.metadata
from collections.abc import Sequence

from benchmarks import floors, own
from benchmarks.peers import mlflow
from benchmarks.peers.aim import AIM
from benchmarks.peers.dvclive import DVCLIVE
from benchmarks.peers.lightning_csv import LIGHTNING_CSV
from benchmarks.peers.naive_json import NAIVE_JSON
from benchmarks.peers.tensorboardx import TENSORBOARDX
from benchmarks.peers.torch_tensorboard import ADD_SCALAR, ADD_SUMMARY
from benchmarks.peers.torchtnt_json import TORCHTNT_JSON
from benchmarks.peers.trackio import TRACKIO
from benchmarks.peers.wandb import WANDB
from benchmarks.subject import Subject

__all__ = ["SUBJECTS", "chosen", "named", "version_of", "why_missing"]

SUBJECTS: tuple[Subject, ...] = (
    *own.SUBJECTS,
    *floors.SUBJECTS,
    ADD_SUMMARY,
    ADD_SCALAR,
    TENSORBOARDX,
    LIGHTNING_CSV,
    TORCHTNT_JSON,
    NAIVE_JSON,
    DVCLIVE,
    TRACKIO,
    WANDB,
    AIM,
    *mlflow.SUBJECTS,
)


def named(name: str) -> Subject:
    """The subject of this name."""
    return next(subject for subject in SUBJECTS if subject.name == name)


def chosen(parts: Sequence[str]) -> list[Subject]:
    """The subjects whose names contain one of the parts; all if there are none.

    Raises:
        ValueError: A part is in no name.
    """
    for part in parts:
        if not any(part.lower() in subject.name.lower() for subject in SUBJECTS):
            names = ", ".join(subject.name for subject in SUBJECTS)
            raise ValueError(f"no subject has {part!r} in its name. There are: {names}")
    return [
        subject
        for subject in SUBJECTS
        if not parts or any(part.lower() in subject.name.lower() for part in parts)
    ]


def why_missing(subject: Subject) -> str | None:
    """Why the subject can't be measured here; None if its package is installed."""
    for distribution in subject.distributions:
        try:
            importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            return "is not installed"
    return None


def version_of(subject: Subject) -> str:
    """The packages that the subject needs with their versions, as far as they are installed."""
    if why_missing(subject):
        return "—"
    versions = {name: importlib.metadata.version(name) for name in subject.distributions}
    return ", ".join(f"{name} {version}" for name, version in versions.items()) or "stdlib"

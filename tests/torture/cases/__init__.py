"""The cases. Importing this package fills the list of them."""

from torture.case import CASES
from torture.cases import (
    background_children,
    background_exits,
    crowds,
    damage,
    descriptors,
    directories,
    full_disks,
    fuzz,
    kills,
    memory,
    multiplex_children,
    names,
    power_losses,
)

__all__ = [
    "CASES",
    "background_children",
    "background_exits",
    "crowds",
    "damage",
    "descriptors",
    "directories",
    "full_disks",
    "fuzz",
    "kills",
    "memory",
    "multiplex_children",
    "names",
    "power_losses",
]

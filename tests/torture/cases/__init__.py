"""The cases. Importing this package fills the list of them."""

from torture.case import CASES
from torture.cases import (
    crowds,
    damage,
    descriptors,
    directories,
    full_disks,
    kills,
    multiplex_children,
)

__all__ = [
    "CASES",
    "crowds",
    "damage",
    "descriptors",
    "directories",
    "full_disks",
    "kills",
    "multiplex_children",
]

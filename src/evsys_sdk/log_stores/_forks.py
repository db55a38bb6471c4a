"""State that a forked child must renew before it logs.

A fork copies locks in the state in which some other thread of the parent held them, and shares
open files, together with the file locks on them, between parent and child.
"""

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["Renewable", "renew_in_forked_children"]


class Renewable(Protocol):
    """Something that a forked child must not use as the parent left it."""

    def renew_after_fork(self) -> None:
        """Drop what belongs to the parent. Runs in the child, before anything else does."""
        ...


_renewables: WeakSet[Renewable] = WeakSet()


def renew_in_forked_children(renewable: Renewable) -> None:
    """Call ``renewable.renew_after_fork()`` in every child forked while it is alive."""
    _renewables.add(renewable)


def _renew_all() -> None:
    for renewable in list(_renewables):
        renewable.renew_after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)

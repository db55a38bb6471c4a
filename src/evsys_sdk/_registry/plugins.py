"""Log stores that installed distributions offer, found by their entry points and not yet imported.

Nothing here is kept between calls: a scan takes milliseconds and is needed once per kind (the
registry keeps the classes), and what was installed a moment ago is found.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

GROUP = "evsys_sdk.log_stores"


@dataclass(frozen=True)
class Plugin:
    """One entry point of the group: a kind, and where its class would be imported from."""

    name: str
    value: str
    distribution: str
    version: str
    entry_point: "EntryPoint" = field(compare=False, repr=False)

    def __str__(self) -> str:
        origin = f"{self.distribution} {self.version}".rstrip()
        return f"{origin} (entry point {self.name} = {self.value})"


def installed_plugins() -> dict[str, list[Plugin]]:
    """Every entry point of the group by its name; more than one where distributions collide.

    A distribution that is on ``sys.path`` twice counts once, as the one that would be imported.
    """
    # Here and not above: this import takes longer than all of ours, and most runs don't need it.
    from importlib.metadata import entry_points

    plugins: dict[str, list[Plugin]] = {}
    for point in entry_points(group=GROUP):
        plugin = Plugin(point.name, point.value, *_name_and_version(point.dist), point)
        holders = plugins.setdefault(plugin.name, [])
        if plugin not in holders:
            holders.append(plugin)
    return plugins


def _name_and_version(dist: "Distribution | None") -> tuple[str, str]:
    name = version = None
    # Without METADATA these are None, or an error that depends on the version of Python.
    with suppress(Exception):
        name, version = (dist.metadata["Name"], dist.version) if dist else (None, None)
    return name or "a distribution without METADATA", version or ""

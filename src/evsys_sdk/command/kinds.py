"""The kinds of log stores that are installed."""

from dataclasses import dataclass

from evsys_sdk.errors import LogStoreError, LogStorePluginError
from evsys_sdk.protocols import LogStore
from evsys_sdk.registry import get_log_store, list_log_stores

__all__ = ["InstalledKind", "installed_kinds"]


@dataclass
class InstalledKind:
    """A kind, with its class or the reason why it does not load."""

    name: str
    store_class: type[LogStore] | None = None
    failure: str = ""
    """Why it does not load, or what is wrong with it."""
    broken: bool = False
    """Whether a plugin is at fault. An extra that is not installed does not count."""


def installed_kinds() -> list[InstalledKind]:
    """Every kind, sorted, with its class or the reason why it does not load."""
    kinds = {name: _loaded(name) for name in list_log_stores()}
    # Loading the plugins registers kinds whose names differ from their entry points.
    return [kinds.get(name) or _loaded(name) for name in list_log_stores()]


def _loaded(name: str) -> InstalledKind:
    try:
        return InstalledKind(name, get_log_store(name))
    except LogStoreError as error:
        built_in = isinstance(error, LogStorePluginError) and error.plugin is None
        return InstalledKind(name, None, str(error), broken=not built_in)

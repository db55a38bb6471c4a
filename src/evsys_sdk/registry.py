"""Which class a kind stands for: built-in, registered by a decorator, or offered by a plugin.

A kind is looked up in that order. Built-in stores and plugins are imported when their kind is asked
for and not before, so a broken one harms nobody who does not use it, and a plugin may import this
package first.

A class that the running program registers comes before an installed plugin that was not loaded yet.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol, TypeVar

from evsys_sdk import _kinds
from evsys_sdk._class_checks import own_name
from evsys_sdk._plugins import Plugin, installed_plugins
from evsys_sdk.errors import (
    DuplicateLogStoreError,
    LogStoreConfigError,
    LogStorePluginError,
    UnknownLogStoreError,
)
from evsys_sdk.protocols import LogStore, LogStoreMethods

__all__ = ["get_log_store", "list_log_stores", "register_log_store", "temporarily_registered"]

_loaded: set[Plugin] = set()


class _NamedLogStore(LogStoreMethods, Protocol):
    """A store that writes plain ``name = "x"``.

    For a type checker that is a variable of the instance, which never matches the ``ClassVar`` of
    :class:`LogStore`; a property to read matches it. So the two together take every spelling.
    """

    @property
    def name(self) -> str: ...


S = TypeVar("S", bound=LogStore | _NamedLogStore)
"""A store class of the user's, which the decorator hands back as what it was."""


def register_log_store(name: str) -> Callable[[type[S]], type[S]]:
    """A class decorator that makes ``name`` the kind of the store; the class comes back unchanged.

    Where the class has no ``name`` of its own, it is set. The same class again (same module and
    qualified name: a notebook cell that was run again) replaces the earlier one. A refused class
    leaves no trace.

    Args:
        name: The kind: what ``get_log_store`` and ``kind:`` in YAML ask for. Not empty.

    Raises:
        LogStoreConfigError: ``name`` is no text or empty, what is decorated is no class, or the
            class lacks one of the five methods or a ``Config`` that forbids extras, or has another
            ``name`` (ID-1, ID-2, SIG-1). All problems of the class are listed.
        DuplicateLogStoreError: Another class holds the kind, or it is built in.
    """
    _kinds.require_kind(name)

    def register(store_class: type[S]) -> type[S]:
        _kinds.hold(name, store_class)
        return store_class

    return register


def get_log_store(kind: str) -> type[LogStore]:
    """The store class of this kind, imported now if it was not yet.

    Raises:
        UnknownLogStoreError: There is none. Every plugin was loaded in search of it; those that
            did not load are listed.
        LogStorePluginError: The store can't be imported: a plugin is broken (any exception on
            import, no such attribute, no log store), or a built-in store lacks the package that it
            needs. The cause is attached.
        DuplicateLogStoreError: Two installed distributions offer the kind.
    """
    if not isinstance(kind, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users err
        raise UnknownLogStoreError(kind, list_log_stores())
    if kind in _kinds.BUILT_IN:
        return _built_in(kind)
    holder = _kinds.holder_of(kind)
    return holder.store_class if holder else _from_plugins(kind)


def list_log_stores() -> list[str]:
    """Every known kind, sorted: built in, registered, and names of entry points; imports none.

    What a plugin registers under another name than its entry point's is listed once it was loaded.
    """
    return sorted({*_kinds.known_kinds(), *installed_plugins()})


@contextmanager
def temporarily_registered(kind: str, store_class: type) -> Generator[None]:
    """Hold ``store_class`` under ``kind`` while the block runs; for tests and the conformance kit.

    The class is checked as :func:`register_log_store` does, but for its own ``name``, which is
    neither compared nor set: a store can be tried while another of its name is installed.

    Raises:
        LogStoreConfigError: As for :func:`register_log_store`.
        DuplicateLogStoreError: Another class holds the kind, or it is built in.
    """
    _kinds.require_kind(kind)
    with _kinds.held_for_now(kind, store_class):
        yield


def _built_in(kind: str) -> type[LogStore]:
    module, _, attribute = _kinds.BUILT_IN[kind].partition(":")
    try:
        found: type[LogStore] = getattr(import_module(module), attribute)
    except ImportError as error:
        # The module's own words: they name the package that is missing and how to install it.
        raise LogStorePluginError(kind, str(error)) from error
    return found


def _from_plugins(kind: str) -> type[LogStore]:
    plugins = installed_plugins()
    named = plugins.get(kind, [])
    if len(named) > 1:
        raise _rivals_error(kind, named)
    if named:
        _load(named[0])
        failures: list[str] = []
    else:
        failures = _load_the_rest(plugins)
    holder = _kinds.holder_of(kind)
    if holder is None:
        raise UnknownLogStoreError(kind, list_log_stores(), failures)
    return holder.store_class


def _load_the_rest(plugins: dict[str, list[Plugin]]) -> list[str]:
    """Load every plugin not yet loaded, and say of each that can't be why."""
    if _kinds.is_loading():
        # A plugin asks for a stranger's kind while it is imported: loading it again, half done,
        # would break what works.
        return []
    failures: list[str] = []
    for name, named in plugins.items():
        if len(named) > 1:
            failures.append(str(_rivals_error(name, named)))
        elif named[0] not in _loaded:
            try:
                _load(named[0])
            except LogStorePluginError as error:
                failures.append(str(error))
    return failures


def _load(plugin: Plugin) -> None:
    """Import what the entry point names and hold it under both names; or leave no trace."""
    try:
        with _kinds.registering_for(plugin):
            _adopt(plugin, plugin.entry_point.load())
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # SystemExit too: a plugin that ends the program on import has no say over other kinds.
        reason = f"{type(error).__name__}: {error}"
        raise LogStorePluginError(plugin.name, reason, str(plugin)) from error
    _loaded.add(plugin)


def _adopt(plugin: Plugin, found: object) -> None:
    if not isinstance(found, type):
        raise LogStoreConfigError(
            f"an entry point must name a class, got {found!r:.80} for {plugin.value!r}. "
            f"Write package.module:ClassName"
        )
    kind = _kinds.kind_of(found)
    if kind is None:
        # Never decorated. Its own name is what a decorator would have had to say.
        name = own_name(found)
        kind = name if isinstance(name, str) and name.strip() else plugin.name
        _kinds.hold(kind, found)
    _kinds.call_also(plugin.name, kind)


def _rivals_error(kind: str, plugins: list[Plugin]) -> DuplicateLogStoreError:
    return DuplicateLogStoreError(kind, map(str, plugins), "Uninstall all but one")

"""Which class a kind stands for: built-in, registered by a decorator, or offered by a plugin.

A kind is looked up in that order. Built-in stores and plugins are imported when their kind is asked
for and not before, so a broken one harms nobody who does not use it, and a plugin may import this
package first.

A class that the running program registers comes before an installed plugin that was not loaded yet.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Protocol, TypeVar, cast

from evsys_sdk._registry.claims import BUILT_IN, Claims, Entry
from evsys_sdk._registry.class_checks import own_name, require_kind, require_store_class
from evsys_sdk._registry.plugins import Plugin, installed_plugins
from evsys_sdk.errors import (
    DuplicateLogStoreError,
    LogStoreConfigError,
    LogStorePluginError,
    UnknownLogStoreError,
)
from evsys_sdk.protocols import LogStore, LogStoreMethods

__all__ = ["get_log_store", "list_log_stores", "register_log_store", "temporarily_registered"]

_loading: ContextVar[Plugin | None] = ContextVar("evsys_sdk_loading_plugin", default=None)
"""The plugin that this thread or task imports."""


class Registry:
    """The class of each kind. A process has one registry; a test may make another."""

    def __init__(self) -> None:
        self._claims = Claims()
        self._loaded: set[Plugin] = set()

    def get(self, kind: str) -> type[LogStore]:
        """The class of the kind; see :func:`get_log_store`."""
        if not isinstance(kind, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users err
            raise UnknownLogStoreError(kind, self.kinds())
        if kind in BUILT_IN:
            return _import_built_in(kind)
        entry = self._claims.entry(kind)
        failures: list[str] = []
        if entry is None:
            failures = self._load_plugins(kind)
            entry = self._claims.entry(kind)
        if entry is None:
            raise UnknownLogStoreError(kind, self.kinds(), failures)
        return entry.store_class

    def kinds(self) -> list[str]:
        """Every known kind, sorted; see :func:`list_log_stores`."""
        return sorted({*BUILT_IN, *self._claims.kinds(), *installed_plugins()})

    def origin(self, kind: str) -> str:
        """Where a known kind comes from, as text: a version, a plugin, or the running program."""
        if kind in BUILT_IN:
            from importlib.metadata import version

            return f"built in, evsys-sdk {version('evsys-sdk')}"
        try:
            entry = self._claims.entry(kind)
        except DuplicateLogStoreError:
            return "several distributions"
        plugins = [entry.plugin] if entry else installed_plugins().get(kind, [])
        return "; ".join(str(each) for each in plugins if each) or "registered by this program"

    def register(self, kind: str, store_class: type) -> None:
        """Give the kind to the class, which gets its name if it has none.

        Raises:
            LogStoreConfigError: The kind is not a string or is empty, or the class breaks the
                rules.
            DuplicateLogStoreError: Another class has the kind.
        """
        require_kind(kind)
        require_store_class(kind, store_class, compare_name=True)
        self._claims.claim(kind, Entry(cast("type[LogStore]", store_class), _loading.get()))

    @contextmanager
    def temporarily(self, kind: str, store_class: type) -> Generator[None]:
        """Register the class while the block runs; see :func:`temporarily_registered`."""
        require_kind(kind)
        require_store_class(kind, store_class)
        with self._claims.temporarily(kind, Entry(cast("type[LogStore]", store_class), None)):
            yield

    def _load_plugins(self, kind: str) -> list[str]:
        """Load the plugin with the name of the kind, or all if there is none.

        Returns:
            Why plugins can't be loaded that may have provided the kind.
        """
        plugins = installed_plugins()
        named = plugins.get(kind, [])
        if named:
            self._load_only(kind, named)
            return []
        if _loading.get():
            # A plugin asks for an unknown kind while it is imported. Loading it again, half
            # imported as it is, would break it.
            return []
        failures: list[str] = []
        for name, rivals in plugins.items():
            if self._loaded.isdisjoint(rivals):
                try:
                    self._load_only(name, rivals)
                except (DuplicateLogStoreError, LogStorePluginError) as error:
                    failures.append(str(error))
        return failures

    def _load_only(self, name: str, plugins: list[Plugin]) -> None:
        """Import the only plugin of that name, and register its class; or leave no trace."""
        if len(plugins) > 1:
            raise DuplicateLogStoreError(name, map(str, plugins), "Uninstall all but one")
        plugin = plugins[0]
        token = _loading.set(plugin)
        try:
            self._adopt(plugin, plugin.entry_point.load())
        except BaseException as error:
            self._claims.remove_those_of(plugin)
            if isinstance(error, KeyboardInterrupt):
                raise
            # SystemExit too: a plugin that ends the program on import has no say over other kinds.
            reason = f"{type(error).__name__}: {error}"
            raise LogStorePluginError(plugin.name, reason, str(plugin)) from error
        finally:
            _loading.reset(token)
        self._loaded.add(plugin)

    def _adopt(self, plugin: Plugin, store_class: object) -> None:
        """Register what the entry point names, unless its decorator did, under both names."""
        if not isinstance(store_class, type):
            raise LogStoreConfigError(
                f"an entry point must name a class, got {store_class!r:.80} for {plugin.value!r}. "
                f"Write package.module:ClassName"
            )
        kind = self._claims.kind_of(store_class)
        if kind is None:
            # Never decorated. Its own name is what a decorator would have had to say.
            name = own_name(store_class)
            kind = name if isinstance(name, str) and name.strip() else plugin.name
            self.register(kind, store_class)
        self._claims.add_alias(plugin.name, kind)


def _import_built_in(kind: str) -> type[LogStore]:
    module, _, attribute = BUILT_IN[kind].partition(":")
    try:
        store_class: type[LogStore] = getattr(import_module(module), attribute)
    except ImportError as error:
        # The module's own words: they name the package that is missing and how to install it.
        raise LogStorePluginError(kind, str(error)) from error
    return store_class


PROCESS_REGISTRY = Registry()
"""The registry that the functions below use."""


class _NamedLogStore(LogStoreMethods, Protocol):
    """A store that writes plain ``name = "x"``.

    For a type checker that is a variable of the instance, which never matches the ``ClassVar`` of
    :class:`LogStore`; a property to read matches it. So the two together take every spelling.
    """

    @property
    def name(self) -> str: ...


_Store = TypeVar("_Store", bound=LogStore | _NamedLogStore)
"""A store class of the user's, which the decorator hands back as what it was."""


def register_log_store(name: str) -> Callable[[type[_Store]], type[_Store]]:
    """A class decorator that makes ``name`` the kind of the store; the class comes back unchanged.

    If the class body has no ``name``, the decorator sets it. The same class again (same
    module and qualified name: a notebook cell that was run again) replaces the earlier one. A
    refused class leaves no trace.

    Args:
        name: The kind: what ``get_log_store`` and ``kind:`` in YAML ask for. Not empty.

    Raises:
        LogStoreConfigError: ``name`` is not a string or is empty, the decorated object is not a
            class, or the class lacks one of the five methods or a ``Config`` that forbids extras,
            or has another ``name`` (ID-1, ID-2, SIG-1). All problems of the class are listed.
        DuplicateLogStoreError: Another class has the kind, or it is built in.
    """
    require_kind(name)

    def register(store_class: type[_Store]) -> type[_Store]:
        PROCESS_REGISTRY.register(name, store_class)
        return store_class

    return register


def get_log_store(kind: str) -> type[LogStore]:
    """The store class of this kind, imported now if it was not yet.

    Args:
        kind: A name that :func:`list_log_stores` lists, or that a plugin registers when loaded.

    Raises:
        UnknownLogStoreError: There is none. Every plugin was loaded in search of it; those that
            did not load are listed.
        LogStorePluginError: The store can't be imported: a plugin is broken (any exception on
            import, a missing attribute, not a log store), or a built-in store lacks the package
            that it needs. The cause is attached.
        DuplicateLogStoreError: Two installed distributions offer the kind.
    """
    return PROCESS_REGISTRY.get(kind)


def list_log_stores() -> list[str]:
    """Every known kind, sorted: built in, registered, and names of entry points; imports none.

    A kind that a plugin registers under another name than its entry point's is listed once the
    plugin was loaded.
    """
    return PROCESS_REGISTRY.kinds()


@contextmanager
def temporarily_registered(kind: str, store_class: type) -> Generator[None]:
    """Register ``store_class`` under ``kind`` while the block runs.

    It is for tests and the conformance kit. The class is checked as :func:`register_log_store`
    does, except for its own ``name``, which is neither compared nor set: a store can be tried while
    another of its name is installed.

    Args:
        kind: The kind, as for :func:`register_log_store`.
        store_class: The class. It is not changed.

    Raises:
        LogStoreConfigError: As for :func:`register_log_store`.
        DuplicateLogStoreError: Another class has the kind, or it is built in.
    """
    with PROCESS_REGISTRY.temporarily(kind, store_class):
        yield

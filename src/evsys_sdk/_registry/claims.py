"""Which class has which kind, and who may claim one."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from evsys_sdk._registry.class_checks import class_id, describe_class
from evsys_sdk._registry.plugins import Plugin
from evsys_sdk.errors import DuplicateLogStoreError, LogStoreConfigError
from evsys_sdk.protocols import LogStore

__all__ = ["BUILT_IN", "Claims", "Entry"]

BUILT_IN = {
    "background": "evsys_sdk.log_stores.background:BackgroundLogStore",
    "jsonl": "evsys_sdk.log_stores.jsonl:JSONLLogStore",
    "memory": "evsys_sdk.testing:InMemoryLogStore",
    "multiplex": "evsys_sdk.log_stores.multiplex:MultiplexLogStore",
    "tensorboard": "evsys_sdk.log_stores.tensorboard:TensorBoardLogStore",
}
"""The classes of the built-in kinds, which no other class can have."""


class Entry(NamedTuple):
    """A class that has a kind."""

    store_class: type[LogStore]
    plugin: Plugin | None
    """The plugin during whose import the class was registered; None for the program's own."""

    def __str__(self) -> str:
        described = describe_class(self.store_class)
        return f"{described} of {self.plugin}" if self.plugin else described


class Claims:
    """The entries by kind, for several threads.

    The lock is held for a moment and never during an import: a thread that imports a plugin holds
    the import lock and then claims a kind here, so the order would be the other way round.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self._aliases: dict[str, str] = {}
        """Entry-point name to kind, for entry points whose class has another kind."""
        self._contested: dict[str, tuple[str, str]] = {}
        """The two claims of each kind that the classes of two distributions register."""

    def entry(self, kind: str) -> Entry | None:
        """The entry under this kind, or under this name of an entry point.

        Raises:
            DuplicateLogStoreError: The classes of two distributions were registered under it.
        """
        with self._lock:
            if kind in self._contested:
                raise self._contested_error(kind)
            return self._entry(kind)

    def kinds(self) -> set[str]:
        """Every kind that has a class, and every other name of one."""
        with self._lock:
            return {*self._entries, *self._aliases}

    def kind_of(self, store_class: type) -> str | None:
        """The kind of this class; None if it has none."""
        with self._lock:
            entries = self._entries.items()
            return next((kind for kind, each in entries if each.store_class is store_class), None)

    def claim(self, kind: str, entry: Entry) -> None:
        """Give the kind to the class, which gets its name if it has none.

        Raises:
            LogStoreConfigError: The class has no name, and setting it fails.
            DuplicateLogStoreError: Another class has the kind.
        """
        with self._lock:
            self._refuse_if_taken(kind, entry)
            if "name" not in vars(entry.store_class):
                try:
                    entry.store_class.name = kind
                except (AttributeError, TypeError) as error:
                    raise LogStoreConfigError(
                        f"{describe_class(entry.store_class)} has no name, and setting it fails "
                        f"({error}). Write name = {kind!r} in the class"
                    ) from error
            self._entries[kind] = entry

    @contextmanager
    def temporarily(self, kind: str, entry: Entry) -> Generator[None]:
        """Give the kind to the class while the block runs.

        Raises:
            DuplicateLogStoreError: Another class has the kind.
        """
        with self._lock:
            self._refuse_if_taken(kind, entry)
            earlier = self._entries.get(kind)
            self._entries[kind] = entry
        try:
            yield
        finally:
            with self._lock:
                if earlier is None:
                    self._entries.pop(kind, None)
                else:
                    self._entries[kind] = earlier

    def add_alias(self, name: str, kind: str) -> None:
        """Find the class of the kind under another name as well, if nothing else has that name."""
        with self._lock:
            if name not in BUILT_IN and name not in self._entries:
                self._aliases[name] = kind

    def remove_those_of(self, plugin: Plugin) -> None:
        """Remove the entries of classes that were registered during the import of the plugin."""
        with self._lock:
            for kind in [kind for kind, each in self._entries.items() if each.plugin == plugin]:
                del self._entries[kind]

    def _entry(self, kind: str) -> Entry | None:
        return self._entries.get(kind) or self._entries.get(self._aliases.get(kind, kind))

    def _refuse_if_taken(self, kind: str, new: Entry) -> None:
        if kind in BUILT_IN:
            if class_id(new.store_class) == BUILT_IN[kind]:
                return
            raise DuplicateLogStoreError(
                kind,
                (f"{BUILT_IN[kind]}, which is built in", describe_class(new.store_class)),
                "Built-in kinds can't be taken: register the class under another name",
            )
        old = self._entry(kind)
        if old is None or class_id(old.store_class) == class_id(new.store_class):
            return
        claims = str(old), str(new)
        if old.plugin and new.plugin and old.plugin.distribution != new.plugin.distribution:
            self._contested[kind] = claims
            raise self._contested_error(kind)
        raise DuplicateLogStoreError(kind, claims, "Register one of them under another name")

    def _contested_error(self, kind: str) -> DuplicateLogStoreError:
        remedy = "Uninstall one of the two distributions"
        return DuplicateLogStoreError(kind, self._contested[kind], remedy)

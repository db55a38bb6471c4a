"""The store of an adapter: one that somebody else closes, or one that the adapter opens."""

import logging
import os
import weakref
from collections.abc import Mapping
from typing import Any, cast

from evsys_sdk._directories import directory_path
from evsys_sdk.config import LogStoreSpec, build_log_store, spec_from
from evsys_sdk.protocols import LogStore

__all__ = ["Configuration", "StoreArgument", "StoreOwner"]

# os.PathLike comes last: jsonargparse, which reads the types of LogStoreLogger for LightningCLI,
# turns any value into text for it.
Configuration = str | Mapping[str, Any] | LogStoreSpec | os.PathLike[str]
"""What ``open_log_store`` takes: a YAML file, a mapping or a spec."""

StoreArgument = LogStore | Configuration
"""What an adapter takes: an open log store, or what ``open_log_store`` takes."""


class StoreOwner:
    """The store of an adapter, under the one rule of ownership: who opens a store closes it.

    An owner never closes a store that it was given. From a configuration it builds a store when
    :attr:`store` is first used, and another when it is used after :meth:`close`: the second
    continues where the first ended, if the store can resume. The owner closes a store that is
    still open when it is collected, at the latest when the interpreter exits.

    A copy, also by pickle, has the same given store, or opens another.
    """

    def __init__(self, source: StoreArgument) -> None:
        """Check ``source``, without opening anything.

        Raises:
            TypeError: ``source`` is neither a store nor what ``open_log_store`` takes.
            Exception: What :func:`~evsys_sdk.open_log_store` raises for a wrong configuration.
        """
        self._source = source
        self._given: LogStore | None = None
        self._spec: LogStoreSpec | None = None
        self._opened: LogStore | None = None
        self._closing: weakref.finalize[..., StoreOwner] | None = None
        if isinstance(source, type):
            raise TypeError(
                f"{source.__name__} is a class. Pass a store of it, which you close yourself, or "
                f"its kind and parameters: {{'kind': …, 'params': …}}"
            )
        if isinstance(source, LogStore):
            self._given = source
        else:
            self._spec = spec_from(source)

    @property
    def store(self) -> LogStore:
        """The open store, which is built now if there is none."""
        if self._given is not None:
            return self._given
        if self._opened is None:
            assert self._spec is not None
            self._opened = build_log_store(self._spec)
            # No framework tells its callbacks of every exception, and a store that sends in the
            # background has to deliver all the same.
            self._closing = weakref.finalize(self, self._opened.close)
        return self._opened

    @property
    def log_dir(self) -> str | None:
        """The absolute path of the first ``log_dir`` in the configuration, or None."""
        log_dir = None if self._spec is None else _log_dir(self._spec)
        return None if log_dir is None or "://" in log_dir else directory_path(log_dir)

    def close(self, *, failed: bool = False) -> None:
        """Close the store that was opened here, if any; a given store stays open.

        Args:
            failed: Whether an exception is being raised, which an error of ``close`` must not
                replace. The error goes to the ``logging`` module then.
        """
        opened, self._opened = self._opened, None
        if self._closing is not None:
            self._closing.detach()
            self._closing = None
        if opened is None:
            return
        try:
            opened.close()
        except Exception:
            if not failed:
                raise
            logging.getLogger(__name__).exception("closing the log store failed")

    def __reduce__(self) -> tuple[Any, ...]:
        return StoreOwner, (self._source,)


def _log_dir(spec: LogStoreSpec) -> str | None:
    """Return the parameter ``log_dir`` of the store, or of the first child that has one."""
    log_dir = spec.params.get("log_dir")
    if isinstance(log_dir, str | os.PathLike):
        return os.fspath(cast("str | os.PathLike[str]", log_dir))
    children: list[Any] = []
    if spec.kind == "multiplex":
        children = spec.params.get("children", [])
    elif spec.kind == "background" and "child" in spec.params:
        children = [spec.params["child"]]
    for child in children:
        found = _log_dir(LogStoreSpec.model_validate(child))
        if found is not None:
            return found
    return None

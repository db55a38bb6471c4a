"""Where an adapter logs to: a store that somebody else closes, or one of its own."""

import logging
import os
import weakref
from collections.abc import Mapping
from typing import Any

from evsys_sdk.config import LogStoreSpec, build_log_store, spec_from
from evsys_sdk.protocols import LogStore

__all__ = ["Source", "Target"]

Source = LogStore | str | os.PathLike[str] | Mapping[str, Any] | LogStoreSpec
"""What an adapter takes: an open log store, or what ``open_log_store`` takes."""


class Target:
    """The store of an adapter, under the one rule of ownership: who opens a store closes it.

    A store that was given is never closed here. From anything else a store is built when one is
    first asked for, and again when one is asked for after :meth:`close`: the second continues where
    the first ended, if the store can resume. One that is still open is closed when the target is
    collected, and at the latest when the interpreter exits.

    A copy, also by pickle, has the same given store, or opens one of its own.
    """

    def __init__(self, source: Source) -> None:
        """Check ``source``; nothing is opened yet.

        Raises:
            TypeError: ``source`` is neither a store nor what ``open_log_store`` takes.
            Exception: As :func:`~evsys_sdk.open_log_store`, where the configuration is wrong.
        """
        self._source = source
        self._given: LogStore | None = None
        self._spec: LogStoreSpec | None = None
        self._opened: LogStore | None = None
        self._closing: weakref.finalize[..., Target] | None = None
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
        """The open store; built now if there is none."""
        if self._given is not None:
            return self._given
        if self._opened is None:
            assert self._spec is not None
            self._opened = build_log_store(self._spec)
            # No framework tells its callbacks of every exception, and a store that sends in the
            # background has to deliver all the same.
            self._closing = weakref.finalize(self, self._opened.close)
        return self._opened

    def close(self, *, failed: bool = False) -> None:
        """Close the store that was opened here, if any; nothing for one that was given.

        Args:
            failed: An exception is on its way, which a failing close must not replace: it is
                written to the log of this module instead.
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
        return Target, (self._source,)

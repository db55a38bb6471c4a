"""The errors of the SDK, all under one base.

::

    LogStoreError
    ├── LogStoreClosedError     (RuntimeError)  a write after close()
    ├── UnknownLogStoreError    (KeyError)      no store of that kind
    ├── DuplicateLogStoreError  (ValueError)    two stores claim one kind
    ├── LogStoreConfigError     (ValueError)    a class or a configuration breaks the rules
    ├── LogStorePluginError     (ImportError)   an installed plugin does not load
    └── DamagedLogError         (ValueError)    a log file does not read as what it should be

A bad argument of a log call is a plain ``TypeError`` or ``ValueError`` (clauses MET-7 and HP-3),
and what the operating system refuses is its own ``OSError``.
"""


class LogStoreError(Exception):
    """Base of every error that the SDK defines."""


class LogStoreClosedError(LogStoreError, RuntimeError):
    """A store was written to after ``close()`` (clause CL-3); nothing was recorded."""

    def __init__(self, store: str, method: str) -> None:
        """Name the closed ``store`` (its kind) and the ``method`` that was called."""
        super().__init__(
            f"{store}: {method}() was called after close(). Nothing was recorded. "
            f"Open a new store to go on logging."
        )


class UnknownLogStoreError(LogStoreError, KeyError):
    """No store of this kind is registered or installed."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which would quote a whole sentence.
        return str(self.args[0]) if self.args else ""


class DuplicateLogStoreError(LogStoreError, ValueError):
    """Two stores claim the same kind; the message names both."""


class LogStoreConfigError(LogStoreError, ValueError):
    """A store class or a configuration breaks the rules; the message lists every problem found."""


class LogStorePluginError(LogStoreError, ImportError):
    """An installed plugin can't be loaded; other kinds are not affected."""


class DamagedLogError(LogStoreError, ValueError):
    """A file of a log does not parse; the message names it, and nothing in it was changed."""

"""The errors of the SDK, all under one base.

::

    LogStoreError
    ├── LogStoreClosedError     (RuntimeError)  a write after close()
    ├── LogDeliveryError        (RuntimeError)  calls of a background store were lost
    ├── UnknownLogStoreError    (KeyError)      no store of that kind
    ├── DuplicateLogStoreError  (ValueError)    two stores claim one kind
    ├── LogStoreConfigError     (ValueError)    a class or a configuration breaks the rules
    ├── LogStorePluginError     (ImportError)   a store can't be imported
    └── DamagedLogError         (ValueError)    a log file can't be parsed

Each error carries its data as attributes and builds its message from them. Each can be copied and
pickled, so that a worker process can hand it to its parent.

A bad argument of a log call is a plain ``TypeError`` or ``ValueError`` (clauses MET-7 and HP-3),
and what the operating system refuses is its own ``OSError``.
"""

from collections.abc import Iterable
from typing import Any, Self, TypeVar, cast

from evsys_sdk._problems import ConfigProblem
from evsys_sdk.text import nearest

__all__ = [
    "ConfigProblem",
    "DamagedLogError",
    "DuplicateLogStoreError",
    "LogDeliveryError",
    "LogStoreClosedError",
    "LogStoreConfigError",
    "LogStoreError",
    "LogStorePluginError",
    "PicklableError",
    "UnknownLogStoreError",
]


_E = TypeVar("_E", bound="PicklableError")


class PicklableError(Exception):
    """An exception that ``pickle`` and ``copy`` can handle, for any signature of its constructor.

    The message, the attributes and the notes are kept. Python itself would call the constructor
    with the message, which fails if the constructor takes other arguments and builds the message.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        error_class, args, *state = cast("tuple[Any, ...]", super().__reduce__())
        return (_rebuilt, (error_class, args), *state)


def _rebuilt(error_class: type[_E], args: tuple[Any, ...]) -> _E:
    error = error_class.__new__(error_class, *args)
    # The constructor of the built-in base class: ImportError sets an attribute there.
    super(PicklableError, error).__init__(*args)
    return error


class LogStoreError(PicklableError):
    """Base of every error that the SDK defines."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which would quote a whole sentence.
        return Exception.__str__(self)

    def with_message(self, message: str) -> Self:
        """Return a copy of this error, with the same attributes, that says ``message``."""
        error = _rebuilt(type(self), (message,))
        error.__dict__.update(self.__dict__)
        return error


class LogStoreClosedError(LogStoreError, RuntimeError):
    """A store was written to after ``close()`` (clause CL-3); nothing was recorded."""

    store: str
    """The kind of the closed store."""
    method: str
    """The name of the method that was called."""

    def __init__(self, store: str, method: str) -> None:
        """Say which ``method`` of a ``store`` of which kind was called too late."""
        self.store = store
        self.method = method
        super().__init__(
            f"{store}: {method}() was called after close(). Nothing was recorded. "
            f"Open a new store to continue logging."
        )


class LogDeliveryError(LogStoreError, RuntimeError):
    """A store that delivers in the background has lost calls; its cause is the first error."""

    store: str
    """The kind of the store that took the calls."""
    lost: int
    """How many calls were lost; 0 if only closing failed."""
    reasons: tuple[str, ...]
    """What happened to the lost calls: to the first of them, if there are many."""

    def __init__(self, store: str, lost: int, reasons: Iterable[str], advice: str = "") -> None:
        """List the reasons, and say in ``advice`` what the user can do."""
        self.store = store
        self.lost = lost
        self.reasons = tuple(reasons)
        calls = f"{lost:,} call{'s were' if lost != 1 else ' was'} not delivered"
        what = calls if lost else "closing the child failed"
        message = f"{store}: {what}:{_listed(self.reasons)}"
        super().__init__(f"{message}\n{advice}" if advice else message)


class UnknownLogStoreError(LogStoreError, KeyError):
    """No store of this kind is registered or installed."""

    kind: str
    """What was asked for; the repr of a value that is not a string."""
    known: tuple[str, ...]
    """Every known kind."""
    failures: tuple[str, ...]
    """Why plugins can't be loaded that may have provided the kind; one text for each plugin."""

    def __init__(self, kind: object, known: Iterable[str], failures: Iterable[str] = ()) -> None:
        """List the ``known`` kinds, name the nearest, and say why plugins can't be loaded."""
        self.kind = kind if isinstance(kind, str) else f"{kind!r:.60}"
        self.known = tuple(known)
        self.failures = tuple(failures)
        if isinstance(kind, str):
            what = f"unknown log store kind {kind!r}{nearest(kind, self.known) or '.'}"
        else:
            given = f"{self.kind} (of type {type(kind).__name__})"
            what = f"the kind of a log store must be a string, got {given}."
        message = f"{what} Known kinds: {', '.join(self.known)}"
        if self.failures:
            message += "\nOne of these plugins, which can't be loaded, may have provided it:"
            message += _listed(self.failures)
        super().__init__(message)


class DuplicateLogStoreError(LogStoreError, ValueError):
    """Two or more stores claim the same kind; the message names them."""

    kind: str
    """The kind."""
    claims: tuple[str, ...]
    """A description of each class or plugin that claims the kind."""
    remedy: str
    """What the user can do."""

    def __init__(self, kind: str, claims: Iterable[str], remedy: str) -> None:
        """Describe the stores, and say in ``remedy`` what the user can do."""
        self.kind = kind
        self.claims = tuple(claims)
        self.remedy = remedy
        super().__init__(
            f"the kind {kind!r} is claimed by {len(self.claims)} log stores: "
            f"{'; '.join(self.claims)}. {remedy}"
        )


class LogStoreConfigError(LogStoreError, ValueError):
    """A store class or a configuration breaks the rules; the message lists every problem found."""

    problems: tuple[ConfigProblem, ...]
    """Every problem, each with its text, and with path, file and line where it has them."""
    subject: str
    """What can't be done, such as to register a class; empty if the problems say it."""

    def __init__(self, problems: str | Iterable[ConfigProblem | str], *, subject: str = "") -> None:
        """List the problems under the ``subject``, which says what can't be done, if it is given.

        A problem that is given as a string has no place.
        """
        self.subject = subject
        given = [problems] if isinstance(problems, str) else problems
        self.problems = tuple(
            ConfigProblem((), each) if isinstance(each, str) else each for each in given
        )
        texts = [str(problem) for problem in self.problems]
        if subject:
            message = f"{subject}:{_listed(texts)}"
        elif len(texts) == 1:
            message = texts[0]
        else:
            message = "\n".join([f"{len(texts)} problems:", *texts])
        # Not super(): a subclass may also be an UnknownLogStoreError.
        LogStoreError.__init__(self, message)


class LogStorePluginError(LogStoreError, ImportError):
    """A store can't be imported; other kinds are not affected."""

    kind: str
    """The kind that can't be loaded."""
    plugin: str | None
    """The plugin: its distribution, version and entry point; None for a built-in kind."""
    reason: str
    """Why it can't be loaded."""

    def __init__(self, kind: str, reason: str, plugin: str | None = None) -> None:
        """Say why the store of this ``kind``, or the ``plugin`` that offers it, can't be loaded."""
        self.kind = kind
        self.plugin = plugin
        self.reason = reason
        if plugin is None:
            super().__init__(f"the built-in kind {kind!r} can't be loaded: {reason}")
        else:
            super().__init__(f"the plugin for {kind!r} can't be loaded: {plugin}: {reason}")


class DamagedLogError(LogStoreError, ValueError):
    """A file of a log can't be parsed. The message names it; the file was not changed."""

    path: str
    """The file."""
    reason: str
    """What is wrong with it."""
    remedy: str
    """What the user can do; empty if that is plain."""
    kind: str
    """The part of the reason that is the same for all damage of this kind, to count it by."""
    line: int | None
    """The number of the damaged line, from 1; None if the file as a whole is damaged."""
    byte: int | None
    """Where the damaged record begins, from 0; None if the file has no records."""

    def __init__(
        self,
        path: str,
        reason: str,
        remedy: str = "",
        *,
        kind: str = "",
        line: int | None = None,
        byte: int | None = None,
    ) -> None:
        """Say what is wrong in the file, and in ``remedy`` what the user can do.

        The ``kind`` is the reason, if it is not given.
        """
        self.path = path
        self.reason = reason
        self.remedy = remedy
        self.kind = kind or reason
        self.line = line
        self.byte = byte
        place = path
        if line is not None:
            place += f":{line}"
        if byte is not None:
            place += f" is damaged at byte {byte}"
        super().__init__(f"{place}: {reason}. {remedy}".rstrip())


def _listed(texts: Iterable[str]) -> str:
    return "".join(f"\n  - {text}" for text in texts)

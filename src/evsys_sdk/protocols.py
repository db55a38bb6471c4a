"""The contract for log stores, as types.

Each docstring states the promise clause by clause; ``docs/contract.md`` is the normative text, and
``pytest --evsys-conformance my_pkg:MyStore`` checks every clause of it.

A store does not have to inherit from anything here. Parameters are typed ``dict``, as people write
their stores: a ``Mapping`` in the protocol would refuse every store that says ``dict``.
"""

from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from evsys_sdk.run_log import RunLog

__all__ = ["CONTRACT_VERSION", "Capability", "LogStore", "LogStoreMethods", "ReadableLogStore"]

CONTRACT_VERSION = "1.0"
"""Version of the contract stated here. A new *must* needs a new minor version."""

Capability = Literal[
    "split", "float64", "composite", "resume", "crash", "threads", "processes", "fork"
]
"""What a store may claim beyond the clauses that bind every store."""


class LogStoreMethods(Protocol):
    """The five methods of a log store, for code that does not care about its name."""

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record one value: exactly what ``log_metrics({key: value}, step)`` records (MET-2).

        Args:
            key: What the value is called, text (MET-6).
            value: One number, as in :meth:`log_metrics` (MET-5).
            step: Any integer, by ``__index__`` (MET-5).

        Raises:
            Exception: As :meth:`log_metrics`.
        """
        ...

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record every item of ``metrics`` once, at ``step``, under ``split`` (MET-1).

        Calls are kept in order. A repeated step, a repeated point, a step that goes back, step 0
        and steps up to int64 are all kept (MET-3). An empty dict records no point (MET-8).

        Args:
            metrics: Value per key. Anything that behaves as a number is recorded as
                ``float(value)``: int, bool, NumPy scalars, 0-d tensors, Decimal (MET-5). A store
                that claims ``float64`` keeps every float64 exactly, NaN and infinities included
                (MET-4). The dict is not changed, and changing it later changes nothing that was
                recorded (MET-9). Keys are text (MET-6).
            step: Any integer, by ``__index__`` (MET-5).
            split: Which part of the data this belongs to, keyword only (SIG-2). Text (MET-6).

        Raises:
            TypeError: A value is not a number, a key or ``split`` not a string, ``step`` not an
                integer, or the store refuses the text of a key. Nothing of this call is recorded,
                earlier records are kept, and the store still works (MET-7).
            ValueError: As TypeError; a store may raise either.
            Exception: The store is closed (CL-3; the built-in stores raise
                :class:`~evsys_sdk.LogStoreClosedError`), or its destination failed.
        """
        ...

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Merge ``params`` into the run's hyperparameters; a later value replaces an earlier one.

        The merge is shallow: the union of the top-level keys, each value replaced whole (HP-2). It
        may be called before, between and after metrics (HP-5).

        Args:
            params: JSON values by str keys; they come back equal and of the same JSON type
                (HP-1). Nothing in it is changed, and changing it later, nested values included,
                changes nothing that was recorded (HP-4).

        Raises:
            TypeError: A value has no JSON form, or a top-level key is not a string. Nothing of this
                call is recorded, and earlier hyperparameters are kept (HP-3).
            ValueError: As TypeError; also for NaN and infinities, which a store may refuse (HP-1).
            Exception: The store is closed (CL-3), or its destination failed.
        """
        ...

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Record a pointer to an artifact: ``name``, ``path`` and ``kind`` as given (ART-1).

        The same name again is one more entry. The path need not exist; it is never opened, moved,
        resolved or deleted (ART-2).

        Args:
            name: What the artifact is called, text.
            path: Where it is, text, kept as given.
            kind: What it is, keyword only (SIG-3).

        Raises:
            TypeError: An argument is not a string, or the store refuses its text; nothing is
                recorded.
            ValueError: As TypeError.
            Exception: The store is closed (CL-3), or its destination failed.
        """
        ...

    def close(self) -> None:
        """Deliver everything and release what the store opened (CL-1, CL-4).

        After it returns, a fresh reader finds exactly what was logged, and every write raises and
        records nothing (CL-3). Closing again does nothing (CL-2). A store that sends in the
        background may raise here to report a failed delivery, after releasing everything.
        """
        ...


@runtime_checkable
class LogStore(LogStoreMethods, Protocol):
    """A sink that a training loop writes to while it runs.

    Besides the methods, a store class has a ``Config``: a pydantic model with ``extra="forbid"``
    whose fields are the keyword parameters of its constructor (ID-2, ID-3). It is not a member of
    this protocol, because no spelling of it would accept every way in which people write it;
    :func:`~evsys_sdk.register_log_store` checks it at run time.

    A class may also have ``capabilities: ClassVar[frozenset[Capability]]``, the whole set of its
    claims. The conformance kit takes them where a harness names none. Without either, a store
    claims ``split`` and ``float64``. What a store must do follows from its claims:

    - Threads: with ``threads``, concurrent calls lose, tear and duplicate nothing, and each
      thread's order is kept. A write that returned while another thread called ``close`` is
      recorded, and one that raised is not (CAP-THREADS). Without it, callers use a lock.
    - Processes: with ``processes``, the same holds for several processes at one destination
      (CAP-PROC). Without it, each process needs its own destination.
    - Forks: with ``fork``, a forked child that exits does not harm the parent's records or open
      instance. A write in the child is recorded once or raises, and nothing hangs (CAP-FORK).
      Without it, a forked child must not touch the store.
    - Calls in progress: with ``crash``, what a returned call wrote survives SIGKILL. The call in
      progress is recorded wholly, in part or not at all, and harms no other record (CAP-CRASH).
      Without it, only a log that was closed is complete (CL-1).

    ``isinstance(store, LogStore)`` looks at the names of the members only, and is too slow for a
    call per step.
    """

    name: ClassVar[str]
    """The kind of the store: its registry key and the ``kind`` in YAML; not empty (ID-1)."""


@runtime_checkable
class ReadableLogStore(LogStore, Protocol):
    """A log store whose destination can be read back by its own class."""

    @classmethod
    def read_run(cls, *args: Any, **params: Any) -> RunLog:
        """Read everything at the destination that ``cls(**params)`` writes to.

        It is called with the constructor's parameters, by keyword. A store may declare those that
        it needs by name: for type checkers this signature stands for any. A destination that was
        never written to reads as an empty log or raises; what is damaged is named, never skipped
        silently.
        """
        ...

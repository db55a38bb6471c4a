"""One log in several places: every call goes to every child, even if another one fails.

Calls are checked before the first child sees them, and reach all children in the same order, also
when threads log at once. What children raise is raised after the last of them had the call; what
they raise in ``close()`` is logged instead, to the logger of this module.
"""

import copy
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NoReturn, Self

from pydantic import BaseModel, Field

from evsys_sdk._child_failures import ChildPlace, mark_children
from evsys_sdk._config.destinations import destination_problems
from evsys_sdk.arguments import (
    STEP_MAX,
    STEP_MIN,
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)
from evsys_sdk.config import LogStoreSpec, build_log_store
from evsys_sdk.errors import LogStoreClosedError, LogStoreConfigError
from evsys_sdk.log_stores._checked_strings import CheckedStrings
from evsys_sdk.log_stores._forks import renew_in_forked_children
from evsys_sdk.log_stores._multiplex.failures import Failure, close_all, raise_failures
from evsys_sdk.protocols import Capability, LogStore
from evsys_sdk.registry import get_log_store
from evsys_sdk.run_log import RunLog

__all__ = ["MultiplexLogStore"]

_Child = tuple[ChildPlace, LogStore]


class MultiplexLogStore:
    """Hands every call to each of its children, in order.

    Each child has its own copy of what is logged: one that changes its arguments harms neither a
    sibling nor the caller. Numbers arrive as plain ``float``, each read once.

    A write raises what its children raised, after all of them had the call: a single error as it
    is, with a note that names the child, like ``children[1].children[0] (jsonl)``; several as an
    ``ExceptionGroup``. The other children have recorded the call, and
    :func:`~evsys_sdk.child_failures` lists the others. A ``KeyboardInterrupt`` or ``SystemExit``
    that strikes in a child waits for the other children too, and is then raised as it is, with the
    errors beside it logged.

    It may be used from several threads; a slow child holds up all of them, because every child
    gets the calls in the same order (MUX-2). Pickling or copying an open store gives another one
    with children at the same places, as spawned workers need it.
    """

    name: ClassVar[str] = "multiplex"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "composite", "resume", "crash", "threads", "processes", "fork"}
    )
    """What the store claims of the contract, if all its children claim it."""

    class Config(BaseModel, extra="forbid"):
        """The parameters of a multiplex log store."""

        children: list[LogStoreSpec] = Field(
            min_length=1, description="The stores that get every call, each as {kind, params}."
        )

    def __init__(self, *, children: Sequence[LogStoreSpec | Mapping[str, Any]]) -> None:
        """Build the children in order.

        Args:
            children: At least one ``{kind, params}``; a child may be a multiplex itself.

        Raises:
            ValueError: ``children`` is empty or holds something else.
            LogStoreConfigError: Two children write to the same destination, so that everything
                would be recorded twice.
            Exception: What building a child raises, with a note that names it. The children
                before it were closed.
        """
        config = self.Config.model_validate({"children": children})
        spec = LogStoreSpec(kind=self.name, params={"children": config.children})
        if problems := destination_problems(spec, config):
            raise LogStoreConfigError(problems)
        self._start(_built(config.children))

    def _start(self, children: tuple[_Child, ...]) -> None:
        self._children = children
        self._checked_keys = CheckedStrings()
        self._closed = False
        self._fan_out = _FanOutLock()

    # The four loops below are spelt out: handing a function to one shared loop costs 0.3 µs a call.

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record one value in every child (MET-2, MUX-2).

        Args:
            key: What the value is called, a string like a key of :meth:`log_metrics`.
            value: One number (MET-5).
            step: An integer that fits into int64.

        Raises:
            Exception: As :meth:`log_metrics`.
        """
        [(key, value)] = checked_metrics({key: value}).items()
        step = checked_step(step)
        failures: list[Failure] = []
        with self._fan_out.lock:
            if self._closed:
                self._refuse("log_scalar")
            for place, child in self._children:
                try:
                    child.log_scalar(key, value, step)
                except BaseException as error:  # noqa: BLE001 - raised below
                    failures.append((place, child, error))
        if failures:
            self._raise(failures, "log_scalar")

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record ``metrics`` in every child (MUX-2).

        Args:
            metrics: Numbers by key (MET-5). Each child gets another copy, of plain floats.
            step: An integer that fits into int64.
            split: Any string that is not empty and that UTF-8 can encode.

        Raises:
            TypeError: A bad argument, as in :class:`~evsys_sdk.LogStore`; no child had the call.
            ValueError: As TypeError.
            LogStoreClosedError: After ``close()``; no child had the call.
            Exception: What one child raised, after all of them had the call.
            ExceptionGroup: What several children raised, likewise.
        """
        # A call costs a microsecond more than its children: skip even the checks it does not need.
        values = metrics.copy() if type(metrics) is dict else metrics
        usual = type(values) is dict and self._checked_keys.issuperset(values)
        if usual:
            # Below twenty values a loop is faster than any way to hand it to C.
            for value in values.values():
                if type(value) is not float:
                    usual = False
                    break
        if not usual:
            values = checked_metrics(values)
            self._checked_keys.remember(values)
        if type(step) is not int or not STEP_MIN <= step <= STEP_MAX:
            step = checked_step(step)
        if type(split) is not str or split != "train":
            split = checked_text(split, "split")
        failures: list[Failure] = []
        with self._fan_out.lock:
            if self._closed:
                self._refuse("log_metrics")
            for place, child in self._children:
                try:
                    child.log_metrics(values.copy(), step, split=split)
                except BaseException as error:  # noqa: BLE001 - raised below
                    failures.append((place, child, error))
        if failures:
            self._raise(failures, "log_metrics")

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Merge ``params`` into every child's hyperparameters (HP-2, MUX-2).

        Args:
            params: JSON values by string keys, as
                :func:`~evsys_sdk.arguments.checked_hyperparams` takes them. Each child
                gets another copy.

        Raises:
            TypeError, ValueError: A bad argument (HP-3); no child had the call.
            Exception: As :meth:`log_metrics`.
        """
        params = checked_hyperparams(params)
        copies = [copy.deepcopy(params) for _ in self._children]
        failures: list[Failure] = []
        with self._fan_out.lock:
            if self._closed:
                self._refuse("log_hyperparams")
            for (place, child), own in zip(self._children, copies, strict=True):
                try:
                    child.log_hyperparams(own)
                except BaseException as error:  # noqa: BLE001 - raised below
                    failures.append((place, child, error))
        if failures:
            self._raise(failures, "log_hyperparams")

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Record the pointer in every child (ART-1, MUX-2).

        Args:
            name: Any string that is not empty and that UTF-8 can encode.
            path: A string like ``name``, or a path object; kept as given (ART-2).
            kind: A string like ``name``.

        Raises:
            TypeError, ValueError: A bad argument; no child had the call.
            Exception: As :meth:`log_metrics`.
        """
        name = checked_text(name, "artifact name")
        path = checked_path(path)
        kind = checked_text(kind, "artifact kind")
        failures: list[Failure] = []
        with self._fan_out.lock:
            if self._closed:
                self._refuse("log_artifact")
            for place, child in self._children:
                try:
                    child.log_artifact(name, path, kind=kind)
                except BaseException as error:  # noqa: BLE001 - raised below
                    failures.append((place, child, error))
        if failures:
            self._raise(failures, "log_artifact")

    def close(self) -> None:
        """Close every child, in order, also when one fails (CL-1, CL-4).

        Later calls raise (CL-3), and closing again does nothing (CL-2).

        An error of a child is logged with its traceback, not raised: at the end of a run nobody
        is left to handle it, and it must not hide why the run ended. ``KeyboardInterrupt`` and
        ``SystemExit`` are raised after the last child was closed.
        """
        with self._fan_out.lock:
            if self._closed:
                return
            self._closed = True
            close_all(self._children)

    @classmethod
    def read_run(cls, *, children: Sequence[LogStoreSpec | Mapping[str, Any]]) -> RunLog:
        """Read the first of ``children`` that can be read back; they all got the same calls.

        Args:
            children: As for the constructor.

        Raises:
            LogStoreConfigError: None of them can be read back.
            Exception: As ``read_run`` of that child.
        """
        specs = cls.Config.model_validate({"children": children}).children
        for spec in specs:
            read_run = getattr(get_log_store(spec.kind), "read_run", None)
            if read_run is not None:
                run: RunLog = read_run(**spec.params)
                return run
        raise LogStoreConfigError(
            f"multiplex: none of its children can be read back: they are of the kinds "
            f"{', '.join(spec.kind for spec in specs)}, whose classes have no read_run()"
        )

    def __getstate__(self) -> tuple[_Child, ...]:
        if self._closed:
            raise TypeError("a multiplex that is closed leaves nothing to pickle or copy")
        return self._children  # which say themselves how they go on elsewhere

    def __setstate__(self, children: tuple[_Child, ...]) -> None:
        self._start(children)

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # a copy that shared the children would close them

    def _refuse(self, method: str) -> NoReturn:
        raise LogStoreClosedError(self.name, method)

    def _raise(self, failures: list[Failure], method: str) -> NoReturn:
        mark_children(
            (place, isinstance(child, MultiplexLogStore), error) for place, child, error in failures
        )
        raise_failures(failures, method, len(self._children))


class _FanOutLock:
    """The lock that a call holds while it reaches the children.

    It is around the whole fan-out: without it, two threads could reach two children in different
    orders. Re-entrant, because a signal handler may log in the middle of a call: its call is
    delivered at once, for the handler may end the program, so that the children which the
    interrupted call has not reached yet get that one second.
    """

    def __init__(self) -> None:
        self.renew_after_fork()
        renew_in_forked_children(self)

    def renew_after_fork(self) -> None:
        # Another thread of the parent may hold the lock for ever, as seen from here.
        self.lock = threading.RLock()


def _built(specs: Sequence[LogStoreSpec]) -> tuple[_Child, ...]:
    children: list[_Child] = []
    for index, spec in enumerate(specs):
        place = ChildPlace((index,), spec.kind)
        try:
            children.append((place, build_log_store(spec)))
        except BaseException as error:
            mark_children([(place, spec.kind == MultiplexLogStore.name, error)])
            close_all(children)
            raise
    return tuple(children)

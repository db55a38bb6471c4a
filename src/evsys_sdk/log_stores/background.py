"""A log that never stalls training: calls return at once, and a thread hands them to a child store.

A call checks its arguments, copies them and puts them into a queue. An error of
the child is raised by the next call, or by ``close()``.
"""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field

from evsys_sdk.arguments import (
    STEP_MAX,
    STEP_MIN,
    checked_hyperparams,
    checked_path,
    checked_step,
    checked_text,
)
from evsys_sdk.config import LogStoreSpec, build_log_store
from evsys_sdk.errors import LogStoreConfigError
from evsys_sdk.log_stores._background import calls
from evsys_sdk.log_stores._background.delivery import BackgroundStats, Delivery
from evsys_sdk.log_stores._background.device_values import checked_or_later
from evsys_sdk.log_stores._checked_strings import CheckedStrings
from evsys_sdk.protocols import Capability, LogStore
from evsys_sdk.registry import get_log_store
from evsys_sdk.run_log import RunLog

__all__ = ["BackgroundLogStore", "BackgroundStats"]

_TRAIN = "train"
"""The default split: Python has one object for it."""


class BackgroundLogStore:
    """Hands every call to its child in a thread, in order, and returns at once.

    Values that a device still computes, such as a tensor on a GPU, are copied in the call without
    waiting for the device, and read in the thread.

    A child that raises does not stop the delivery of later calls. The next call, :meth:`flush` or
    :meth:`close` raises a :class:`~evsys_sdk.LogDeliveryError`, once, which says what was lost. A
    call that raises it was queued all the same.

    It may be used from several threads, in signal handlers and in forked children. A forked child
    starts with an empty queue and another thread: the parent delivers what it had queued.
    Calls that wait in the queue are lost if the process is killed; when the interpreter exits,
    they are delivered as by ``close()``.
    """

    name: ClassVar[str] = "background"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "threads", "processes", "fork"}
    )
    """What the store claims of the contract, if its child claims it: not ``crash``."""

    class Config(BaseModel, extra="forbid"):
        """The parameters of a background log store."""

        child: LogStoreSpec = Field(description="The store that gets the calls: {kind, params}.")
        capacity: int = Field(default=10_000, ge=1, description="How many calls may wait.")
        on_full: Literal["block", "drop"] = Field(
            default="block",
            description="What a call does when the queue is full: wait for room, at most "
            "close_timeout; or drop its data and return.",
        )
        close_timeout: float = Field(
            default=30,
            ge=0,
            le=1e6,
            description="How many seconds close() and the interpreter's exit wait at most.",
        )

    def __init__(
        self,
        *,
        child: LogStoreSpec | Mapping[str, Any],
        capacity: int = 10_000,
        on_full: Literal["block", "drop"] = "block",
        close_timeout: float = 30,
    ) -> None:
        """Build the child in this thread, and start the thread that will call it.

        Args:
            child: ``{kind, params}`` of the store that gets the calls.
            capacity: How many calls may wait, besides the one that the child is working at.
            on_full: ``"block"`` makes a call wait while the queue is full. If the child takes no
                call for ``close_timeout`` seconds, the call is dropped and raises. ``"drop"``
                drops the call's data at once, counts it, and logs a warning once per minute.
            close_timeout: How many seconds ``close()`` and the exit of the interpreter wait for
                the child at most.

        Raises:
            ValueError: A parameter is wrong.
            LogStoreConfigError: The child's kind is unknown or its parameters are wrong.
            Exception: What building the child raises, with a note that names it.
        """
        config = self.Config.model_validate(
            {
                "child": child,
                "capacity": capacity,
                "on_full": on_full,
                "close_timeout": close_timeout,
            }
        )
        self._begin(build_log_store(config.child), config)

    def _begin(self, child: LogStore, config: Config) -> None:
        self._config = config
        self._delivery = Delivery(
            child,
            config.child.kind,
            capacity=config.capacity,
            drops=config.on_full == "drop",
            close_timeout=config.close_timeout,
        )
        self._put = self._delivery.put
        self._known_keys = CheckedStrings()
        self._knows = self._known_keys.issuperset

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Queue one value (MET-2).

        Args:
            key: What the value is called, a string like a key of :meth:`log_metrics`.
            value: One number (MET-5).
            step: An integer that fits into int64.

        Raises:
            TypeError, ValueError, LogStoreClosedError, LogDeliveryError: As :meth:`log_metrics`.
        """
        metrics, later = checked_or_later({key: value})
        [(key, value)] = metrics.items()
        step = checked_step(step)
        if later:
            self._put((calls.log_scalar_later, key, later[key], step))
        else:
            self._put((calls.log_scalar, key, value, step))

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Queue a copy of ``metrics`` for the child.

        Args:
            metrics: Numbers by key (MET-5). A value that a device still computes is copied there,
                and read in the thread.
            step: An integer that fits into int64.
            split: Any string that is not empty and that UTF-8 can encode.

        Raises:
            TypeError: A bad argument, as in :class:`~evsys_sdk.LogStore`; nothing was queued.
            ValueError: As TypeError.
            LogStoreClosedError: After ``close()``; nothing was queued.
            LogDeliveryError: Earlier calls were lost, and this one was queued; or the queue was
                full for ``close_timeout`` seconds, and this one was dropped.
        """
        # The usual call is checked in as few steps as possible: this is what training waits for.
        if (
            type(metrics) is dict
            and type(step) is int
            and split is _TRAIN
            and STEP_MIN <= step <= STEP_MAX
        ):
            values = metrics.copy()
            if self._knows(values):
                for value in values.values():
                    if type(value) is not float:
                        break
                else:
                    call = (calls.log_metrics, values, step, split)
                    delivery = self._delivery
                    queue = delivery.queue
                    if len(queue) < delivery.capacity:  # spelt out: what put() does first
                        queue.append(call)
                        if delivery.idle:
                            delivery.wake()
                        if delivery.unusual:
                            delivery.handle_unusual(call)
                    else:
                        delivery.put(call)
                    return
        values, later = checked_or_later(metrics)
        self._known_keys.remember(values)
        step, split = checked_step(step), checked_text(split, "split")
        if later:
            self._put((calls.log_metrics_later, values, step, split, later))
        else:
            self._put((calls.log_metrics, values, step, split))

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Queue a copy of ``params`` for the child (HP-2).

        Args:
            params: JSON values by string keys, as
                :func:`~evsys_sdk.arguments.checked_hyperparams` takes them.

        Raises:
            TypeError, ValueError: A bad argument; nothing was queued (HP-3).
            LogStoreClosedError, LogDeliveryError: As :meth:`log_metrics`.
        """
        self._put((calls.log_hyperparams, checked_hyperparams(params)))

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Queue the pointer for the child (ART-1).

        Args:
            name: Any string that is not empty and that UTF-8 can encode.
            path: A string like ``name``, or a path object; kept as given (ART-2).
            kind: A string like ``name``.

        Raises:
            TypeError, ValueError: A bad argument; nothing was queued.
            LogStoreClosedError, LogDeliveryError: As :meth:`log_metrics`.
        """
        name = checked_text(name, "artifact name")
        path = checked_path(path)
        self._put((calls.log_artifact, name, path, checked_text(kind, "artifact kind")))

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until the child had every call that was made before; none is left after ``close()``.

        Args:
            timeout: How many seconds to wait at most; ``close_timeout`` if it is None.

        Returns:
            Whether the child had them all in time.

        Raises:
            LogDeliveryError: Calls were lost; each is reported once.
        """
        return self._delivery.flush(timeout)

    def stats(self) -> BackgroundStats:
        """Return how many calls were accepted, and what became of them; also after ``close()``."""
        return self._delivery.stats()

    def close(self) -> None:
        """Deliver what is queued, close the child, and end the thread (CL-1, CL-4).

        It returns after ``close_timeout`` seconds at the latest. Calls that were not delivered by
        then are dropped. Later calls raise (CL-3), and a second close does nothing (CL-2).

        Raises:
            LogDeliveryError: Calls were lost, or the child failed in its ``close()``.
        """
        self._delivery.close()

    @classmethod
    def read_run(cls, *, child: LogStoreSpec | Mapping[str, Any], **others: Any) -> RunLog:
        """Read what the child's class finds at the child's destination.

        Args:
            child: As for the constructor.
            others: The other parameters of the constructor, which are checked and not used.

        Raises:
            LogStoreConfigError: The child can't be read back.
            Exception: As ``read_run`` of the child.
        """
        spec = cls.Config.model_validate({"child": child, **others}).child
        read_run = getattr(get_log_store(spec.kind), "read_run", None)
        if read_run is None:
            raise LogStoreConfigError(
                f"background: its child can't be read back: the class of the kind {spec.kind!r} "
                f"has no read_run()"
            )
        run: RunLog = read_run(**spec.params)
        return run

    def __getstate__(self) -> tuple[LogStore, Config]:
        if self._delivery.closed:
            raise TypeError("a background store that is closed leaves nothing to pickle or copy")
        return self._delivery.child, self._config  # the child says how it goes on elsewhere

    def __setstate__(self, state: tuple[LogStore, Config]) -> None:
        self._begin(*state)

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # a copy that shared the child would close it

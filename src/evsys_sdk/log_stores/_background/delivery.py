"""The queue of a background store, the thread that empties it, and the counts of both."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

from evsys_sdk.errors import LogDeliveryError, LogStoreClosedError
from evsys_sdk.log_stores._background.calls import Call, described, method_of
from evsys_sdk.log_stores._background.exiting import close_at_exit, forget
from evsys_sdk.log_stores._background.losses import Losses, in_words
from evsys_sdk.log_stores._forks import renew_in_forked_children
from evsys_sdk.protocols import LogStore

__all__ = ["BackgroundStats", "Delivery"]

_log = logging.getLogger("evsys_sdk.log_stores.background")

_SECONDS_BETWEEN_WARNINGS = 60


class BackgroundStats(NamedTuple):
    """What became of the calls: ``accepted == delivered + dropped + failed + pending``."""

    accepted: int
    """Calls whose arguments passed the checks."""
    delivered: int
    """Calls that the child has taken."""
    dropped: int
    """Calls that found the queue full, or were left in it when ``close()`` gave up."""
    failed: int
    """Calls in which the child raised."""
    pending: int
    """Calls in the queue, with the one that the child is working at."""


class Delivery:
    """Hands calls to a child in another thread, in the order in which they came.

    A call that finds room takes no lock: appending to a deque is atomic. A call stays in the queue
    until the child has had it, and then leaves it and is counted under the lock, so that the counts
    add up at any moment. The lock is never held while the child works. It is re-entrant, because a
    signal handler may log while its thread holds the lock.
    """

    def __init__(
        self, child: LogStore, kind: str, *, capacity: int, drops: bool, close_timeout: float
    ) -> None:
        """Start the thread.

        Args:
            child: The store that gets the calls.
            kind: Its kind, for errors.
            capacity: How many calls may be pending.
            drops: Whether a call is dropped when the queue is full; otherwise it waits.
            close_timeout: How many seconds ``close`` waits, and a call that finds no room.
        """
        self.child = child
        self._kind = kind
        self.capacity = capacity
        self._drops = drops
        self._close_timeout = close_timeout
        self._closed = False
        self._warned_at: float | None = None
        self._begin()
        renew_in_forked_children(self)
        self._start()

    def _begin(self) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._waiting = 0  # threads that wait for a change of the counts
        self.queue: deque[Call] = deque()
        self._wakeups: SimpleQueue[None] = SimpleQueue()
        self.idle = False  # whether the thread waits, or is about to wait, for a wakeup
        self._thread: threading.Thread | None = None
        self.unusual = True  # whether a call must look at the rest: the thread, closing, errors
        self._ended = False  # whether the thread looks into the queue no more
        self._gave_up = False
        self._deadline: float | None = None
        self._delivered = self._dropped = self._failed = 0
        self._stuck_at: int | None = None
        self._losses = Losses()

    def renew_after_fork(self) -> None:
        """Begin with an empty queue: what waits in the parent's is delivered by the parent."""
        forget(self)
        self._begin()

    @property
    def closed(self) -> bool:
        """Whether it takes no more calls."""
        return self._closed

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="evsys-background", daemon=True)
        thread.start()
        self._thread = thread
        self.unusual = False
        close_at_exit(self)

    def put(self, call: Call) -> None:
        """Queue the call.

        Raises:
            LogStoreClosedError: After ``close()``.
            LogDeliveryError: Earlier calls failed, or the queue stayed full.
        """
        queue = self.queue
        if len(queue) < self.capacity:
            queue.append(call)
        else:
            self._put_when_full(call)
        if self.idle:
            self.wake()
        if self.unusual:
            self.handle_unusual(call)

    def wake(self) -> None:
        """Wake the thread."""
        self.idle = False
        self._wakeups.put(None)

    def handle_unusual(self, call: Call) -> None:
        """Start the thread, refuse a call after ``close()``, or report lost calls, as needed."""
        with self._lock:
            if self._closed:
                # A thread that still looks into the queue finds the call, and delivers it.
                if (self._ended or self._gave_up) and self._remove_undelivered(call):
                    raise LogStoreClosedError("background", method_of(call))
            elif self._thread is None:
                self._start()
        self._report("The latest call was queued: do not repeat it.")

    def _remove_undelivered(self, call: Call) -> bool:
        """Remove a call that the child will not get, and say whether it was there."""
        # The child may be working at the first. Of a copy, since other threads append.
        for place, each in enumerate(list(self.queue)):
            if each is call and (place or self._ended):
                del self.queue[place]
                return True
        return False

    def _put_when_full(self, call: Call) -> None:
        with self._lock:
            if not self._drops and self._wait_for_room():
                self.queue.append(call)
                return
            if self._closed:
                raise LogStoreClosedError("background", method_of(call))
            self._dropped += 1
        what = f"the queue for the child ({self._kind}) is full ({self.capacity:,})"
        if not self._drops:
            raise LogDeliveryError(
                "background",
                1,
                [f"{described(call)}: {what}, and had no room for {self._close_timeout:g} s"],
                "Later calls are dropped at once until the child takes calls again.",
            )
        now = time.monotonic()
        if self._warned_at is None or now - self._warned_at >= _SECONDS_BETWEEN_WARNINGS:
            self._warned_at = now
            _log.warning("background: %s. Calls dropped so far: %s", what, f"{self._dropped:,}")

    def _wait_for_room(self) -> bool:
        """Wait until the child has taken a call; False if it takes none. The lock is held."""
        if self._closed or self._stuck_at == self._delivered + self._failed:
            return False  # an earlier call got no room, and the child has taken nothing since
        self._wait(lambda: len(self.queue) < self.capacity or self._closed, self._close_timeout)
        has_room = len(self.queue) < self.capacity
        if not has_room:
            self._stuck_at = self._delivered + self._failed
        return has_room and not self._closed

    def _wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until the condition holds, and say whether it does. The lock is held."""
        self._waiting += 1
        try:
            return self._changed.wait_for(condition, timeout)
        finally:
            self._waiting -= 1

    def _work(self) -> None:
        child, queue = self.child, self.queue
        while self._await_call():
            error, reason = None, ""
            try:
                queue[0][0](child, *queue[0][1:])
            except BaseException as raised:  # noqa: BLE001 - reported by the next call
                error, reason = raised, f"{described(queue[0])}: {in_words(raised)}"
            with self._lock:
                queue.popleft()
                if error is None:
                    self._delivered += 1
                else:
                    self._failed += 1
                    self._lose(1, reason, error)
                if self._waiting:
                    self._changed.notify_all()
            del error  # whose traceback may hold memory of a device
        try:
            child.close()
        except BaseException as error:  # noqa: BLE001 - reported by close()
            reason = f"close(): {in_words(error)}"
            with self._lock:
                self._lose(0, reason, error)
        forget(self)

    def _await_call(self) -> bool:
        """Wait until there is a call; False when there will be none any more."""
        while not self.queue:
            with self._lock:
                if self._closed and not self.queue:
                    self._ended = True
                    return False
            # Set first, then looked: a call looks after it was appended.
            self.idle = True
            if not self.queue and not self._closed:
                self._wakeups.get()
            self.idle = False
        return True

    def _lose(self, calls: int, reason: str, error: BaseException | None = None) -> None:
        """Note what the next call or close reports; the lock is held."""
        self.unusual = True
        self._losses.add(calls, reason, error)

    def _report(self, advice: str = "") -> None:
        """Raise what was lost since the last report, if anything was."""
        with self._lock:
            losses, self._losses = self._losses, Losses()
            self.unusual = self._closed or self._thread is None
        if losses:
            raise losses.error(advice)

    def stats(self) -> BackgroundStats:
        """The counts at this moment."""
        with self._lock:
            pending = len(self.queue)
            ended = (self._delivered, self._dropped, self._failed)
            return BackgroundStats(sum(ended) + pending, *ended, pending)

    def flush(self, timeout: float | None) -> bool:
        """Wait until the child had every call that is queued by now; False if it took too long.

        Raises:
            LogDeliveryError: Calls failed since the last report.
        """
        with self._lock:
            last = self._delivered + self._failed + len(self.queue)
            flushed = self._wait(
                lambda: self._delivered + self._failed >= last or not self.queue,
                self._close_timeout if timeout is None else timeout,
            )
        self._report()
        return flushed

    def stop(self) -> None:
        """Take no more calls; from now on ``close_timeout`` runs."""
        with self._lock:
            if self._closed:
                return
            if self._thread is None:
                self._start()
            self._closed = self.unusual = True
            self._deadline = time.monotonic() + self._close_timeout
            self._changed.notify_all()
        self._wakeups.put(None)

    def close(self) -> None:
        """Wait until everything is delivered and the child closed, at most ``close_timeout``.

        Raises:
            LogDeliveryError: Calls were lost, or the child failed in ``close()``.
        """
        self.stop()
        thread, deadline = self._thread, self._deadline
        if thread is None or deadline is None or thread is threading.current_thread():
            return
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            self._give_up()
        self._report()

    def _give_up(self) -> None:
        """Drop all calls but the one in progress; the thread ends if that ever returns."""
        forget(self)
        with self._lock:
            pending = len(self.queue)
            while len(self.queue) > 1:
                self.queue.pop()
                self._dropped += 1
            if self._gave_up:
                return
            self._gave_up = True
            what = "take them" if pending else "return from close()"
            reason = f"the child ({self._kind}) did not {what} within {self._close_timeout:g} s"
            self._lose(pending, reason)
            self._changed.notify_all()

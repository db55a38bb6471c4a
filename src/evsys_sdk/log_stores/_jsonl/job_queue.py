"""One job at a time in a directory: threads wait for each other, signal handlers need not wait."""

import threading
from collections.abc import Callable
from weakref import WeakValueDictionary

from evsys_sdk.log_stores._forks import renew_in_forked_children

__all__ = ["JobQueue", "job_queue_of"]

_Job = Callable[[], None]


class JobQueue:
    """Runs the jobs of one directory one after the other.

    A signal handler runs in the middle of what the main thread was doing. If that was a job,
    the handler's own job can't wait for it (it would wait forever) and can't run inside it (both
    change the same file), so it is taken along by the job that it interrupted, right after it. An
    error of a job that was taken along is raised there.
    """

    running: bool
    """Whether a job is in progress: for the holder of the lock, which then is a signal handler."""

    def __init__(self) -> None:
        self.renew_after_fork()
        renew_in_forked_children(self)

    def run(self, check: _Job, job: _Job) -> None:
        """Run ``check`` and then ``job``, when no other job is in progress.

        When ``check`` raises, ``job`` does not run. Both see no other thread in between.
        """
        with self.lock:
            check()
            self._waiting.append(job)
            if self.running:
                return
            try:
                self._run_waiting()
            finally:
                # The job failed, or the handler that left another one here raised, as one that
                # ends the program does.
                self._run_waiting()

    def _run_waiting(self) -> None:
        while self._waiting:
            try:
                self.running = True
                # Again: a handler may have run all that waited, before it could see that we run.
                if self._waiting:
                    self._waiting.pop(0)()
            finally:
                self.running = False

    def renew_after_fork(self) -> None:
        """Forget the jobs of the parent, which runs them itself."""
        self.lock = threading.RLock()
        self._waiting: list[_Job] = []
        self.running = False


_queues: WeakValueDictionary[str, JobQueue] = WeakValueDictionary()


def job_queue_of(directory: str) -> JobQueue:
    """The job queue of this directory, the same one for every store of the process.

    A handler may log to another store than the one that it interrupted.
    """
    return _queues.setdefault(directory, JobQueue())

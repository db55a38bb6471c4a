"""Directories that can't be written to, or disappear."""

import errno
import os
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager

from torture.case import Trial, case
from torture.disks import run_as_root, tmpfs
from torture.refusals import Attempts
from torture.stores import STORES, open_store, places

__all__ = ["mounted_read_only", "not_writable", "removed"]


@case("Directory that loses its write permission", *STORES)
def not_writable(trial: Trial) -> None:
    """What needs a new file is refused; what is open goes on."""
    attempts = Attempts(trial, open_store(trial.store, trial.directory / "imports"))
    attempts.make(40)
    trial.directory.chmod(0o777)
    place = trial.directory / "log"
    with _somebody():
        attempts = Attempts(trial, open_store(trial.store, place))
        attempts.make(40)
        for _, directory in places(trial.store, place):
            directory.chmod(0o555)
        attempts.make(600, {errno.EACCES: "Permission denied"})
        if trial.store != "jsonl":  # which opens the files that it has
            trial.refused(lambda: open_store(trial.store, place), OSError, "Permission denied")
        for _, directory in places(trial.store, place):
            directory.chmod(0o755)
        attempts.make(40)
    attempts.store.close()
    attempts.check(place)
    who = "as another user, since nothing binds root" if os.geteuid() == 0 else "as the user"
    trial.did(f"{who}; {len(attempts.refused)} of 600 calls refused")


@contextmanager
def _somebody() -> Generator[None]:
    """Permissions do not bind root: work as somebody else meanwhile."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@case("File system mounted read-only", *STORES)
def mounted_read_only(trial: Trial) -> None:
    """No store opens there, all of them read there, and the log goes on when it is writable."""
    with tmpfs(trial.directory / "disk", 1 << 20) as disk:
        attempts = Attempts(trial, open_store(trial.store, disk / "log"))
        attempts.make(60)
        attempts.store.close()
        run_as_root("mount", "-o", "remount,ro", disk)
        for _ in range(10):
            trial.refused(
                lambda: open_store(trial.store, disk / "log"), OSError, "Read-only file system"
            )
        attempts.check(disk / "log")
        run_as_root("mount", "-o", "remount,rw", disk)
        attempts.store = open_store(trial.store, disk / "log")
        attempts.make(60)
        attempts.store.close()
        attempts.check(disk / "log")
    trial.did("a tmpfs, remounted")


_NOTICED_WITHIN = 1.5
"""Seconds; the promise is one, and the machine may be busy."""


@case("Directory removed in the middle of a run, and made again", *STORES)
def removed(trial: Trial) -> None:
    """Its content is gone; calls raise within a second, and continue in the new one."""
    times = trial.times(full=4, short=1)
    late = 0.0
    removed_error = {errno.ENOENT: "removed"}
    for number in range(times):
        place = trial.directory / f"log {number}"
        attempts = Attempts(trial, open_store(trial.store, place))
        attempts.make(trial.chance.randrange(20, 200))
        shutil.rmtree(place)
        gone = time.monotonic()
        # Until then some calls return, whose rows go into a file without a name.
        while time.monotonic() - gone < _NOTICED_WITHIN:
            returned = len(attempts.returned)
            attempts.make(1, removed_error)
            if len(attempts.returned) > returned:
                late = max(late, time.monotonic() - gone)
        # The tensorboard store still knows the hyperparameters, and writes them again.
        attempts.maybe, attempts.returned = attempts.returned, []
        attempts.make(40, removed_error)
        trial.expect(not attempts.returned, f"calls {attempts.returned} returned after that")
        for _, directory in places(trial.store, place):
            directory.mkdir(parents=True)
        attempts.make(100)
        attempts.store.close()
        attempts.check(place)
    trial.did(f"{times} times, the last call returned {late:.2f} s after it")

"""Too many open files."""

import errno
import os
import resource
from functools import partial

from torture.case import Trial, case
from torture.children import exit_code, fork
from torture.mixed_run import check_tools
from torture.refusals import Attempts
from torture.stores import STORES, open_store

__all__ = ["no_descriptors"]

_ERRORS = {errno.EMFILE: "Too many open files"}


@case("Too many open files (RLIMIT_NOFILE)", *STORES)
def no_descriptors(trial: Trial) -> None:
    """With room for no, one, two or three more files: what is open goes on."""
    warm_up = Attempts(trial, open_store(trial.store, trial.directory / "imports"))
    warm_up.make(40)
    warm_up.store.close()
    rounds = trial.times(full=20, short=8)
    refused = 0
    before = _open_files()
    for number in range(rounds):
        place = trial.directory / f"log {number}"
        attempts = Attempts(trial, open_store(trial.store, place))
        attempts.make(20)
        _limit(_lowest_free() + number % 4)
        attempts.make(100, _ERRORS)
        opens = [_opens(trial, number) for _ in range(3)]
        trial.expect(number % 4 > 0 or not any(opens), "a store opened without a descriptor")
        in_child = Attempts(trial, attempts.store, run=1)
        trial.expect(exit_code(fork(partial(_log_in_child, in_child))) == 0, "a child failed")
        _limit(_MOST)
        attempts.make(40)
        attempts.store.close()
        refused += len(attempts.refused)
        attempts.check_run(place)
        in_child.returned = [*range(1, 41)]
        in_child.check_run(place)
    trial.expect(_open_files() == before, "descriptors are left open")
    check_tools(trial, trial.directory / "log 0")
    trial.did(f"{rounds} rounds, {refused:,} calls refused")


_MOST = resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _log_in_child(attempts: Attempts) -> None:
    """A forked child opens its files with its first call: refused, and then not."""
    _limit(_lowest_free())
    attempts.make(1, _ERRORS)
    assert not attempts.returned
    _limit(_MOST)
    attempts.make(40)
    assert len(attempts.returned) == 40


def _limit(files: int) -> None:
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    )


def _lowest_free() -> int:
    free = os.dup(0)
    os.close(free)
    return free


def _open_files() -> int:
    return len(os.listdir("/dev/fd"))


def _opens(trial: Trial, number: int) -> bool:
    try:
        open_store(trial.store, trial.directory / f"other {number}").close()
    except OSError as error:
        trial.expect(error.errno == errno.EMFILE, f"opening: {error!r}")
        return False
    return True

"""A disk that is full: in the middle of a row, of hyperparameters, of artifacts, of an event."""

import errno
import os
import resource
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from evsys_sdk import LogStore
from torture.case import Trial, case
from torture.children import Ledger, fork, kill_after
from torture.disks import tmpfs
from torture.mixed_run import check_run, check_tools, found_runs, log_call
from torture.stores import logs, open_store

__all__ = ["at_every_byte", "filled_up", "fought_over"]

_TEXT = "text" * 100
_CALLS: dict[str, Callable[[LogStore], None]] = {
    "rows": lambda store: store.log_metrics({_TEXT: 1.0, "loss": 0.5}, 1),
    "hyperparameters": lambda store: store.log_hyperparams({_TEXT: 1}),
    "artifacts": lambda store: store.log_artifact(_TEXT, "path"),
}


@case("No room (RLIMIT_FSIZE) from any byte of a write on", "jsonl", "tensorboard")
def at_every_byte(trial: Trial) -> None:
    """Each file is stopped at each byte of what a call adds to it, and then goes on."""
    refused = 0
    for what, call in _CALLS.items():
        for room in range(0, 700, trial.times(full=1, short=23)):
            place = trial.directory / f"{what} {room}"
            store = open_store(trial.store, place)
            # Rows last: the first ones after hyperparameters fill TensorBoard's HParams tab too.
            for each in (*_CALLS.values(), _CALLS["rows"]):
                each(store)
            before = _contents(place)
            with _limit(_largest(before, what, trial.store) + room):
                try:
                    call(store)
                    fitted = True
                except OSError as error:
                    fitted = False
                    clear = error.errno in {errno.EFBIG, errno.ENOSPC} and str(place) in str(error)
                    trial.expect(clear, f"{what} with {room} bytes: {error!r}")
                    trial.expect(_contents(place) == before, f"{what}, {room} bytes: changed files")
                    refused += 1
            call(store)
            store.close()
            [(_, log)] = logs(trial.store, place)
            trial.count("rows", 2 + (what == "rows") * (1 + fitted), len(log.metrics))
            artifacts = 1 + (what == "artifacts") * (1 + fitted)
            trial.count("artifacts", artifacts, len(log.artifacts))
            trial.expect([*log.hyperparams] == [_TEXT], f"hyperparameters are {log.hyperparams!r}")
    trial.did(f"{refused:,} calls refused, each changed nothing, and the next was recorded")


def _largest(contents: dict[str, bytes], what: str, kind: str) -> int:
    """How large the file is before the call that adds to it; the one of hyperparameters is new."""
    if kind == "tensorboard":
        return max(map(len, contents.values()))
    names = {"rows": "metrics.jsonl", "artifacts": "artifacts.json"}
    return len(contents[names[what]]) if what in names else 0


def _contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.iterdir()}


@contextmanager
def _limit(size: int) -> Generator[None]:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


_DISK_BYTES = 512 << 10


@case("Disk full (a small tmpfs), then room again", "jsonl", "tensorboard")
def filled_up(trial: Trial) -> None:
    """A mixed run fills the disk, reads its log there, and goes on when a file is removed."""
    refusals = 0
    disks = trial.times(full=15, short=3)
    for disk in range(disks):
        with tmpfs(trial.directory / f"disk {disk}", _DISK_BYTES) as place:
            ballast = place / "ballast"
            ballast.write_bytes(b"x" * trial.chance.randrange(_DISK_BYTES // 4, _DISK_BYTES // 2))
            log_dir = place / "log"
            store = open_store(trial.store, log_dir)
            returned, refused = _log_until_full(trial, store, 0, refusals_wanted=60)
            refusals += refused
            _check(trial, log_dir, returned)
            # Some of what is small may still have fitted; a store that opens now may or may not.
            try:
                open_store(trial.store, log_dir).close()
            except OSError as error:
                trial.expect(error.errno == errno.ENOSPC, f"opening: {error!r}")
            _check(trial, log_dir, returned)
            ballast.unlink()
            first = returned[-1] + 1000
            for number in range(first, first + 60):
                log_call(store, 0, number)
                returned.append(number)
            store.close()
            _check(trial, log_dir, returned)
            if disk % 10 == 0:
                check_tools(trial, log_dir)
    trial.did(f"{disks} disks of {_DISK_BYTES >> 10} KB filled up, {refusals:,} calls refused")


def _log_until_full(
    trial: Trial, store: LogStore, start: int, refusals_wanted: int
) -> tuple[list[int], int]:
    """Log until this many calls were refused: the numbers of those that were not, how many were."""
    returned: list[int] = []
    refused = 0
    number = start
    while refused < refusals_wanted:
        try:
            log_call(store, 0, number)
        except OSError as error:
            trial.expect(error.errno == errno.ENOSPC, f"call {number}: {error!r}")
            refused += 1
        else:
            returned.append(number)
        number += 1
    return returned, refused


def _check(trial: Trial, log_dir: Path, returned: list[int]) -> None:
    for label, log in logs(trial.store, log_dir):
        check_run(trial, label, found_runs(trial, label, log), 0, returned)


@case("Disk full, with another process taking every byte that is freed", "jsonl", "tensorboard")
def fought_over(trial: Trial) -> None:
    """A failing call frees space for a moment; another process may take it."""
    rounds = trial.times(full=15, short=3)
    refusals = 0
    for number in range(rounds):
        with tmpfs(trial.directory / f"disk {number}", _DISK_BYTES) as place:
            log_dir = place / "log"
            store = open_store(trial.store, log_dir)
            for call in range(100):
                log_call(store, 0, call)
            ledger = Ledger(trial.directory / f"taken {number}", 1)
            taker = fork(partial(_take_what_is_free, place / "taken", ledger))
            while not ledger.counts[0]:
                pass
            returned, refused = _log_until_full(trial, store, 100, refusals_wanted=300)
            refusals += refused
            kill_after(taker, 0)
            os.unlink(place / "taken")
            log_call(store, 0, 10_000)
            store.close()
            _check(trial, log_dir, [*range(100), *returned, 10_000])
            check_tools(trial, log_dir)
    trial.did(f"{rounds} disks, {refusals:,} calls refused")


def _take_what_is_free(path: Path, ledger: Ledger) -> None:
    with open(path, "wb", buffering=0) as file:
        while True:
            try:
                file.write(b"x" * 4096)
            except OSError:
                ledger.add()

"""Processes that are killed, or told to end, at a random instant of a mixed run."""

import signal
import time
from functools import partial
from pathlib import Path

from torture.case import Trial, case
from torture.children import Ledger, fork, kill_after
from torture.mixed_run import (
    check_run,
    check_tools,
    found_runs,
    log_call,
    log_until_stopped,
)
from torture.stores import STORES, logs, open_store

__all__ = ["interrupted", "killed", "terminated"]

_KILLS_PER_LOG = 10
_RUN_SECONDS = 0.03


@case("SIGKILL at a random instant of a mixed run", *STORES)
def killed(trial: Trial) -> None:
    """Every run continues the log of the run that was killed before it."""
    kills = trial.times(full=200, short=20)
    _import_everything(trial)
    ledger = Ledger(trial.directory / "returned", kills)
    places = [trial.directory / f"log {n}" for n in range(-(-kills // _KILLS_PER_LOG))]
    torn = 0
    for run in range(kills):
        place = places[run // _KILLS_PER_LOG]
        child = fork(partial(_log, trial.store, place, run, ledger))
        # One in five is killed at once: while it opens the store, or soon after.
        while run % 5 and not ledger.counts[run]:
            time.sleep(0.001)
        code = kill_after(child, trial.chance.uniform(0, _RUN_SECONDS))
        trial.expect(code == -signal.SIGKILL, f"run {run} ended before the kill, with code {code}")
        torn += _ends_torn(place)
    trial.did(f"{kills} kills in {len(places)} logs, {sum(ledger.counts):,} calls returned")
    if trial.store != "tensorboard":
        trial.did(f"{torn} times a torn row was left")
    for number, place in enumerate(places):
        runs = range(number * _KILLS_PER_LOG, min(kills, (number + 1) * _KILLS_PER_LOG))
        _check_log(trial, place, {run: ledger.counts[run] for run in runs})


def _import_everything(trial: Trial) -> None:
    """Before anything is forked and timed."""
    store = open_store(trial.store, trial.directory / "first")
    for number in range(12):
        log_call(store, 0, number)
    store.close()


def _log(kind: str, place: Path, run: int, ledger: Ledger) -> None:
    log_until_stopped(open_store(kind, place), run, partial(ledger.add, run))


def _ends_torn(place: Path) -> int:
    ends = [path.read_bytes()[-1:] for path in place.rglob("metrics.jsonl")]
    return sum(end not in {b"", b"\n"} for end in ends)


def _check_log(trial: Trial, place: Path, returned: dict[int, int]) -> None:
    """Resume the log, close it, and read it with everything that reads such a log."""
    last = max(returned) + 1
    store = open_store(trial.store, place)
    for number in range(12):
        log_call(store, last, number)
    store.close()
    for label, log in logs(trial.store, place):
        runs = found_runs(trial, label, log)
        for run, count in returned.items():
            check_run(trial, label, runs, run, range(count), under_way=[count])
        check_run(trial, label, runs, last, range(12))
    check_tools(trial, place)


@case("SIGTERM, whose handler ends the program", *STORES)
def terminated(trial: Trial) -> None:
    """The usual handler: it raises SystemExit, and the store is closed on the way out."""
    _ended(trial, signal.SIGTERM)


@case("Ctrl-C (SIGINT) in the middle of a call", *STORES)
def interrupted(trial: Trial) -> None:
    """KeyboardInterrupt strikes anywhere, and the store is closed on the way out."""
    _ended(trial, signal.SIGINT)


def _ended(trial: Trial, number: int) -> None:
    times = trial.times(full=100, short=15)
    _import_everything(trial)
    ledger = Ledger(trial.directory / "returned", times)
    places = [trial.directory / f"log {run}" for run in range(times)]
    for run, place in enumerate(places):
        child = fork(partial(_log_until_told, trial.store, place, run, ledger))
        while not ledger.counts[run]:
            time.sleep(0.001)
        code = kill_after(child, trial.chance.uniform(0, _RUN_SECONDS / 2), number)
        trial.expect(code == 0, f"run {run} ended with code {code}")
    trial.did(f"{times} signals, {sum(ledger.counts):,} calls returned before them")
    for run, place in enumerate(places):
        for label, log in logs(trial.store, place):
            count = ledger.counts[run]
            runs = found_runs(trial, label, log)
            check_run(trial, label, runs, run, range(count), under_way=[count])
    for place in places[::10]:
        check_tools(trial, place)


def _log_until_told(kind: str, place: Path, run: int, ledger: Ledger) -> None:
    def end(*_: object) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as Python has it in a terminal
    store = open_store(kind, place)
    try:
        log_until_stopped(store, run, partial(ledger.add, run))
    except (KeyboardInterrupt, SystemExit):
        store.close()

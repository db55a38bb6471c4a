"""Many writers at once: threads, processes, data-loader workers, and a store that is closed."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from io import FileIO
from pathlib import Path

from evsys_sdk import LogStore, LogStoreClosedError
from torture.case import NotRun, Trial, case
from torture.children import Ledger, fork, wait_for
from torture.mixed_run import check_tools
from torture.stores import STORES, logs, open_store

__all__ = ["closed_by_another", "loader_workers", "merges", "processes", "threads"]


def _in_threads(work: Callable[[int], None], count: int) -> None:
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        work(number)

    each = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join()


def _log_rows(store: LogStore, writer: int, rows: int) -> None:
    for step in range(rows):
        store.log_metrics({f"writer {writer}": float(step), "loss": 0.5}, step)


def _check_writers(trial: Trial, place: Path, counts: list[int]) -> None:
    """Each writer's rows are there, once and in order."""
    for label, log in logs(trial.store, place):
        steps: dict[str, list[int]] = {f"writer {number}": [] for number in range(len(counts))}
        for row in log.metrics:
            for key in row.metrics:
                if key in steps:
                    steps[key].append(row.step)
        for (writer, found), count in zip(steps.items(), counts, strict=True):
            trial.count("rows", count, len(found))
            trial.expect(found == [*range(count)], f"{label}: {writer} is not in order")
    check_tools(trial, place)


@case("8 threads log to one store", *STORES)
def threads(trial: Trial) -> None:
    """Nothing lost, torn or doubled, and each thread's order kept."""
    rows = trial.times(full=10_000, short=500)
    store = open_store(trial.store, trial.directory / "log")
    _in_threads(lambda number: _log_rows(store, number, rows), 8)
    store.close()
    trial.did(f"{rows:,} rows each")
    _check_writers(trial, trial.directory / "log", [rows] * 8)


@case("4 processes log to one directory", *STORES)
def processes(trial: Trial) -> None:
    """The same, each with its own store."""
    rows = trial.times(full=10_000, short=500)
    place = trial.directory / "log"
    open_store(trial.store, place).close()

    def work(number: int) -> None:
        store = open_store(trial.store, place)
        _log_rows(store, number, rows)
        store.close()

    codes = wait_for([fork(partial(work, number)) for number in range(4)])
    trial.expect(codes == [0] * 4, f"processes ended with {codes}")
    trial.did(f"{rows:,} rows each")
    _check_writers(trial, place, [rows] * 4)


@case("4 processes merge hyperparameters and add artifacts at once", *STORES)
def merges(trial: Trial) -> None:
    """Every one of them is there afterwards."""
    calls = trial.times(full=200, short=25)
    place = trial.directory / "log"
    open_store(trial.store, place).close()

    def work(process: int) -> None:
        store = open_store(trial.store, place)
        for number in range(calls):
            store.log_hyperparams({f"{process}/{number}": number, "last": process})
            store.log_artifact(f"{process}", f"{number}")
        store.log_metrics({"process": float(process)}, calls)
        store.close()

    codes = wait_for([fork(partial(work, number)) for number in range(4)])
    trial.expect(codes == [0] * 4, f"processes ended with {codes}")
    trial.did(f"{calls:,} of each by each")
    for _, log in logs(trial.store, place):
        trial.count("hyperparameters", 4 * calls + 1, len(log.hyperparams))
        trial.count("artifacts", 4 * calls, len(log.artifacts))
        for process in map(str, range(4)):
            paths = [int(each.path) for each in log.artifacts if each.name == process]
            trial.expect(paths == [*range(calls)], f"artifacts of {process} are not in order")
    check_tools(trial, place)


@case("close() while 4 threads write", *STORES)
def closed_by_another(trial: Trial) -> None:
    """What returned is there; later calls raise; files that open then are nobody's to write to."""
    times = trial.times(full=100, short=10)
    for number in range(times):
        place = trial.directory / f"log {number}"
        store = open_store(trial.store, place)
        counts = [0] * 4
        strangers: list[FileIO] = []
        _in_threads(partial(_write_or_close, trial, store, counts, strangers), 5)
        for stranger in strangers:
            trial.expect(os.fstat(stranger.fileno()).st_size == 0, "a stranger's file was written")
            stranger.close()
        for label, log in logs(trial.store, place):
            for writer, count in enumerate(counts):
                steps = [row.step for row in log.metrics if f"writer {writer}" in row.metrics]
                trial.count("rows", count, len(steps))
                trial.expect(steps == [*range(count)], f"{label}: writer {writer} is not in order")
    trial.did(f"{times} times")
    check_tools(trial, trial.directory / "log 0")


def _write_or_close(
    trial: Trial, store: LogStore, counts: list[int], strangers: list[FileIO], number: int
) -> None:
    if number == 4:
        while min(counts) < 20:
            pass
        store.close()
        # These may get the descriptors that close() gave back.
        for each in range(8):
            strangers.append(FileIO(trial.directory / f"stranger {each}", "w"))
        return
    with suppress(LogStoreClosedError):
        while True:
            store.log_metrics({f"writer {number}": 1.0}, counts[number])
            counts[number] += 1


class LoggingSamples:
    """A data set that logs each sample where it is loaded: in a worker process."""

    def __init__(self, store: LogStore, ledger: Path, size: int) -> None:
        self.store = store
        self.ledger = ledger
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> int:
        self.store.log_metrics({"sample": float(index)}, index)
        if index % 50 == 0:
            self.store.log_artifact("sample", str(index))
        Ledger(self.ledger, self.size).add(index)
        return index


@case("DataLoader workers of torch, forked and spawned, while the parent logs", *STORES)
def loader_workers(trial: Trial) -> None:
    """Each worker continues in its own files; spawned ones get the store by pickling."""
    if find_spec("torch") is None:
        raise NotRun("torch is not installed")
    data = import_module("torch.utils.data")
    size = trial.times(full=5_000, short=300)
    # Spawned ones import torch each, which takes longer than anything else here.
    for context in ("fork", "spawn") if trial.full else ("fork",):
        place = trial.directory / context
        store = open_store(trial.store, place)
        samples = LoggingSamples(store, trial.directory / f"{context} returned", size)
        loader = data.DataLoader(
            samples, batch_size=10, num_workers=2, multiprocessing_context=context
        )
        batches = 0
        for batches, _ in enumerate(loader, 1):
            store.log_metrics({"batch": float(batches)}, batches)
        store.close()
        returned = Ledger(samples.ledger, size).counts
        for label, log in logs(trial.store, place):
            found = sorted(row.step for row in log.metrics if "sample" in row.metrics)
            trial.count("rows of workers", sum(returned), len(found))
            trial.expect(found == [*range(size)], f"{label}: not each sample once")
            parents = [row.step for row in log.metrics if "batch" in row.metrics]
            trial.count("rows of the parent", batches, len(parents))
            trial.expect(parents == [*range(1, batches + 1)], f"{label}: batches not in order")
            trial.count("artifacts", size // 50, len(log.artifacts))
        check_tools(trial, place)
    trial.did(f"2 workers each, {size:,} samples")

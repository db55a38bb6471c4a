"""A child of a multiplex that raises, hangs for a while, dies, or has no room."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evsys_sdk import child_failures
from evsys_sdk.log_stores.multiplex import MultiplexLogStore
from torture.bad_stores import Remote
from torture.case import Trial, case
from torture.disks import tmpfs
from torture.mixed_run import check_run, check_tools, found_runs, log_call
from torture.stores import logs, spec

__all__ = ["child_dies", "child_hangs", "child_on_full_disk", "child_raises"]


def _around(child: dict[str, Any], directory: Path) -> MultiplexLogStore:
    """A multiplex with the child between a jsonl store and a tensorboard store."""
    logging.getLogger("evsys_sdk").setLevel(logging.CRITICAL)  # close() warns about the child
    jsonl, tensorboard = (spec(kind, directory / kind) for kind in ("jsonl", "tensorboard"))
    return MultiplexLogStore(children=[jsonl, child, tensorboard])


def _log(trial: Trial, store: MultiplexLogStore, numbers: Sequence[int]) -> list[int]:
    """Make the calls; returns which of them raised. Each error names the child."""
    raised: list[int] = []
    for number in numbers:
        try:
            log_call(store, 0, number)
        except Exception as error:
            raised.append(number)
            named = {failure.path for failure in child_failures(error)} == {(1,)}
            trial.expect(named, f"the error does not name the child: {error!r}")
    return raised


def _check_siblings(trial: Trial, numbers: Sequence[int]) -> None:
    """They have every call, even if the child between them failed."""
    for label, log in logs("multiplex", trial.directory):
        check_run(trial, label, found_runs(trial, label, log), 0, numbers)
    check_tools(trial, trial.directory)


@case("A child that raises, another error in each call", "multiplex")
def child_raises(trial: Trial) -> None:
    """The caller gets each error, the siblings get each call."""
    calls = trial.times(full=5_000, short=500)
    store = _around({"kind": "raising"}, trial.directory)
    raised = _log(trial, store, range(calls))
    store.close()
    trial.expect(len(raised) == calls, f"only {len(raised)} calls raised")
    trial.did(f"{calls:,} calls, all raised, naming the child; close() did not")
    _check_siblings(trial, range(calls))


@case("A child that hangs for a while, in 4 threads", "multiplex")
def child_hangs(trial: Trial) -> None:
    """The threads wait, and every sibling still gets every call once, in the same order."""
    calls = trial.times(full=500, short=50)
    store = _around({"kind": "hanging"}, trial.directory)

    def log(number: int) -> None:
        for step in range(calls):
            store.log_metrics({"thread": float(number)}, step)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    trial.did(f"{calls:,} calls each, every tenth took 20 ms")
    orders: list[list[tuple[int, float]]] = []
    for _, log_of_sibling in logs("multiplex", trial.directory):
        orders.append([(row.step, row.metrics["thread"]) for row in log_of_sibling.metrics])
        trial.count("rows", 4 * calls, len({*orders[-1]}))
    trial.expect(orders[0] == orders[1], "the siblings got the calls in different orders")


@case("A child whose process is killed in the middle of a run", "multiplex")
def child_dies(trial: Trial) -> None:
    """From then on it raises, and the siblings go on."""
    calls = trial.times(full=5_000, short=500)
    store = _around({"kind": "remote"}, trial.directory)
    death = trial.chance.randrange(calls // 2)
    raised = _log(trial, store, range(death))
    trial.expect(not raised, f"calls {raised} raised before it died")
    [remote] = [each for _, each in vars(store)["_children"] if isinstance(each, Remote)]
    remote.process.kill()
    remote.process.wait()
    raised = _log(trial, store, range(death, calls))
    trial.expect(len(raised) == calls - death, "a call returned though the child is dead")
    store.close()
    trial.did(f"killed after {death:,} of {calls:,} calls, the others raised, naming the child")
    _check_siblings(trial, range(calls))


@case("A child whose disk is full", "multiplex")
def child_on_full_disk(trial: Trial) -> None:
    """Its siblings on another disk lose nothing, and it goes on when there is room."""
    calls = trial.times(full=3_000, short=500)
    with tmpfs(trial.directory / "disk", 128 << 10) as disk:
        (disk / "ballast").write_bytes(b"x" * (64 << 10))
        store = _around(spec("jsonl", disk / "log"), trial.directory)
        raised = _log(trial, store, range(calls))
        (disk / "ballast").unlink()
        again = _log(trial, store, range(calls, calls + 10))
        trial.expect(not again, f"calls {again} raised although there is room")
        store.close()
        returned = [number for number in range(calls + 10) if number not in {*raised}]
        [(label, log)] = logs("jsonl", disk / "log")
        check_run(trial, label, found_runs(trial, label, log), 0, returned)
    trial.did(f"{calls:,} calls, {len(raised):,} of them raised, naming the child")
    _check_siblings(trial, range(calls + 10))

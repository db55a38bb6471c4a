"""A machine that loses its power: only the data on the disk at that instant is left.

The disk is an image. A copy of the image, taken while a store is open, holds what had
reached it: what the system still kept in memory is missing, as after a loss of power.
"""

import shutil
from pathlib import Path

from evsys_sdk import LogStore, build_log_store
from evsys_sdk.config import LogStoreSpec
from torture.case import Trial, case
from torture.disks import ext4
from torture.mixed_run import check_tools, found_runs, kind_of, log_call
from torture.stores import logs, open_store, spec

__all__ = ["power_lost"]


@case("Power lost (a copy of an ext4 disk, taken while the store is open)", "jsonl", "tensorboard")
def power_lost(trial: Trial) -> None:
    """Synced data is kept, nothing else is wrong, and the log continues."""
    losses = trial.times(full=15, short=3)
    log_call(open_store(trial.store, trial.directory / "imports"), 0, 11)
    lost = 0
    for number in range(losses):
        image = trial.directory / f"disk {number}"
        calls = trial.chance.randrange(20, 300)
        with ext4(trial.directory / "mounted", image) as _:
            store = _synced_store(trial, trial.directory / "mounted" / "log")
            for call in range(calls):
                log_call(store, 0, call)
            _copy(image, after := trial.directory / f"disk {number} afterwards")
            store.close()
        with ext4(trial.directory / "mounted", after) as _:
            lost += _check(trial, trial.directory / "mounted" / "log", calls)
        image.unlink()
        after.unlink()
    trial.did(f"{losses} losses of power; {lost:,} calls whose data was not synced were lost")


def _synced_store(trial: Trial, place: Path) -> LogStore:
    chosen = spec(trial.store, place)
    if trial.store == "tensorboard":
        chosen["params"]["flush_secs"] = 0
    return build_log_store(LogStoreSpec(**chosen))


def _copy(image: Path, copy: Path) -> None:
    """Copy the image; again, if the system wrote to it meanwhile."""
    while True:
        shutil.copyfile(image, copy)
        if image.read_bytes() == copy.read_bytes():
            return


def _check(trial: Trial, place: Path, calls: int) -> int:
    """Compare with the calls that returned; how many were lost, as they may be."""
    store = open_store(trial.store, place)
    store.log_metrics({"loss": 1.0}, 5000)
    store.log_artifact("new", "path")
    store.log_hyperparams({"new": 1})
    store.close()
    [(label, log)] = logs(trial.store, place)
    found = found_runs(trial, label, log).get(0)
    lost = 0
    for kind in ("rows", "artifacts", "hyperparameters"):
        wrote = [number for number in range(calls) if kind_of(number) == kind]
        numbers: list[int] = getattr(found, kind, [])
        trial.expect(numbers == wrote[: len(numbers)], f"{kind}: {numbers} of {wrote}")
        if trial.store == "tensorboard" or kind == "hyperparameters":
            trial.count(f"synced {kind}", len(wrote), len(numbers))
        else:
            lost += len(wrote) - len(numbers)
    check_tools(trial, place)
    return lost

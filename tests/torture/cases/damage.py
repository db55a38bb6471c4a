"""Files that are torn or damaged when a store opens: kept, named, never overwritten."""

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from evsys_sdk import DamagedLogError
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from torture.case import Trial, case
from torture.mixed_run import check_tools
from torture.stores import logs, open_store

__all__ = [
    "changed_artifacts",
    "changed_events",
    "changed_rows",
    "cut_artifacts",
    "cut_hyperparams",
    "torn_events",
    "torn_rows",
]

_CALLS = 20


def _write_log(trial: Trial) -> Path:
    """A log of this many calls of each method, closed."""
    place = trial.directory / "log"
    store = open_store(trial.store, place)
    for number in range(_CALLS):
        store.log_metrics({"loss": 0.5, "ü": float(number)}, number)
        store.log_artifact(f"model {number}", "päth/to/model.pt", kind="checkpoint")
        store.log_hyperparams({f"param {number}": [number, {"nested": "ü"}]})
    store.close()
    return place


def _resume(trial: Trial, place: Path) -> None:
    store = open_store(trial.store, place)
    store.log_metrics({"loss": 1.5}, 1000)
    store.close()


def _steps(trial: Trial, place: Path) -> list[int]:
    [(_, log)] = logs(trial.store, place)
    return [row.step for row in log.metrics]


_TAILS = (b"", b"\0", b"\0" * 5000)


@case("Metrics file that ends with an incomplete row, with and without NULs after it", "jsonl")
def torn_rows(trial: Trial) -> None:
    """Cut at every byte of the last row: those before it stay, and so does one that is whole."""
    place = _write_log(trial)
    path = place / "metrics.jsonl"
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    cuts = 0
    for length in range(last, len(whole) + 1, trial.times(full=1, short=9)):
        for tail in _TAILS:
            path.write_bytes(whole[:length] + tail)
            kept = [*range(_CALLS - (length < len(whole) - 1))]
            trial.expect(_steps(trial, place) == kept, f"cut at {length}: not read as {kept}")
            _resume(trial, place)
            steps = _steps(trial, place)
            trial.count("rows", len(kept) + 1, len(steps))
            trial.expect(steps == [*kept, 1000], f"cut at {length}, {len(tail)} NULs: {steps}")
            cuts += 1
        if length % 20 == 0 or length == len(whole):
            check_tools(trial, place)
    trial.did(f"{cuts} cuts")


@case(
    "Event file that ends with an incomplete record, with and without NULs after it", "tensorboard"
)
def torn_events(trial: Trial) -> None:
    """Cut at every byte of the last records: what is whole before the cut is read."""
    place = _write_log(trial)
    [path] = place.iterdir()
    whole = path.read_bytes()
    cuts = 0
    for length in range(0, len(whole) + 1, trial.times(full=37, short=331)):
        for tail in _TAILS:
            path.write_bytes(whole[:length] + tail)
            kept = _steps(trial, place)
            _resume(trial, place)
            steps = _steps(trial, place)
            trial.count("rows", len(kept) + 1, len(steps))
            trial.expect(kept == [*range(len(kept))], f"cut at {length}: {kept}")
            trial.expect(steps == [*kept, 1000], f"cut at {length}, {len(tail)} NULs: {steps}")
            trial.expect(path.read_bytes() == whole[:length] + tail, "the file was changed")
            for newer in {*place.iterdir()} - {path}:
                newer.unlink()
            cuts += 1
        if length % 999 == 0:
            check_tools(trial, place)
    trial.did(f"{cuts} cuts")


@case("hyperparams.json cut at every byte", "jsonl")
def cut_hyperparams(trial: Trial) -> None:
    """Named, left as it is, and nothing else is affected."""
    place = _write_log(trial)
    path = place / "hyperparams.json"
    whole = path.read_bytes()
    store = open_store(trial.store, place)
    # A file of 0 bytes is not damaged: it holds no hyperparameters.
    lengths = range(1, len(whole) - 2, trial.times(full=1, short=13))
    for length in lengths:
        path.write_bytes(whole[:length])
        for call in (partial(store.log_hyperparams, {"new": 1}), partial(logs, "jsonl", place)):
            trial.refused(call, DamagedLogError, f"{path}: not a JSON object of hyperparameters")
        trial.expect(path.read_bytes() == whole[:length], f"cut at {length}: overwritten")
        store.log_metrics({"loss": 1.5}, 1000 + length)
        store.log_artifact("new", "path")
    path.write_bytes(whole)
    store.log_hyperparams({"new": 1})
    store.close()
    [(_, log)] = logs(trial.store, place)
    trial.count("rows", _CALLS + len(lengths), len(log.metrics))
    trial.count("artifacts", _CALLS + len(lengths), len(log.artifacts))
    trial.count("hyperparameters", _CALLS + 1, len(log.hyperparams))
    trial.did(f"{len(lengths)} cuts, each named by the next call and by the reader")
    check_tools(trial, place)


@case("artifacts.json cut at every byte", "jsonl")
def cut_artifacts(trial: Trial) -> None:
    """Entries before the cut are kept, and the next call makes it a list again."""
    place = _write_log(trial)
    path = place / "artifacts.json"
    whole = path.read_bytes()
    store = open_store(trial.store, place)
    lengths = range(0, len(whole) + 1, trial.times(full=1, short=13))
    for length in lengths:
        path.write_bytes(whole[:length])
        kept = [f"model {number}" for number in range(whole[:length].count(b"}"))]
        trial.expect(_artifacts(place) == kept, f"cut at {length}: {_artifacts(place)}")
        store.log_artifact("new", "path")
        names = [entry["name"] for entry in json.loads(path.read_bytes())]
        trial.count("artifacts", len(kept) + 1, len(names))
        trial.expect(names == [*kept, "new"], f"cut at {length}: {names}")
    store.close()
    trial.did(f"{len(lengths)} cuts")
    check_tools(trial, place)


def _artifacts(place: Path) -> list[str]:
    return [pointer.name for pointer in JSONLLogStore.read_run(log_dir=place).artifacts]


def _changes(trial: Trial, path: Path, count: int) -> Iterator[int]:
    """Change one byte of the file at a time; yields where, and puts the byte back."""
    whole = path.read_bytes()
    for _ in range(count):
        at = trial.chance.randrange(len(whole))
        other = trial.chance.choice([*b'\0\n {}[],:"\\0\xff', trial.chance.randrange(256)])
        path.write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])
        yield at
    path.write_bytes(whole)


@case("Metrics file with a byte changed anywhere", "jsonl")
def changed_rows(trial: Trial) -> None:
    """The damaged line is named, all others are read, and logging continues after them."""
    place = _write_log(trial)
    path = place / "metrics.jsonl"
    named = changes = 0
    for at in _changes(trial, path, trial.times(full=2000, short=200)):
        changed = path.read_bytes()
        store = open_store(trial.store, place)
        store.log_metrics({"loss": 1.5}, 1000)
        store.close()
        kept = changed if changed.endswith(b"\n") else changed[: changed.rindex(b"\n") + 1]
        trial.expect(path.read_bytes().startswith(kept), f"byte {at}: the file was changed")
        damage: list[DamagedLogError] = []
        rows = [*JSONLLogStore.iter_rows(log_dir=place, on_damage=damage.append)]
        # A newline that is lost makes one line of two, and one that is new two of one.
        others = sum(row.step != 1000 for row in rows)
        trial.expect(others >= _CALLS - 2, f"byte {at}: only {others} rows are read")
        trial.expect(rows[-1].step == 1000, f"byte {at}: the new row is lost")
        trial.expect(others == _CALLS or bool(damage) or kept != changed, f"byte {at}: not named")
        named += len(damage)
        changes += 1
    trial.did(f"{changes} changes, {named} damaged lines named")


@case("artifacts.json and hyperparams.json with a byte changed anywhere", "jsonl")
def changed_artifacts(trial: Trial) -> None:
    """Read, or named and left as it is; what could be read before a call can be read after it."""
    place = _write_log(trial)
    store = open_store(trial.store, place)
    calls = {
        "artifacts.json": partial(store.log_artifact, "new", "path"),
        "hyperparams.json": partial(store.log_hyperparams, {"new": 1}),
    }
    refused = changes = 0
    for name, call in calls.items():
        path = place / name
        for at in _changes(trial, path, trial.times(full=2000, short=200)):
            changed = path.read_bytes()
            before = _read(path)
            try:
                call()
            except DamagedLogError as error:
                refused += 1
                trial.expect(str(path) in str(error), f"not named: {error}")
                trial.expect(path.read_bytes() == changed, f"{name}, byte {at}: changed")
            else:
                after = _read(path)
                kept = after is None or before is None or all(each in after for each in before)
                trial.expect(kept, f"{name}, byte {at}: something was lost")
            changes += 1
    store.close()
    trial.did(f"{changes} changes, {refused} calls refused, with the file named")


def _read(path: Path) -> list[object] | None:
    try:
        value = json.loads(path.read_bytes())
    except ValueError:
        return None
    return [*value.items()] if isinstance(value, dict) else value


@case("Event file with a byte changed anywhere", "tensorboard")
def changed_events(trial: Trial) -> None:
    """Damage is named with its place, never taken for a value; a new store writes a new file."""
    place = _write_log(trial)
    [path] = place.iterdir()
    size = os.path.getsize(path)
    named = torn = changes = 0
    for at in _changes(trial, path, trial.times(full=2000, short=200)):
        try:
            steps = _steps(trial, place)
        except DamagedLogError as error:
            named += 1
            trial.expect(f"{path} is damaged at byte " in str(error), f"not named: {error}")
        else:
            # As a record that is cut: the last one, or one whose length says so.
            trial.expect(steps == [*range(len(steps))], f"byte {at} of {size}: {steps}")
            torn += 1
        changes += 1
    _resume(trial, place)
    trial.count("rows", _CALLS + 1, len(_steps(trial, place)))
    trial.did(f"{changes} changes, {named} named, {torn} read as a torn end or unchanged")

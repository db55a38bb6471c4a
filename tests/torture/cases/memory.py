"""Huge and deep values: a clear error or a recorded value, and memory that stays in bounds."""

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evsys_sdk import DamagedLogError, LogStoreConfigError, load_log_store_spec
from torture.case import Trial, case
from torture.stores import STORES, logs, open_store

__all__ = ["deep_files", "huge_values"]

_MB = 1 << 20


def _peak() -> float:
    """The most memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"deep": value}
    return value


def _unfolding(levels: int) -> Any:
    """A small structure that unfolds into two to the power of ``levels`` values."""
    value: Any = 1
    for _ in range(levels):
        value = [value, value]
    return value


class _Measured:
    """Calls that must raise, and how much memory each took at its peak."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.most = 0.0

    def refuse(
        self, call: Callable[[], object], error: type[Exception], text: str, megabytes: int
    ) -> None:
        before = _peak()
        self._trial.refused(call, error, text)
        self._took(_peak() - before, text, megabytes)

    def take(self, call: Callable[[], object], what: str, megabytes: int) -> None:
        before = _peak()
        call()
        self._took(_peak() - before, what, megabytes)

    def _took(self, megabytes: float, what: str, most: int) -> None:
        self.most = max(self.most, megabytes)
        self._trial.expect(megabytes <= most, f"{what}: {megabytes:.0f} MB, at most {most}")


@case("Huge and deep values in log calls", *STORES)
def huge_values(trial: Trial) -> None:
    """Refused with the reason before memory is gone, or recorded."""
    size = trial.times(full=50, short=5)
    store = open_store(trial.store, trial.directory / "log")
    store.log_hyperparams({"lr": 0.1})
    store.log_artifact("model", "path")
    store.log_scalar("loss", 1.0, 0)
    calls = _Measured(trial)
    hyperparams = store.log_hyperparams
    calls.refuse(lambda: hyperparams({"x": _deep(100_000)}), ValueError, "nested more than", 60)
    if trial.full:  # takes some seconds
        value = _unfolding(60)
        calls.refuse(lambda: hyperparams({"x": value}), ValueError, "hold more than 256 MB", 700)
    calls.refuse(lambda: hyperparams({"x": 10**100_000}), ValueError, "4,300 digits", 20)
    too_long = {"x": "x" * (300 * _MB)}
    calls.refuse(lambda: hyperparams(too_long), ValueError, "hold more than 256 MB", 20)
    too_long.clear()
    calls.refuse(lambda: store.log_scalar("loss", 10**400, 0), OverflowError, "beyond the range", 5)
    calls.refuse(lambda: store.log_scalar("loss", 1.0, 10**100_000), ValueError, "int64", 20)
    deep = _deep(100_000)
    calls.refuse(lambda: store.log_metrics({"loss": deep}, 0), TypeError, "must be a number", 20)
    # Some copies of each are in memory at once: what is checked, encoded, written.
    calls.take(lambda: hyperparams({"x": "x" * (size * _MB)}), "a long text", 9 * size * 2 + 40)
    calls.take(lambda: store.log_scalar("x" * (size * _MB), 1.0, 0), "a long key", 9 * size + 40)
    keys = {f"key {number}": 0.5 for number in range(20_000 * size)}
    calls.take(lambda: store.log_metrics(keys, 1), "many keys", 30 * size + 40)
    calls.take(lambda: store.log_artifact("x" * (size * _MB), "p"), "a long name", 12 * size + 40)
    before = _peak()
    for number in range(10 * size):
        store.log_scalar(f"{number}" + "x" * _MB, 1.0, number)
    trial.expect(_peak() - before < size + 60, f"new keys stay: {_peak() - before:.0f} MB")
    store.close()
    points = 1 + 1 + len(keys) + 10 * size
    for _, log in logs(trial.store, trial.directory / "log"):
        trial.count("values", points, sum(len(row.metrics) for row in log.metrics))
        trial.count("artifacts", 2, len(log.artifacts))
        trial.count("hyperparameters", 2, len(log.hyperparams))
    trial.did(
        f"texts of {size} MB, {len(keys):,} keys, 100,000 levels; {calls.most:.0f} MB at most"
    )


@case("Huge and deep values in files", "jsonl", "configuration")
def deep_files(trial: Trial) -> None:
    """Refused with the file's name; no RecursionError, and memory stays in bounds."""
    calls = _Measured(trial)
    check = _check_configuration if trial.store == "configuration" else _check_log
    for content in (b"[" * 1_000_000, b'{"a":' * 1_000_000, b"- " * 100_000, b"9" * 1_000_000):
        check(calls, trial.directory, content)
    laughs = "a0: &a0 [1]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
    )
    if trial.store == "configuration":
        _check_configuration(calls, trial.directory, laughs.encode())
    trial.did(f"a million brackets, digits, aliases; {calls.most:.0f} MB at most")


def _check_configuration(calls: _Measured, directory: Path, content: bytes) -> None:
    path = directory / "run.yaml"
    path.write_bytes(content)
    calls.refuse(lambda: load_log_store_spec(path), LogStoreConfigError, str(path), 400)


def _check_log(calls: _Measured, directory: Path, content: bytes) -> None:
    for name in ("metrics.jsonl", "hyperparams.json", "artifacts.json"):
        path = directory / name
        path.write_bytes(content)
        calls.refuse(lambda: logs("jsonl", directory), DamagedLogError, str(path), 200)
        path.unlink()
